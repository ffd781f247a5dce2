import CoderAPI
import CoderTestSupport
import Foundation
import HTTPClient
import Messages
import Secrets
import StageKit
import Synchronization
import Testing

@testable import Provisioner

/// Creating and adopting, against the simulator's process.
@Suite(.timeLimit(.minutes(3))) struct CreateTests {
    private func approved(_ context: DeliveryContext) throws -> Delivery {
        try TestDelivery.make(IncidentApproved(plan: try #require(context.plan)), context)
    }

    private func created(_ events: [CausedEvent]) throws -> WorkspaceCreated {
        #expect(events.map(\.type) == [.workspaceCreated])
        return try #require(events.first).data.decoded()
    }

    private func refused(_ events: [CausedEvent]) throws -> RemediationFinished {
        #expect(events.map(\.type) == [.remediationFinished])
        let finished: RemediationFinished = try #require(events.first).data.decoded()
        #expect(finished.verdict == .provisioningFailed)
        #expect(finished.workspace == nil)
        return finished
    }

    private func error(_ body: () async throws -> Void) async -> StageError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? StageError
        }
    }

    @Test func `a workspace is created once, however often it is asked for`() async throws {
        try await CoderSimulator.with { simulator in
            let provisioner = Provisioner(coder: simulator.client(), openingKey: nil, trouble: Trouble())
            let delivery = try approved(TestDelivery.context("INC-1"))
            let first = try created(try await provisioner.handle(delivery, TestHand().hand))
            #expect(!first.adopted && first.template == "remediation")
            #expect(first.workspaceName == delivery.context.workspaceName)
            #expect(first.url == "\(simulator.url)/@\(try await owner(simulator))/\(first.workspaceName)")
            let second = try created(try await provisioner.handle(delivery, TestHand().hand))
            #expect(second.adopted)
            #expect(second.workspaceID == first.workspaceID && second.buildID == first.buildID)
            #expect(try await simulator.counts().effects.creates == 1)
        }
    }

    private func owner(_ simulator: CoderSimulator) async throws -> String {
        try #require(try await simulator.client().workspaces(matching: "owner:me").workspaces.first).ownerName
    }

    @Test(arguments: [
        "{\"error_after_rate\": 1, \"only_method\": \"POST\", \"times\": 1}",
        "{\"cut_rate\": 1, \"only_method\": \"POST\", \"times\": 1}",
        "{\"garbage_rate\": 1, \"only_method\": \"POST\", \"times\": 1}",
        "{\"hold_answer\": \"never\", \"only_method\": \"POST\", \"times\": 1}",
    ])
    func `a create whose answer is lost is found`(faults: String) async throws {
        try await CoderSimulator.with { simulator in
            let provisioner = Provisioner(
                coder: simulator.client(total: .seconds(1)),
                openingKey: nil,
                trouble: Trouble()
            )
            try await simulator.setFaults(faults)
            let found = try created(
                try await provisioner.handle(try approved(TestDelivery.context("INC-1")), TestHand().hand)
            )
            #expect(found.adopted)
            #expect(try await simulator.counts().effects.creates == 1)
        }
    }

    @Test(arguments: [
        "{\"error_rate\": 1, \"only_method\": \"POST\"}", "{\"error_rate\": 1, \"error_status\": 503}",
        "{\"down\": true}",
        "{\"hang_rate\": 1}",
    ])
    func `a create that did not happen is a failure to try again`(faults: String) async throws {
        try await CoderSimulator.with { simulator in
            let provisioner = Provisioner(
                coder: simulator.client(total: .seconds(1)),
                openingKey: nil,
                trouble: Trouble()
            )
            try await simulator.setFaults(faults)
            let failure = await error {
                _ = try await provisioner.handle(try approved(TestDelivery.context("INC-1")), TestHand().hand)
            }
            guard case .failed(let failure)? = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
            #expect(failure.retryable && failure.code == "coder_unavailable")
        }
    }

    @Test func `a workspace that is not ours is left alone`() async throws {
        try await CoderSimulator.with { simulator in
            let coder = simulator.client()
            let context = TestDelivery.context("INC-1")
            let template = try await coder.templateID(named: "remediation")
            let other = try await coder.createWorkspace(
                NewWorkspace(
                    name: context.workspaceName,
                    templateID: template,
                    parameters: ["incident_id": "INC-2", "playbook": "p"],
                    ttlMilliseconds: 60_000
                )
            )
            let provisioner = Provisioner(coder: coder, openingKey: nil, trouble: Trouble())
            let finished = try refused(try await provisioner.handle(try approved(context), TestHand().hand))
            #expect(finished.diagnosis?.summary.contains("made for incident INC-2") == true)
            // By name it is not touched either.
            let reference = WorkspaceReference(workspaceID: nil, workspaceName: context.workspaceName)
            let dispose = try TestDelivery.make(WorkspaceDispose(workspace: reference, reason: "r"), context)
            #expect(try await provisioner.handle(dispose, TestHand().hand).isEmpty)
            #expect(try await coder.workspace(id: other.id).latestBuild.transition == .start)
        }
    }

    @Test func `what Coder refuses is explained and tried no more`() async throws {
        try await CoderSimulator.with { simulator in
            let provisioner = Provisioner(coder: simulator.client(), openingKey: nil, trouble: Trouble())
            for template in ["nowhere", "5b000000-0000-4000-8000-000000000009"] {
                let context = TestDelivery.context("INC-1", plan: TestDelivery.plan(template: template))
                let finished = try refused(try await provisioner.handle(try approved(context), TestHand().hand))
                #expect(finished.diagnosis?.summary.contains("has no template \(template)") == true)
            }
        }
    }

    @Test func `a final refusal does not hide an earlier create`() async throws {
        try await CoderSimulator.with { simulator in
            let provisioner = Provisioner(coder: simulator.client(), openingKey: nil, trouble: Trouble())
            let delivery = try approved(TestDelivery.context("INC-1"))
            let first = try created(try await provisioner.handle(delivery, TestHand().hand))
            try await simulator.setFaults("{\"error_rate\": 1, \"error_status\": 403, \"only_method\": \"POST\"}")
            let second = try created(try await provisioner.handle(delivery, TestHand().hand))
            #expect(second.adopted && second.workspaceID == first.workspaceID)
        }
    }

    @Test func `a cancelled hand-out looks and never creates`() async throws {
        try await CoderSimulator.with { simulator in
            let provisioner = Provisioner(coder: simulator.client(), openingKey: nil, trouble: Trouble())
            let cancelled = try approved(TestDelivery.context("INC-1", cancelled: true))
            #expect(try await provisioner.handle(cancelled, TestHand().hand).isEmpty)
            #expect(try await simulator.counts().effects.creates == 0)
            let first = try created(
                try await provisioner.handle(try approved(TestDelivery.context("INC-1")), TestHand().hand)
            )
            let found = try created(try await provisioner.handle(cancelled, TestHand().hand))
            #expect(found.adopted && found.workspaceID == first.workspaceID)
        }
    }

    @Test func `out of time nothing is created`() async throws {
        try await CoderSimulator.with { simulator in
            let provisioner = Provisioner(coder: simulator.client(), openingKey: nil, trouble: Trouble())
            let late = await error {
                _ = try await provisioner.handle(
                    try approved(TestDelivery.context("INC-1")),
                    TestHand(isInTime: false).hand
                )
            }
            #expect(late == .returned(reason: "out of time"))
            let requests = try await simulator.counts().requests("/workspaces")
            #expect(requests == 0)
        }
    }

    @Test func `a wrong token is trouble, and none any more when it is replaced`() async throws {
        try await CoderSimulator.with { simulator in
            let token = Mutex("abcdefghij-expired000000000000000")
            let trouble = Trouble()
            let provisioner = Provisioner(
                coder: simulator.client { token.withLock { $0 } },
                openingKey: nil,
                trouble: trouble
            )
            let delivery = try approved(TestDelivery.context("INC-1"))
            let wait = await error { _ = try await provisioner.handle(delivery, TestHand().hand) }
            guard case .deferred? = wait else {
                Issue.record("\(String(describing: wait))")
                return
            }
            #expect(trouble.sentence?.contains("session token") == true)
            #expect(trouble.sentence?.contains("expired0000") == false)
            token.withLock { $0 = CoderSimulator.token }
            _ = try created(try await provisioner.handle(delivery, TestHand().hand))
            #expect(trouble.sentence == nil)
        }
    }

    @Test func `a rate limit is waited out`() async throws {
        try await CoderSimulator.with { simulator in
            let provisioner = Provisioner(coder: simulator.client(), openingKey: nil, trouble: Trouble())
            try await simulator.setFaults("{\"too_many_requests_rate\": 1, \"retry_after\": 40}")
            let before = TestHand.now()
            let wait = await error {
                _ = try await provisioner.handle(try approved(TestDelivery.context("INC-1")), TestHand().hand)
            }
            guard case .deferred(let until, _)? = wait else {
                Issue.record("\(String(describing: wait))")
                return
            }
            #expect(until >= before + .seconds(40))
        }
    }

    @Test func `the sealed token reaches the workspace and nothing else`() async throws {
        try await CoderSimulator.with { simulator in
            let coder = simulator.client()
            let key = TokenSeal.PrivateKey()
            let sealed = try TokenSeal.seal("s3cret-canary", incidentID: "INC-1", for: key.publicKey)
            let delivery = try approved(TestDelivery.context("INC-1", sealedToken: sealed))
            let trouble = Trouble()
            let without = await error {
                _ = try await Provisioner(coder: coder, openingKey: nil, trouble: trouble).handle(
                    delivery,
                    TestHand().hand
                )
            }
            guard case .failed(let failure)? = without else {
                Issue.record("\(String(describing: without))")
                return
            }
            #expect(failure.retryable && failure.code == "no_opening_key")
            #expect(trouble.sentence?.contains("opening key") == true)
            let other = await error {
                _ = try await Provisioner(coder: coder, openingKey: TokenSeal.PrivateKey(), trouble: Trouble())
                    .handle(delivery, TestHand().hand)
            }
            guard case .failed(let failure)? = other else {
                Issue.record("\(String(describing: other))")
                return
            }
            #expect(failure.code == "token_unreadable")
            let provisioner = Provisioner(coder: coder, openingKey: key, trouble: Trouble())
            let events = try await provisioner.handle(delivery, TestHand().hand)
            let parameters = try await coder.parameters(ofBuild: try created(events).buildID)
            #expect(parameters["target_service_token"] == "s3cret-canary")
            #expect(!"\(events)".contains("canary"))
        }
    }
}
