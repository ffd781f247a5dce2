/// Which incidents are remediated by machine, and how: the severity gate and the playbooks.
public struct Policy: Hashable, Sendable {
    /// The file it was read from.
    public var file: String
    /// Severities that may be remediated, in small letters.
    public var severities: [String]
    /// In the order of the file: the first that takes an incident wins.
    public var playbooks: [Playbook]
    /// What a person should look at, in the order of the file.
    public var warnings: [ConfigurationProblem]
}

/// How one kind of incident is remediated.
public struct Playbook: Hashable, Sendable {
    /// `^[a-z0-9-]{1,40}$`, unique in its file.
    public var name: String
    /// Which incidents it takes.
    public var match: Match
    /// The Coder template, a name or an id; nil for the topology's (`coder.template`).
    public var template: String?
    /// The template's parameters, with places for what the incident says.
    public var parameters: [String: TextTemplate]
    /// How long the script may run.
    public var timeout: Duration
    /// From acceptance to verdict; longer than ``timeout``.
    public var deadline: Duration
    /// How long a finished workspace stays.
    public var retention: Duration
    /// By when the workspace must be running, from the start of its creation.
    public var provisionWithin: Duration

    /// What must hold; an empty list or dictionary asks for nothing.
    public struct Match: Hashable, Sendable {
        /// One must match the service's name.
        public var services: [Glob]
        /// One must be the severity; in small letters.
        public var severities: [String]
        /// Each label must be there, and its value match.
        public var labels: [String: Glob]
        /// One must be mentioned.
        public var description: [Mention]
    }
}

/// What the policy asks of an incident.
public struct IncidentFacts: Hashable, Sendable {
    /// The incident's id.
    public var id: String
    /// The service it is about.
    public var service: String
    /// As the sender wrote it.
    public var severity: String
    /// Free text.
    public var description: String
    /// Labels of the alert.
    public var labels: [String: String]

    /// The facts of an incident.
    public init(id: String, service: String, severity: String, description: String, labels: [String: String] = [:]) {
        self.id = id
        self.service = service
        self.severity = severity
        self.description = description
        self.labels = labels
    }

    /// What stands in a place of a parameter; nil for a label that the incident does not have.
    func value(_ place: String) -> String? {
        switch place {
        case "incident_id": id
        case "service_name": service
        case "severity": severity
        case "description": description
        default: place.hasPrefix("labels.") ? labels[String(place.dropFirst("labels.".count))] : nil
        }
    }

    static func isPlace(_ name: String) -> Bool {
        ["incident_id", "service_name", "severity", "description"].contains(name)
            || (name.hasPrefix("labels.") && name.utf8.count > "labels.".utf8.count)
    }
}

/// Why a playbook does not take an incident.
public enum Mismatch: Hashable, Sendable, CustomStringConvertible {
    /// No glob matches the service.
    case service(String, wanted: [String])
    /// The playbook is for other severities.
    case severity(String, wanted: [String])
    /// A label is missing or has another value; `actual` is nil where it is missing.
    case label(String, actual: String?, wanted: String)
    /// Nothing of what it asks for is mentioned.
    case description(wanted: [String])
    /// A parameter is filled from a label that the incident does not have.
    case parameter(String, label: String)

    /// For people.
    public var description: String {
        switch self {
        case .service(let service, let wanted): "service \(service) is none of \(Mismatch.list(wanted))"
        case .severity(let severity, let wanted): "severity \(severity) is none of \(Mismatch.list(wanted))"
        case .label(let name, nil, let wanted): "label \(name) is missing; it must match \(wanted)"
        case .label(let name, let actual?, let wanted): "label \(name) is \(actual); it must match \(wanted)"
        case .description(let wanted): "the description mentions none of \(Mismatch.list(wanted))"
        case .parameter(let name, let label): "parameter \(name) needs label \(label), which is missing"
        }
    }

    private static func list(_ words: [String]) -> String { words.joined(separator: ", ") }
}

/// Why an incident is not remediated by machine.
public enum PolicyRefusal: Hashable, Sendable {
    /// The severity gate is closed for it.
    case severity(String, allowed: [String])
    /// No playbook takes it; for each, in the order of the file, why.
    case noPlaybook([Attempt])

    /// One playbook and everything that speaks against it.
    public struct Attempt: Hashable, Sendable {
        /// The playbook's name.
        public var playbook: String
        /// Never empty.
        public var mismatches: [Mismatch]
    }

    /// A word that stays the same: `severity_not_allowed`, `no_playbook`.
    public var code: String {
        switch self {
        case .severity: "severity_not_allowed"
        case .noPlaybook: "no_playbook"
        }
    }

    /// One sentence for people.
    public var message: String {
        switch self {
        case .severity(let severity, let allowed):
            "Severity \(severity) is not remediated automatically; allowed are \(allowed.joined(separator: ", "))."
        case .noPlaybook(let attempts):
            "No playbook takes this incident: "
                + attempts.map { "\($0.playbook) (\($0.mismatches.map(\.description).joined(separator: "; ")))" }
                .joined(separator: ", ") + "."
        }
    }
}

/// What the policy says of an incident.
public enum PolicyDecision: Hashable, Sendable {
    /// Remediate it so.
    case run(Playbook)
    /// Do not, for all of these reasons; never empty.
    case decline([PolicyRefusal])
}
