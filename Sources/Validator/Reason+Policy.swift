import Messages
import Topology

extension Reason {
    /// The most bytes of a reason's sentence; a policy may hold a thousand playbooks.
    static let mostMessageBytes = 2000

    /// What the policy says, and what to do about it.
    init(_ refusal: PolicyRefusal) {
        let remedy =
            switch refusal {
            case .severity: "Let a person look at it, or add the severity to `severities` of the policy file."
            case .noPlaybook:
                "Let a person look at it, send the description or labels that a playbook asks for, or add a playbook."
            }
        self.init(code: refusal.code, message: Self.bounded(refusal.message, ending: " " + remedy))
    }

    /// There would be no time left for a remediation.
    init(tooOldFor playbook: Playbook, acceptedAt: Timestamp, deadline: Timestamp) {
        self.init(
            code: "too_old",
            message: """
                The incident was accepted at \(acceptedAt) and its playbook \(playbook.name) had to be done by \
                \(deadline). If it goes on, send it again with a new incident_id, or lengthen the playbook's `deadline`.
                """
        )
    }

    /// Cuts the text, never the ending.
    private static func bounded(_ text: String, ending: String) -> String {
        var room = mostMessageBytes - ending.utf8.count
        guard text.utf8.count > room else { return text + ending }
        room -= "…".utf8.count
        var result = ""
        for scalar in text.unicodeScalars {
            room -= UTF8.width(scalar)
            guard room >= 0 else { break }
            result.unicodeScalars.append(scalar)
        }
        return result + "…" + ending
    }
}
