import Messages
import Secrets
import StageKit
import Testing

@testable import IncidentAPI
@testable import Reporter

/// What is told of each event, word for word.
struct ReportTests {
    private func report(_ delivery: Delivery, mask: SecretMask = SecretMask([])) throws -> Report {
        try Report(of: delivery.event, in: delivery.context, mask: mask)
    }

    private func comment(_ delivery: Delivery) throws -> String {
        guard case .comment(let text) = try report(delivery).effect else {
            Issue.record("not a comment")
            return ""
        }
        return text
    }

    private func update(_ delivery: Delivery) throws -> (status: IncidentUpdate.Status, notes: String) {
        guard case .update(let status, let notes) = try report(delivery).effect else {
            Issue.record("not an update")
            return (.remediated, "")
        }
        return (status, notes)
    }

    @Test func `a declined incident gets a comment with every reason`() throws {
        let text = try comment(
            delivery(
                IncidentDeclined(reasons: [
                    Reason(code: "severity_not_allowed", message: "Severity low is not remediated."),
                    Reason(code: "no_playbook", message: "No playbook takes it."),
                ])
            )
        )
        #expect(
            text == """
                Mendline leaves this incident to you: it may not be remediated by machine.
                - Severity low is not remediated. (severity_not_allowed)
                - No playbook takes it. (no_playbook)

                [mendline:01JD0000000000000000000001]
                """
        )
    }

    @Test func `a created workspace gets a comment with name, URL and playbook`() throws {
        #expect(
            try comment(delivery(created)) == """
                Remediation has begun in workspace m-inc-1042-1-7f3kq2m9x0ab.
                Look at it: http://127.0.0.1:8080/@me/m-inc-1042-1-7f3kq2m9x0ab
                Playbook: high-cpu
                Template: remediation

                [mendline:01JD0000000000000000000001]
                """
        )
    }

    @Test func `success is an update to remediated`() throws {
        let (status, notes) = try update(delivery(succeeded))
        #expect(status == .remediated)
        #expect(
            notes == """
                Remediated: the script succeeded.
                Verdict: succeeded, exit code 0
                Took: 0.4 s until the workspace was ready, 1 min 4 s for the script
                Playbook: high-cpu
                Workspace: m-inc-1042-1-7f3kq2m9x0ab
                Look at it: http://127.0.0.1:8080/@me/m-inc-1042-1-7f3kq2m9x0ab
                Last log lines:
                  load is 0.3
                  done

                [mendline:01JD0000000000000000000001]
                """
        )
    }

    @Test func `a failure is an update to remediation_failed with diagnosis and evidence`() throws {
        let (status, notes) = try update(
            delivery(
                RemediationFinished(
                    verdict: .scriptFailed,
                    exitCode: 3,
                    diagnosis: Diagnosis(
                        summary: "The service did not come back; look at its own log.",
                        evidence: ["port 80 is taken"]
                    ),
                    workspace: WorkspaceReference(workspaceID: nil, workspaceName: "m-1")
                )
            )
        )
        #expect(status == .remediationFailed)
        #expect(
            notes == """
                Not remediated: the script failed with exit code 3.
                Verdict: script_failed, exit code 3
                Why: The service did not come back; look at its own log.
                Evidence:
                  port 80 is taken
                Playbook: high-cpu
                Workspace: m-1
                Log: no line of the script was seen.

                [mendline:01JD0000000000000000000001]
                """
        )
    }

    @Test(arguments: Verdict.allCases)
    func `only success counts as remediated`(verdict: Verdict) throws {
        let (status, notes) = try update(delivery(RemediationFinished(verdict: verdict)))
        #expect((status == .remediated) == (verdict == .succeeded))
        #expect(notes.contains("\nVerdict: \(verdict.rawValue), no exit code seen\n"))
        #expect(notes.hasPrefix("Remediated: ") == (verdict == .succeeded))
    }

    @Test func `a cancel is an update that says by whom and why`() throws {
        let (status, notes) = try update(
            delivery(IncidentCancelled(by: "ada", reason: "false alarm", workspace: workspace))
        )
        #expect(status == .remediationFailed)
        #expect(
            notes == """
                Not remediated: cancelled by ada.
                Why: false alarm
                Workspace: m-inc-1042-1-7f3kq2m9x0ab
                Look at it: http://127.0.0.1:8080/@me/m-inc-1042-1-7f3kq2m9x0ab

                [mendline:01JD0000000000000000000001]
                """
        )
    }

    @Test func `an event of an extra stage is named, and its content is not shown`() throws {
        let text = try comment(delivery(EventType(rawValue: "approval.asked"), ["password": "hunter2"]))
        #expect(
            text == """
                Mendline reports approval.asked for INC-1042.
                At: 1970-01-01T00:00:00.000Z
                From: /log-collector/1

                [mendline:01JD0000000000000000000001]
                """
        )
    }

    @Test func `content that is not what its type says is refused with the place`() {
        let error = #expect(throws: MessageError.self) {
            try report(delivery(.remediationFinished, ["verdict": "fine", "last_lines": []]))
        }
        #expect(error?.what.contains("verdict") == true)
    }

    @Test func `the key names event and effect, and is the same every time`() throws {
        let first = try report(delivery(succeeded))
        #expect(first.key == "mendline-01JD0000000000000000000001-update")
        #expect(try report(delivery(created)).key == "mendline-01JD0000000000000000000001-comment")
        #expect(try report(delivery(succeeded)) == first)
    }

    @Test func `secrets are masked, also where a text is cut through them`() throws {
        let secret = "s3cret-api-key-0123456789"
        let mask = SecretMask([secret])
        for padding in 460...500 {
            let text = String(repeating: "x", count: padding) + secret
            let finished = RemediationFinished(
                verdict: .unknown,
                diagnosis: Diagnosis(summary: text, evidence: [text]),
                lastLines: [text]
            )
            guard case .update(_, let notes) = try report(delivery(finished), mask: mask).effect else { continue }
            #expect(!notes.contains("s3cret"))
        }
    }

    @Test func `everything is bounded, whatever comes`() throws {
        let long = String(repeating: "ä\u{1B}[31m", count: 400)
        let many = Array(repeating: long, count: 200)
        let reference = WorkspaceReference(workspaceID: long, workspaceName: long, url: long)
        let reports = [
            try report(
                delivery(
                    RemediationFinished(
                        verdict: .scriptFailed,
                        exitCode: .max,
                        diagnosis: Diagnosis(summary: long, evidence: many),
                        provisionSeconds: 1e300,
                        runSeconds: -1,
                        lastLines: many,
                        workspace: reference
                    )
                )
            ),
            try report(
                delivery(IncidentDeclined(reasons: Array(repeating: Reason(code: long, message: long), count: 500)))
            ),
            try report(delivery(IncidentCancelled(by: long, reason: long, workspace: reference))),
            try report(delivery(EventType(rawValue: long), [])),
        ]
        for report in reports {
            let text =
                switch report.effect {
                case .comment(let text), .update(_, let text): text
                }
            #expect(text.utf8.count < 14_000)
            #expect(text.hasSuffix("\n\n[mendline:01JD0000000000000000000001]"))
            #expect(!text.contains("\u{1B}"))
        }
    }

    @Test func `of many log lines the last 4 KiB are kept`() throws {
        let lines = (1...1000).map { "line \($0)" }
        let notes = try update(delivery(RemediationFinished(verdict: .succeeded, lastLines: lines))).notes
        let log = notes.split(separator: "\n").drop { $0 != "Last log lines:" }.dropFirst().filter {
            $0.hasPrefix("  ")
        }
        #expect(log.last == "  line 1000")
        #expect(log.first?.hasPrefix("  … ") == true)
        let kept = log.dropFirst()
        #expect(log.first == "  … \(1000 - kept.count) earlier")
        #expect(kept.reduce(0) { $0 + $1.utf8.count + 1 } <= 4096)
        #expect(kept.count > 300)
    }
}
