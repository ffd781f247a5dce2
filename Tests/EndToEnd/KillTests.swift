import Foundation
import Glibc
import Messages
import TestSupport
import Testing

extension EndToEnd {
    /// Whoever dies, every incident comes to its end once.
    @Suite struct Kills {
        private static let killed = ["validator", "provisioner", "log-collector", "reporter", "metrics-sink", "intake"]

        /// The simulators act at once and answer later, so that kills hit calls whose effect is there already.
        @Test func eachProcessIsKilledOnceAndEveryEffectIsThereOnce() async throws {
            try await Scene.with { scene in
                let (up, outside) = try await scene.upLocal()
                try await outside.setFaults(["hold_answer": "300ms"])
                let count = 60
                let sender = try scene.send(
                    count,
                    concurrency: 20,
                    id: "KILL",
                    to: up,
                    ["--description", "the disk is full"]
                )
                for (index, name) in Self.killed.enumerated() {
                    try await eventually("the run goes on before \(name) is killed") {
                        try await outside.effects().creates > index * 8
                    }
                    #expect(sender.isRunning, "\(name) is killed while there is work")
                    try await up.killAndAwaitAnother(name)
                }
                #expect(try await scene.verdicts(of: sender) == ["succeeded": count])
                let ids = try await up.intake.get("/incidents?limit=1000").json["incidents"]?.elements
                    .compactMap { $0["incident_id"]?.string }
                try #require(ids?.count == count)
                try await up.untilReported(ids ?? [])
                #expect(try await outside.effects() == .once(each: count))
            }
        }

        /// The ledger is all that is needed: what was open goes on under another `mendline up`.
        @Test func killedAsAWholeItGoesOnWithWhatWasOpen() async throws {
            try await Scene.with { scene in
                let outside = try await scene.simulators()
                try await Outside.setFaults(["build_time": "3s"], of: outside.coder)
                let topology = try scene.write(
                    TestTopology(coder: outside.coder.base, incidents: outside.incidents.base)
                )
                let first = try await scene.up(topology: topology)
                let ids = (1...10).map { "OPEN-\($0)" }
                for id in ids {
                    let answer = try await first.intake.post("/remediate", .incident(id), prefer: "respond-async")
                    #expect(answer.status == 202, "\(answer.text)")
                }
                try await eventually("some workspaces are made") { try await outside.effects().creates >= 3 }
                let children = first.children
                #expect(children.count == 6)
                kill(first.program.pid, SIGKILL)
                for (name, pid) in children { try await eventually("\(name) has ended", holds: { isGone(pid) }) }
                let before = try await outside.effects()
                #expect(before.patches == 0, "nothing had ended by then")

                let second = try await scene.up(topology: topology)
                for id in ids { #expect(try await second.verdict(of: id) == "succeeded") }
                try await second.untilReported(ids)
                #expect(try await outside.effects() == .once(each: ids.count))
            }
        }
    }
}

extension JSONValue {
    /// An incident that the shipped policy remediates.
    static func incident(_ id: String) -> JSONValue {
        [
            "incident_id": .string(id), "service_name": "payment-api", "severity": "critical",
            "description": "the disk is full",
        ]
    }
}
