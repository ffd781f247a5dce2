import Messages
import Testing

@testable import Intake

/// What a request may say of an incident.
@Suite("Incidents as they come in")
struct IncidentReaderTests {
    private static let good: [String: JSONValue] = [
        "incident_id": "INC-1", "service_name": "payment-api", "severity": "Critical", "description": "High\nCPU",
    ]

    private func errors(_ changes: [String: JSONValue]) -> [String] {
        guard
            case .failure(let failure) = IncidentReader.read(
                .object(Self.good.merging(changes) { _, changed in changed })
            )
        else { return [] }
        return failure.errors.map(\.field)
    }

    @Test func takesWhatIsRight() throws {
        var members = Self.good
        members["labels"] = ["env": "prod", "empty": ""]
        members["annotations"] = .null
        members["target_service_token"] = "t"
        members["unknown"] = [1, 2]
        let incoming = try IncidentReader.read(.object(members)).get()
        #expect(
            incoming
                == IncomingIncident(
                    incident: Incident(
                        incidentID: "INC-1",
                        serviceName: "payment-api",
                        severity: "critical",
                        description: "High\nCPU",
                        labels: ["env": "prod", "empty": ""]
                    ),
                    targetServiceToken: "t"
                )
        )
    }

    @Test(arguments: [
        ("incident_id", 200), ("service_name", 200), ("severity", 40), ("description", 8192),
        ("target_service_token", 4096),
    ])
    func countsCodePoints(field: String, limit: Int) {
        #expect(errors([field: .string(String(repeating: "\u{e9}", count: limit))]) == [])
        #expect(errors([field: .string(String(repeating: "x", count: limit + 1))]) == [field])
        #expect(
            errors([field: .string("a" + String(repeating: "\u{301}", count: limit))]) == [field],
            "one letter to the eye"
        )
    }

    @Test(arguments: ["", " ", "\t", "\u{2003}\u{3000}", "a\u{0}", "\u{1b}[31m", "a\u{7f}", "a\u{85}"] as [String])
    func refusesWhatNobodyCanRead(text: String) {
        for field in ["incident_id", "service_name", "severity", "description", "target_service_token"] {
            #expect(errors([field: .string(text)]) == [field])
        }
    }

    @Test func onlyADescriptionHasLines() {
        for text in ["a\nb", "a\tb", "a\r\nb"] as [JSONValue] {
            #expect(errors(["description": text]) == [])
            #expect(errors(["incident_id": text, "service_name": text]) == ["incident_id", "service_name"])
        }
    }

    @Test func namesAllThatIsWrongAtOnce() {
        #expect(
            errors([
                "incident_id": 7, "service_name": .null, "severity": [], "description": true, "labels": "x",
                "annotations": ["a": 1, "b": "\u{0}"], "target_service_token": 15,
            ]) == [
                "incident_id", "service_name", "severity", "description", "labels", "annotations.a", "annotations.b",
                "target_service_token",
            ]
        )
        guard case .failure(let failure) = IncidentReader.read([]) else {
            Issue.record("a list was taken")
            return
        }
        #expect(failure.errors.map(\.field) == [""])
    }

    @Test func mendlinesOwnTimelinesAreNobodyElses() {
        #expect(errors(["incident_id": "mendline:sweep"]) == ["incident_id"])
    }

    @Test(arguments: [".", ".."]) func everyIncidentHasAnAddress(id: String) {
        #expect(errors(["incident_id": .string(id)]) == ["incident_id"])
    }

    private static func texts(_ count: Int, _ length: Int, _ text: String) -> JSONValue {
        .object(
            Dictionary(
                uniqueKeysWithValues: (0..<count).map {
                    ("k\($0)", .string(String(repeating: text, count: length)))
                }
            )
        )
    }

    @Test func isBoundedAsAWhole() {
        #expect(errors(["labels": Self.texts(65, 1, "x")]) == ["labels"])
        #expect(errors(["annotations": Self.texts(15, 8192, "x")]) == [])
        #expect(errors(["annotations": Self.texts(16, 8192, "x")]) == [""])
        #expect(errors(["annotations": Self.texts(5, 8192, "\u{1f525}")]) == [""], "four bytes each")
    }

    /// Otherwise it would be accepted and could never be handed out.
    @Test func theLargestFitsIntoADelivery() throws {
        var members = Self.good
        members["description"] = .string("x" + String(repeating: "\n", count: 8191))
        members["annotations"] = Self.texts(14, 8192, "\"")
        members["target_service_token"] = .string(String(repeating: "\u{1f525}", count: 4096))
        let incident = try IncidentReader.read(.object(members)).get().incident
        let time = Timestamp(milliseconds: 0)
        var message = Message(
            type: .incidentAccepted,
            source: "/intake",
            id: "1",
            subject: incident.incidentID,
            time: time,
            data: try JSONValue(encoding: IncidentAccepted(incident: incident, sender: "api", receivedAt: time))
        )
        let description = Dictionary(uniqueKeysWithValues: (0..<8).map { ("p\($0)", incident.description) })
        message.context = DeliveryContext(
            incident: incident,
            installation: "000000000000",
            operatorAttempt: 1,
            cancelled: false,
            plan: Plan(
                playbook: "p",
                template: "t",
                parameters: description,
                timeoutSeconds: 1,
                deadline: time,
                retentionSeconds: 1,
                provisionSeconds: 1
            ),
            workspace: nil,
            acceptedAt: time,
            holdSeconds: 1,
            sealedToken: String(repeating: "x", count: 22_000)
        )
        #expect(try message.frame().count < 1 << 20)
    }
}
