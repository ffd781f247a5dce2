/// A workspace, as little as is needed to answer for it.
struct Workspace {
    /// What its latest build made of it.
    enum State: UInt8 {
        case started, stopped, deleted
    }

    /// Empty once it is deleted.
    var name: String
    /// As written in the JSON of the create.
    var incidentID: String
    /// As written in the JSON of the create; one for all of one sender.
    var installation: String
    /// Milliseconds since 1970.
    var createdAt: Int64
    var state = State.started
    /// Its place among those that lists show.
    var listed: Int32?
}

/// All workspaces, by their numbers, which count from 0.
///
/// About 330 bytes of memory for each.
struct World {
    /// Room that is taken at once, so that nobody waits while a million names move to larger tables.
    private static let expected = 1 << 20

    private(set) var workspaces: [Workspace] = []
    /// The numbers of those that lists show, in no order.
    private(set) var listed: [Int] = []
    private var numbers: [String: Int] = [:]
    private var installation = ""

    init() {
        workspaces.reserveCapacity(Self.expected)
        numbers.reserveCapacity(Self.expected)
    }

    /// Creates a workspace.
    ///
    /// - Returns: its number; nil where its name is taken.
    mutating func create(_ body: CreateBody, now: Int64) -> Int? {
        let number = workspaces.count
        let lowercased = body.name.lowercased()
        guard numbers[lowercased] == nil else { return nil }
        // Names mostly are in lower case already; then the table and the workspace share one text.
        let key = lowercased == body.name ? body.name : lowercased
        numbers[key] = number
        if body.installation != installation { installation = body.installation }
        workspaces.append(
            Workspace(
                name: body.name,
                incidentID: body.incidentID,
                installation: installation,
                createdAt: now,
                listed: Int32(listed.count)
            )
        )
        listed.append(number)
        return number
    }

    /// The number of the workspace with this name, in any case.
    func number(named name: String) -> Int? { numbers[name.lowercased()] }

    /// Leaves a workspace out of further lists.
    mutating func unlist(_ number: Int) {
        guard let place = workspaces[number].listed, let last = listed.popLast() else { return }
        workspaces[number].listed = nil
        guard last != number else { return }
        listed[Int(place)] = last
        workspaces[last].listed = place
    }

    /// Stops a workspace.
    mutating func stop(_ number: Int) {
        unlist(number)
        workspaces[number].state = .stopped
    }

    /// Deletes a workspace; its name is free again.
    mutating func delete(_ number: Int) {
        unlist(number)
        numbers[workspaces[number].name.lowercased()] = nil
        workspaces[number].name = ""
        workspaces[number].incidentID = ""
        workspaces[number].state = .deleted
    }
}

/// What is read of the body of a create.
struct CreateBody {
    var name = ""
    var incidentID = ""
    var installation = ""

    /// Reads the JSON.
    init(_ bytes: [UInt8]) throws(JSONScanner.Malformed) {
        var scanner = JSONScanner(bytes)
        var body = (name: "", parameters: [:] as [String: String])
        try scanner.members { key, scanner throws(JSONScanner.Malformed) in
            switch key {
            case "name": body.name = try scanner.text()
            case "rich_parameter_values":
                try scanner.elements { scanner throws(JSONScanner.Malformed) in
                    var (name, value) = ("", "")
                    try scanner.members { key, scanner throws(JSONScanner.Malformed) in
                        switch key {
                        case "name": name = try scanner.text()
                        case "value": value = try scanner.text()
                        default: try scanner.skip()
                        }
                    }
                    body.parameters[name] = value
                }
            default: try scanner.skip()
            }
        }
        guard (1...32).contains(body.name.utf8.count) else { throw JSONScanner.Malformed() }
        name = body.name
        incidentID = body.parameters["incident_id"] ?? ""
        installation = body.parameters["installation"] ?? ""
    }
}
