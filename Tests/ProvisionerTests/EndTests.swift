import CoderAPI
import CoderTestSupport
import Foundation
import HTTPClient
import Messages
import StageKit
import TestSupport
import Testing

@testable import Provisioner

/// Stopping, deleting and sweeping, against the simulator's process.
@Suite(.timeLimit(.minutes(3))) struct EndTests {
    private func create(_ provisioner: Provisioner, _ context: DeliveryContext) async throws -> WorkspaceReference {
        let delivery = try TestDelivery.make(IncidentApproved(plan: try #require(context.plan)), context)
        let events = try await provisioner.handle(delivery, TestHand().hand)
        let created: WorkspaceCreated = try #require(events.first).data.decoded()
        return created.reference
    }

    /// Hands a delivery out again and again, as the ledger does, until it is done.
    private func settle(
        _ provisioner: Provisioner,
        _ delivery: Delivery,
        failures: Int = 0
    ) async throws -> [CausedEvent] {
        var left = failures
        while true {
            do {
                return try await provisioner.handle(delivery, TestHand().hand)
            } catch StageError.deferred(_, let reason) {
                #expect(!reason.isEmpty)
                try await Task.sleep(for: .milliseconds(20))
            } catch StageError.failed(let failure) {
                #expect(failure.retryable)
                left -= 1
                guard left >= 0 else { throw StageError.failed(failure) }
            }
        }
    }

    private func one<Content: EventData>(_ events: [CausedEvent], _: Content.Type) throws -> Content {
        #expect(events.map(\.type) == [Content.type])
        return try #require(events.first).data.decoded()
    }

    @Test func `a finished workspace is kept, stopped, held and deleted`() async throws {
        try await CoderSimulator.with { simulator in
            let coder = simulator.client()
            let provisioner = Provisioner(coder: coder, openingKey: nil, trouble: Trouble())
            let context = TestDelivery.context("INC-1")
            let workspace = try await create(provisioner, context)
            let before = TestHand.now()
            let kept = try await provisioner.handle(
                try TestDelivery.make(RemediationFinished(verdict: .succeeded, workspace: workspace), context),
                TestHand().hand
            )
            let stop = try one(kept, WorkspaceExpiring.self)
            #expect(stop.step == .stop && stop.workspace == workspace)
            #expect(try #require(kept[0].notBefore) >= before + .seconds(600))

            let stopped = try await settle(provisioner, try TestDelivery.make(stop, context))
            let erase = try one(stopped, WorkspaceExpiring.self)
            #expect(erase.step == .erase && erase.workspace == workspace)
            #expect(try #require(stopped[0].notBefore) >= before + .seconds(3600))
            #expect(try await coder.workspace(id: try #require(workspace.workspaceID)).latestBuild.status == "stopped")
            // Handed out again it finds everything done.
            #expect(try await provisioner.handle(try TestDelivery.make(stop, context), TestHand().hand).count == 1)
            #expect(try await simulator.counts().effects.stops == 1)

            let erased = try await settle(provisioner, try TestDelivery.make(erase, context))
            #expect(try one(erased, WorkspaceReleased.self) == WorkspaceReleased(workspace: workspace, deleted: true))
            #expect(try await simulator.counts().effects.deletes == 1)
            let again = try await provisioner.handle(try TestDelivery.make(erase, context), TestHand().hand)
            #expect(try one(again, WorkspaceReleased.self).deleted)
            let late = try await provisioner.handle(try TestDelivery.make(stop, context), TestHand().hand)
            #expect(try one(late, WorkspaceReleased.self).deleted)
        }
    }

    @Test func `a start that runs is cancelled first`() async throws {
        try await CoderSimulator.with(["--build-time", "never"]) { simulator in
            let provisioner = Provisioner(coder: simulator.client(), openingKey: nil, trouble: Trouble())
            let context = TestDelivery.context("INC-1")
            let workspace = try await create(provisioner, context)
            let dispose = try TestDelivery.make(WorkspaceDispose(workspace: workspace, reason: "cancelled"), context)
            await #expect(throws: StageError.self) { try await provisioner.handle(dispose, TestHand().hand) }
            // For the stop: the start has been cancelled by now.
            try await simulator.setFaults("{\"build_time\": \"50ms\"}")
            let expiring = try one(try await settle(provisioner, dispose), WorkspaceExpiring.self)
            #expect(expiring.step == .erase)
            let effects = try await simulator.counts().effects
            #expect(effects.scriptStarts == 0 && effects.stops == 1)
        }
    }

    @Test func `a start that waits is cancelled first`() async throws {
        try await CoderSimulator.with(["--builders", "0"]) { simulator in
            let provisioner = Provisioner(coder: simulator.client(), openingKey: nil, trouble: Trouble())
            let context = TestDelivery.context("INC-1")
            let workspace = try await create(provisioner, context)
            let dispose = try TestDelivery.make(WorkspaceDispose(workspace: workspace, reason: "cancelled"), context)
            // It ends at once, so the stop is asked for by the same hand-out.
            await #expect(throws: StageError.self) { try await provisioner.handle(dispose, TestHand().hand) }
            let asked = try await simulator.counts().requests("/builds")
            #expect(asked == 1)
            try await simulator.setFaults("{\"builders\": 1}")
            let expiring = try one(try await settle(provisioner, dispose), WorkspaceExpiring.self)
            #expect(expiring.step == .erase)
            let effects = try await simulator.counts().effects
            #expect(effects.scriptStarts == 0 && effects.stops == 1)
        }
    }

    @Test func `without an id it is found by name, if it is ours`() async throws {
        try await CoderSimulator.with { simulator in
            let provisioner = Provisioner(coder: simulator.client(), openingKey: nil, trouble: Trouble())
            let context = TestDelivery.context("INC-1")
            let unknown = WorkspaceReference(workspaceID: nil, workspaceName: context.workspaceName)
            let exhausted = DeliveryExhausted(
                stage: "provisioner",
                event: .incidentApproved,
                failures: 5,
                lastError: "e",
                workspace: unknown
            )
            let delivery = try TestDelivery.make(exhausted, context)
            #expect(try await provisioner.handle(delivery, TestHand().hand).isEmpty)
            let workspace = try await create(provisioner, context)
            let events = try await settle(provisioner, delivery)
            #expect(try one(events, WorkspaceExpiring.self).workspace == workspace)
        }
    }

    @Test func `a workspace of somebody else is not deleted, though the id says so`() async throws {
        try await CoderSimulator.with { simulator in
            let provisioner = Provisioner(coder: simulator.client(), openingKey: nil, trouble: Trouble())
            let theirs = try await create(provisioner, TestDelivery.context("INC-2"))
            let delivery = try TestDelivery.make(
                WorkspaceExpiring(step: .erase, workspace: theirs),
                TestDelivery.context("INC-1")
            )
            let released = try one(try await settle(provisioner, delivery), WorkspaceReleased.self)
            #expect(!released.deleted)
            #expect(released.reason?.contains("INC-2") == true)
            #expect(try await simulator.counts().effects.existing == 1)
        }
    }

    @Test func `what vanished is released, and what cannot be seen is not`() async throws {
        try await CoderSimulator.with { simulator in
            let provisioner = Provisioner(coder: simulator.client(), openingKey: nil, trouble: Trouble())
            let context = TestDelivery.context("INC-1")
            let workspace = try await create(provisioner, context)
            try await simulator.blow("vanish", to: try #require(workspace.workspaceID))
            let dispose = try TestDelivery.make(WorkspaceDispose(workspace: workspace, reason: "r"), context)
            #expect(try one(try await provisioner.handle(dispose, TestHand().hand), WorkspaceReleased.self).deleted)
            let unseen = WorkspaceReference(
                workspaceID: "0f2c0000-0000-4000-8000-00000000ffff",
                workspaceName: "m-x"
            )
            let erase = try TestDelivery.make(WorkspaceExpiring(step: .erase, workspace: unseen), context)
            await #expect(throws: StageError.self) { try await provisioner.handle(erase, TestHand().hand) }
        }
    }

    @Test func `out of time nothing is stopped`() async throws {
        try await CoderSimulator.with { simulator in
            let provisioner = Provisioner(coder: simulator.client(), openingKey: nil, trouble: Trouble())
            let context = TestDelivery.context("INC-1")
            let workspace = try await create(provisioner, context)
            let dispose = try TestDelivery.make(WorkspaceDispose(workspace: workspace, reason: "r"), context)
            await #expect(throws: StageError.returned(reason: "out of time")) {
                try await provisioner.handle(dispose, TestHand(isInTime: false).hand)
            }
            #expect(try await simulator.counts().requests("/builds") == 0)
        }
    }

    @Test func `a sweep sees the workspaces of its installation`() async throws {
        try await CoderSimulator.with { simulator in
            let coder = simulator.client()
            let provisioner = Provisioner(
                coder: coder,
                openingKey: nil,
                trouble: Trouble(),
                configuration: ProvisionerConfiguration(sweepPage: 3)
            )
            var seen: [String: WorkspaceReference] = [:]
            for number in 1...20 {
                let incident = "INC-\(number)"
                seen[incident] = try await create(provisioner, TestDelivery.context(incident))
            }
            var elsewhere = TestDelivery.context("INC-1")
            elsewhere.installation = "elsewhere"
            _ = try await create(provisioner, elsewhere)
            let template = try await coder.templateID(named: "remediation")
            _ = try await coder.createWorkspace(
                NewWorkspace(
                    name: "atom-1",
                    templateID: template,
                    parameters: ["incident_id": "INC-3", "playbook": "p"],
                    ttlMilliseconds: 60_000
                )
            )
            // Their order changes while they start, and a page may miss one then.
            try await eventually(
                "all have started",
                holds: {
                    try await coder.workspaces(matching: "owner:me status:running", limit: 1).count == 22
                }
            )
            let delivery = try TestDelivery.make(SweepDue(number: 1), TestDelivery.context("sweep", plan: nil))
            let events = try await provisioner.handle(delivery, TestHand().hand)
            let found = try one(events, WorkspacesSeen.self).workspaces
            #expect(Dictionary(uniqueKeysWithValues: found.map { ($0.incidentID, $0.workspace) }) == seen)
        }
    }
}
