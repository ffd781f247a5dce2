import HTTPClient
import Foundation
import Hummingbird
import Messages

@testable import Intake

extension Subject {
    /// What intake reads of requests.
    static let requests: [Subject] = [
        Subject(name: "json", examples: .json(incidents + Array(sortedMessages))) { bytes in
            guard (try? StrictJSON.check(bytes)) != nil else { return }
            guard let value = try? MessageCoding.decode(JSONValue.self, from: bytes) else {
                // The grammar knows no range of numbers; Foundation does.
                return
            }
            let written = try MessageCoding.encode(value)
            let again = try MessageCoding.decode(JSONValue.self, from: written)
            try Broken.unless(again == value, "what was read differs once written")
        },
        Subject(name: "incident", examples: .json(incidents)) { bytes in
            guard let json = try? MessageCoding.decode(JSONValue.self, from: bytes) else { return }
            switch IncidentReader.read(json) {
            case .failure(let wrong):
                try Broken.unless(!wrong.errors.isEmpty, "refused without a cause")
                let body = try MessageCoding.encode(Problem.invalid("invalid-incident", "Not an incident", wrong))
                try Broken.unless(body.count < 1 << 20, "the answer is larger than a request may be")
            case .success(let incoming):
                let incident = incoming.incident
                let segment = incident.incidentID.percentEncoded
                try Broken.unless(
                    segment.removingPercentEncodingStrictly == incident.incidentID,
                    "the id does not come back from a path"
                )
                let again = try JSONValue(encoding: incident).decoded(as: Incident.self)
                try Broken.unless(again == incident, "the incident differs once stored")
            }
        },
        Subject(name: "operator", examples: .json([["reason": "replaced", "by": "ann"]])) { bytes in
            guard let json = try? MessageCoding.decode(JSONValue.self, from: bytes),
                case .success(let asked) = OperatorRequest.read(json)
            else { return }
            try Broken.unless(!asked.reason.isEmpty && asked.by?.isEmpty != true, "nobody asks for nothing")
        },
        Subject(name: "header", examples: .lines(headers)) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let wait = Preferences([text], standard: .seconds(10)).wait
            try Broken.unless((.zero...Preferences.longestWait).contains(wait), "waits \(wait)")
            let trace = TraceParent.of(text)
            try Broken.unless(trace.utf8.count == 55, "the trace context is \(trace)")
            if let decoded = text.removingPercentEncodingStrictly {
                try Broken.unless(decoded.utf8.count <= text.utf8.count, "decoding made it longer")
            }
            var query = QueryReader(Parameters([("limit", text[...]), ("after", text[...])]))
            if let limit = query.value("limit", "", { QueryReader.number($0, in: 1...1000) }) {
                try Broken.unless((1...1000).contains(limit), "the limit is \(limit)")
            }
            if let cursor = query.value("after", "", QueryReader.cursor) {
                try Broken.unless(cursor >= 0, "the cursor is \(cursor)")
            }
        },
    ]

    private static let incidents: [JSONValue] = [
        [
            "incident_id": "INC-1042", "service_name": "payment-api", "severity": "critical",
            "description": "High CPU", "target_service_token": "t0ken", "labels": ["env": "prod", "team": "pay"],
            "annotations": ["runbook": "https://runbooks.example/cpu", "summary": "CPU\nat 99 %"],
        ],
        ["incident_id": "\u{e9}/%2F", "service_name": "a", "severity": "HIGH", "description": "disk", "labels": .null],
    ]

    static let sortedMessages: [JSONValue] = ExampleFiles.messages.sorted { $0.key < $1.key }.map(\.value)

    private static let headers = [
        "wait=10", "respond-async", "respond-async, wait=5; foo=\"bar\"", "INC-1042%2F%C3%A9",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "1000", "999999999999999999",
    ]
}
