import Foundation
import Glibc
import Messages
import TestSupport
import Testing

extension EndToEnd {
    /// Two processes of one stage: who takes what.
    @Suite struct TwoProvisioners {
        @Test func whatOneHeldWhenItWasStoppedAnotherEndsAndItDoesNothingOnItsReturn() async throws {
            try await Scene.with { scene in
                let outside = try await scene.simulators()
                // The effect is there, the answer is on its way: that is where it is stopped.
                try await Outside.setFaults(["hold_answer": "1s", "only_method": "POST"], of: outside.coder)
                let topology = try scene.write(
                    TestTopology(
                        coder: outside.coder.base,
                        incidents: outside.incidents.base,
                        lease: "5s",
                        provisioners: 2
                    )
                )
                let up = try await scene.up(topology: topology)
                try await up.untilProcesses(2)
                let stopped = try #require(up.children["provisioner-1"])
                let ids = (1...6).map { "STOP-\($0)" }
                for id in ids { _ = try await up.intake.post("/remediate", .incident(id), prefer: "respond-async") }
                try await eventually("all workspaces are made, no answer is there") {
                    try await outside.effects().creates == ids.count
                }
                kill(stopped, SIGSTOP)
                #expect(try await outside.effects().comments < ids.count)

                for id in ids { #expect(try await up.verdict(of: id) == "succeeded") }
                try await up.untilReported(ids)
                #expect(try await outside.effects() == .once(each: ids.count))
                try await eventually("leases were lost, for it held something") {
                    try await up.metric("mendline_leases_lost_total") ?? 0 >= 1
                }

                let stale = try await up.metric("mendline_settlements_stale_total") ?? 0
                let late = try await up.metric("mendline_settlements_late_total") ?? 0
                kill(stopped, SIGCONT)
                try await eventually("its answers have come, too late to count") {
                    let staleNow = try await up.metric("mendline_settlements_stale_total") ?? 0
                    let lateNow = try await up.metric("mendline_settlements_late_total") ?? 0
                    return staleNow + lateNow > stale + late
                }
                try await up.untilProcesses(2)
                #expect(up.children["provisioner-1"] == stopped, "it is the same process")
                #expect(try await outside.effects() == .once(each: ids.count))
                for id in ids {
                    let created = try await up.incident(id)["timeline"]?.elements
                        .count { $0["type"]?.string == "workspace.created" }
                    #expect(created == 1)
                }
            }
        }

        @Test func aFreshOneGetsWorkWhileTheOtherIsFull() async throws {
            try await Scene.with { scene in
                let outside = try await scene.simulators()
                // The first create is never answered, so who makes it stays full.
                try await Outside.setFaults(
                    ["hold_answer": "never", "only_method": "POST", "times": 1],
                    of: outside.coder
                )
                let topology = try scene.write(
                    TestTopology(
                        coder: outside.coder.base,
                        incidents: outside.incidents.base,
                        provisionerCapacity: 1
                    )
                )
                let up = try await scene.up(topology: topology)
                _ = try await up.intake.post("/remediate", .incident("FULL-1"), prefer: "respond-async")
                try await eventually("its one place is taken") { try await outside.effects().creates == 1 }
                let ids = (2...5).map { "FULL-\($0)" }
                for id in ids { _ = try await up.intake.post("/remediate", .incident(id), prefer: "respond-async") }
                try await eventually("the others wait for a provisioner") {
                    let stages = try await up.intake.get("/ready").json["stages"]?.elements ?? []
                    return stages.contains {
                        $0["stage"]?.string == "provisioner" && $0["held"]?.integer == 1
                            && $0["waiting"]?.integer == ids.count
                    }
                }
                let fresh = try scene.start("provisioner", ["--topology", topology, "--data", scene.data])
                for id in ids {
                    try await eventually("\(id) has a workspace") {
                        try await up.incident(id)["workspace_id"]?.string != nil
                    }
                }
                let full = try await up.incident("FULL-1")
                #expect(full["workspace_id"] == .null, "the first provisioner is full still")
                #expect(fresh.isRunning)
            }
        }
    }
}

extension Up {
    /// Waits until so many provisioners have shown themselves.
    fileprivate func untilProcesses(_ count: Int) async throws {
        try await eventually("\(count) provisioners are there") {
            let stages = try await intake.get("/ready").json["stages"]?.elements ?? []
            return stages.contains {
                $0["stage"]?.string == "provisioner" && $0["processes"]?.integer == count
            }
        }
    }
}
