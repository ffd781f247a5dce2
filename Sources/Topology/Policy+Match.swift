extension Policy {
    /// Whether incidents of a severity may be remediated at all.
    public func allows(severity: String) -> Bool {
        severities.contains(severity.lowercased())
    }

    /// The gate and the playbooks together.
    public func decide(_ incident: IncidentFacts) -> PolicyDecision {
        var refusals: [PolicyRefusal] = []
        if !allows(severity: incident.severity) {
            refusals.append(.severity(incident.severity, allowed: severities))
        }
        var attempts: [PolicyRefusal.Attempt] = []
        for playbook in playbooks {
            let mismatches = playbook.mismatches(incident)
            guard !mismatches.isEmpty else {
                return refusals.isEmpty ? .run(playbook) : .decline(refusals)
            }
            attempts.append(PolicyRefusal.Attempt(playbook: playbook.name, mismatches: mismatches))
        }
        return .decline(refusals + [.noPlaybook(attempts)])
    }

    /// The first playbook that takes an incident, whatever the severity gate says.
    public func match(
        service: String,
        severity: String,
        labels: [String: String],
        description: String
    ) -> Playbook? {
        let facts = IncidentFacts(
            id: "",
            service: service,
            severity: severity,
            description: description,
            labels: labels
        )
        return playbooks.first { $0.mismatches(facts).isEmpty }
    }
}

extension Playbook {
    /// Everything that speaks against this playbook for an incident; empty where it takes it.
    public func mismatches(_ incident: IncidentFacts) -> [Mismatch] {
        var found: [Mismatch] = []
        if !match.services.isEmpty, !match.services.contains(where: { $0.matches(incident.service) }) {
            found.append(.service(incident.service, wanted: match.services.map(\.description)))
        }
        if !match.severities.isEmpty, !match.severities.contains(incident.severity.lowercased()) {
            found.append(.severity(incident.severity, wanted: match.severities))
        }
        for (name, glob) in match.labels.sorted(by: { $0.key < $1.key }) {
            let actual = incident.labels[name]
            if !(actual.map { glob.matches($0) } ?? false) {
                found.append(.label(name, actual: actual, wanted: glob.description))
            }
        }
        if !match.description.isEmpty, !match.description.contains(where: { $0.matches(incident.description) }) {
            found.append(.description(wanted: match.description.map(\.description)))
        }
        for (name, template) in parameters.sorted(by: { $0.key < $1.key }) {
            for place in template.places where incident.value(place) == nil {
                found.append(.parameter(name, label: String(place.dropFirst("labels.".count))))
            }
        }
        return found
    }

    /// The parameters with the incident's values in their places.
    ///
    /// - Returns: nil where a label is missing that one of them needs; then ``mismatches(_:)`` says so.
    public func filledParameters(_ incident: IncidentFacts) -> [String: String]? {
        var filled: [String: String] = [:]
        for (name, template) in parameters {
            guard let value = template.fill(incident.value) else { return nil }
            filled[name] = value
        }
        return filled
    }
}
