import Foundation
import Messages
import Testing

@testable import CommandLineTool

@Suite struct IncidentTextTests {
    /// What intake answers to `GET /incidents/{id}`.
    static let detail = """
        {"incident_id":"INC-1","service_name":"broken-checkout","severity":"high","description":"service down\\u001b[2J",
         "labels":{"env":"prod","az":"a"},"annotations":{},"state":"finished","verdict":"script_failed","exit_code":3,
         "diagnosis":{"summary":"The service does not come back.","evidence":["exit 3","no pid"]},
         "workspace_id":"0f2c","workspace_name":"mend-inc-1","url":"http://127.0.0.1:8080/@me/mend-inc-1",
         "received_at":"2026-11-23T18:00:00.000Z","finished_at":"2026-11-23T18:00:02.500Z",
         "deadline":"2026-11-23T18:15:00.000Z","operator_attempt":1,"pending_end":null,
         "deliveries":[{"delivery":"D1","stage":"reporter","event":"remediation.finished","state":"open","failures":2,
           "last_error":"503 from the incident API","not_before":"2026-11-23T18:01:10.000Z"}],
         "timeline":[
          {"seq":2,"id":"B","type":"incident.approved","time":"2026-11-23T18:00:00.012Z","source":"/validator/1","operator_attempt":1,
           "data":{"plan":{"playbook":"restart-service","template":"remediation","parameters":{},"timeout_s":600,
            "deadline":"2026-11-23T18:15:00.000Z","retention_s":600,"provision_s":300}}},
          {"seq":1,"id":"A","type":"incident.accepted","time":"2026-11-23T18:00:00.000Z","source":"/intake","operator_attempt":1,
           "data":{"incident":{"incident_id":"INC-1","service_name":"broken-checkout","severity":"high","description":"x"},
            "sender":"api","received_at":"2026-11-23T18:00:00.000Z"}},
          {"seq":3,"id":"C","type":"workspace.created","time":"2026-11-23T18:00:00.300Z","source":"/provisioner/1","operator_attempt":1,
           "data":{"workspace_id":"0f2c","workspace_name":"mend-inc-1","url":"http://127.0.0.1:8080/@me/mend-inc-1",
            "build_id":"b1","template":"remediation","adopted":false}},
          {"seq":4,"id":"D","type":"workspace.changed","time":"2026-11-23T18:00:00.500Z","source":"/log-collector/1","operator_attempt":1,
           "data":{"build_status":"running","agent_status":"connected","lifecycle_state":"ready","healthy":true}},
          {"seq":5,"id":"E","type":"remediation.finished","time":"2026-11-23T18:00:02.500Z","source":"/log-collector/1","operator_attempt":1,
           "data":{"verdict":"script_failed","exit_code":3,"diagnosis":{"summary":"The service does not come back.","evidence":[]},
            "provision_s":0.4,"run_s":1.25,"last_lines":["restarting","still down"]}},
          {"seq":6,"id":"F","type":"approver.asked","time":"2026-11-23T18:00:02.600Z","source":"/approver/1","operator_attempt":2,
           "data":{"who":"alice"}}
         ]}
        """

    static func decoded() throws -> IncidentDetail {
        try JSONDecoder().decode(IncidentDetail.self, from: Data(detail.utf8))
    }

    @Test func show() throws {
        let now = try #require(Timestamp("2026-11-23T18:01:00Z"))
        let lines = IncidentText.lines(try Self.decoded(), now: now, .none)
        #expect(
            lines == [
                "INC-1  script_failed (exit code 3)",
                "  service      broken-checkout",
                "  severity     high",
                "  description  service down\\u{1B}[2J",
                "  labels       az=a  env=prod",
                "  workspace    mend-inc-1  http://127.0.0.1:8080/@me/mend-inc-1",
                "  received     2026-11-23T18:00:00.000Z, 1 m 00 s ago",
                "  ended        after 2.500 s",
                "",
                "timeline, relative to the acceptance",
                "   +0.000 s  accepted            from api",
                "   +0.012 s  approved            playbook restart-service, template remediation; the script may take 10 m 00 s, verdict by +15 m 00 s",
                "   +0.300 s  workspace created   mend-inc-1  http://127.0.0.1:8080/@me/mend-inc-1",
                "   +0.500 s  workspace           build running, agent connected, lifecycle ready",
                "   +2.500 s  finished            script_failed, exit code 3 (ready after 0.4 s, ran 1.3 s): The service does not come back.",
                "                                 | restarting",
                "                                 | still down",
                "   +2.600 s  approver.asked      {\"who\":\"alice\"} [attempt 2]",
                "",
                "diagnosis",
                "  The service does not come back.",
                "  | exit 3",
                "  | no pid",
                "",
                "not done yet",
                "  reporter  remediation.finished  open, failed 2 times, due in 10.0 s: 503 from the incident API",
            ]
        )
    }

    @Test func showOfAnOpenOneTellsTheDeadline() throws {
        var incident = try Self.decoded()
        incident.state = "running"
        incident.verdict = nil
        incident.exitCode = nil
        incident.finishedAt = nil
        incident.pendingEnd = "cancelled"
        let now = try #require(Timestamp("2026-11-23T18:10:00Z"))
        let lines = IncidentText.lines(incident, now: now, .none)
        #expect(lines.first == "INC-1  running")
        #expect(lines.contains("  deadline     in 5 m 00 s"))
        #expect(lines.contains("  ending       cancelled"))
    }

    @Test(arguments: [
        (
            "incident.declined", #"{"reasons":[{"code":"severity_too_low","message":"low is below the gate"}]}"#,
            "declined", "low is below the gate (severity_too_low)"
        ),
        ("incident.cancelled", #"{"by":"alice","reason":"false alarm"}"#, "cancelled", "by alice: false alarm"),
        (
            "incident.reported",
            #"{"told":"remediation.finished","actions":["commented","status remediated"],"system":"stream-a"}"#,
            "reported", "remediation.finished to stream-a: commented, status remediated"
        ),
        (
            "workspace.changed",
            #"{"build_status":"pending","queue_position":3,"healthy":false,"health_reason":"no agent"}"#,
            "workspace", "build pending, place 3 in the queue, unhealthy: no agent"
        ),
        (
            "workspace.expiring", #"{"step":"erase","workspace":{"workspace_name":"w"}}"#,
            "workspace expires", "it is to be deleted"
        ),
        (
            "workspace.dispose", #"{"reason":"it lost a race","workspace":{"workspace_name":"w"}}"#,
            "workspace must go", "it lost a race"
        ),
        (
            "workspace.released", #"{"deleted":false,"reason":"not ours","workspace":{"workspace_name":"w"}}"#,
            "workspace released", "left: not ours"
        ),
        (
            "delivery.exhausted",
            #"{"stage":"reporter","event":"remediation.finished","failures":10,"last_error":"401"}"#,
            "gave up", "reporter on remediation.finished after 10 failures: 401"
        ),
        ("workspace.created", #"{"unexpected":1}"#, "workspace.created", #"{"unexpected":1}"#),
    ])
    func event(type: String, data: String, title: String, detail: String) throws {
        let event = TimelineEvent(
            seq: 1,
            type: EventType(rawValue: type),
            time: Timestamp(milliseconds: 0),
            data: try JSONDecoder().decode(JSONValue.self, from: Data(data.utf8))
        )
        let text = EventText.of(event, receivedAt: Timestamp(milliseconds: 0))
        #expect(text.title == title)
        #expect(text.detail == detail)
    }

    @Test func list() throws {
        let json = """
            {"incidents":[
              {"incident_id":"INC-2","service_name":"payment-api","severity":"critical","state":"running","verdict":null,
               "workspace_name":"mend-2","received_at":"2026-11-23T18:00:50Z","finished_at":null},
              {"incident_id":"INC-1","service_name":"api","severity":"high","state":"finished","verdict":"succeeded",
               "workspace_name":null,"received_at":"2026-11-23T18:00:00Z","finished_at":"2026-11-23T18:00:02.5Z","unreported":true}
            ],"next":17}
            """
        let page = try JSONDecoder().decode(IncidentPage.self, from: Data(json.utf8))
        #expect(page.next == Cursor("17"))
        let now = try #require(Timestamp("2026-11-23T18:01:00Z"))
        #expect(
            IncidentTable.lines(page.incidents, now: now, .none) == [
                "INCIDENT  SERVICE      SEVERITY  STATE     VERDICT                 RECEIVED      TOOK     WORKSPACE",
                "INC-2     payment-api  critical  running   -                       10.0 s ago    -        mend-2",
                "INC-1     api          high      finished  succeeded (unreported)  1 m 00 s ago  2.500 s  -",
            ]
        )
        #expect(IncidentTable.lines([], now: now, .none) == ["no incidents"])
    }

    @Test func logLine() throws {
        let line = LogLine(
            log: "agent/1",
            line: 7,
            time: try #require(Timestamp("2026-11-23T18:00:01.123Z")),
            level: "info",
            source: "Startup Script",
            text: "freed 12 GB\r"
        )
        #expect(LogText.line(line, .none) == "18:00:01.123  info   [Startup Script] freed 12 GB\\r")
        var progress = LogProgress()
        var other = line
        other.log = "build/1"
        var later = line
        later.line = 8
        let areNew = [line, line, other, later, line].map { progress.isNew($0) }
        #expect(areNew == [true, false, true, true, false])
    }
}
