import HTTPClient
import Synchronization

/// Which id a template's name has; forgets one that turned out to be wrong.
final class TemplateCache: Sendable {
    private static let most = 256
    private let ids = Mutex<[String: String]>([:])

    func id(of name: String) -> String? { ids.withLock { $0[name] } }

    func remember(_ id: String, of name: String) {
        ids.withLock { ids in
            if ids.count >= Self.most { ids.removeAll() }
            ids[name] = id
        }
    }

    func forget(id: String) { ids.withLock { ids in ids = ids.filter { $0.value != id } } }
}

private struct Template: Decodable {
    var id: String
    var name: String
}

extension CoderClient {
    /// The uuid of a template; a uuid is its own.
    ///
    /// - Throws: ``CoderError``; not found where no template that may be used has the name, invalid where several
    ///   organizations have one of that name.
    public func templateID(named name: String) async throws(CoderError) -> String {
        if name.isUUID { return name.lowercased() }
        let key = name.lowercased()
        if let known = templates.id(of: key) { return known }
        let operation = "look for template \(name)"
        // Another name would not only be unknown: a blank or a colon would be read as more search terms.
        guard name.isCoderName else {
            throw CoderError(
                operation: operation,
                kind: .invalid,
                message: "\"\(name)\" is no template name: letters, digits and single dashes, 32 at most"
            )
        }
        let found: [Template] = try await send(
            Call(operation: operation, path: "/templates?q=\("exact_name:\(key)".percentEncoded)")
        )
        guard let template = found.first(where: { $0.name.lowercased() == key }) else {
            throw CoderError(
                operation: operation,
                kind: .notFound,
                message: "no template that may be used has this name"
            )
        }
        guard found.count == 1 else {
            throw CoderError(
                operation: operation,
                kind: .invalid,
                message: "\(found.count) organizations have a template of this name; give the template's id instead"
            )
        }
        templates.remember(template.id, of: key)
        return template.id
    }
}

extension String {
    /// Whether the text has the form 8-4-4-4-12 of hexadecimal digits.
    public var isUUID: Bool {
        let groups = split(separator: "-", omittingEmptySubsequences: false)
        return groups.map(\.utf8.count) == [8, 4, 4, 4, 12] && groups.allSatisfy { $0.allSatisfy(\.isHexDigit) }
    }

    /// Whether Coder takes the text as a name (codersdk/name.go).
    var isCoderName: Bool {
        (1...32).contains(utf8.count)
            && split(separator: "-", omittingEmptySubsequences: false).allSatisfy { part in
                !part.isEmpty && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
            }
    }
}
