import IncidentAPI
import Messages
import Secrets

/// What one event is told as: one effect on the incident system, the same at every hand-out.
struct Report: Hashable {
    /// What is done there.
    enum Effect: Hashable {
        case comment(String)
        case update(IncidentUpdate.Status, notes: String)
    }

    var incidentID: String
    var effect: Effect
    /// By which a later hand-out finds the effect.
    var marker: Marker
    /// The same for every repetition.
    var key: String

    /// The report of an event.
    ///
    /// It is made of what does not change between hand-outs, because an `Idempotency-Key` stands for one request, byte
    /// for byte.
    ///
    /// - Throws: ``MessageError`` where the event's content is not what its type says.
    init(of event: Message, in context: DeliveryContext, mask: SecretMask) throws(MessageError) {
        var event = event
        event.data = event.data.masked(by: mask)
        marker = Marker(eventID: event.id)
        incidentID = context.incident.incidentID
        let text: (status: IncidentUpdate.Status?, lines: [String])
        switch event.type {
        case .incidentDeclined: text = (nil, ReportText.declined(try event.content()))
        case .workspaceCreated: text = (nil, ReportText.created(try event.content(), plan: context.plan))
        case .remediationFinished:
            let finished: RemediationFinished = try event.content()
            text = (
                finished.verdict == .succeeded ? .remediated : .remediationFailed,
                ReportText.finished(finished, plan: context.plan)
            )
        case .incidentCancelled: text = (.remediationFailed, ReportText.cancelled(try event.content()))
        default: text = (nil, ReportText.other(event))
        }
        let body = text.lines.joined(separator: "\n") + "\n\n" + marker.line
        effect = text.status.map { .update($0, notes: body) } ?? .comment(body)
        key = "mendline-\(event.id)-\(effect.kind)"
    }
}

extension Report.Effect {
    var kind: String {
        switch self {
        case .comment: "comment"
        case .update: "update"
        }
    }

    /// What was done, for the timeline: `commented`, `status remediated`.
    var action: String {
        switch self {
        case .comment: "commented"
        case .update(let status, _): "status \(status.rawValue)"
        }
    }

    /// It was there already, from an earlier hand-out whose answer was lost.
    var foundAction: String { "\(action), found done" }

    /// It was sent, and whether it arrived is not known.
    var unconfirmedAction: String { "\(action), not confirmed" }
}

extension JSONValue {
    /// The value with every text masked.
    ///
    /// Done before texts are cut, else the beginning of a secret could stay at the cut.
    fileprivate func masked(by mask: SecretMask) -> JSONValue {
        switch self {
        case .string(let text): .string(mask.apply(to: text))
        case .array(let elements): .array(elements.map { $0.masked(by: mask) })
        case .object(let members): .object(members.mapValues { $0.masked(by: mask) })
        case .null, .bool, .integer, .double: self
        }
    }
}
