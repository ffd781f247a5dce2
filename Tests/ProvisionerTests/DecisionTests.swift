import CoderAPI
import CoderTestSupport
import Messages
import StageKit
import Testing

@testable import Provisioner

@Suite struct DecisionTests {
    private static let reference = WorkspaceReference(workspaceID: "w1", workspaceName: "m-a", url: "u")
    private static let unnamed = WorkspaceReference(workspaceID: nil, workspaceName: "m-a")

    private func errand(_ content: some EventData, _ context: DeliveryContext) throws -> Errand {
        try Errand(TestDelivery.make(content, context).event, context: context)
    }

    @Test func `events ask for errands`() throws {
        let plan = TestDelivery.plan()
        let bare = TestDelivery.context("INC-1", plan: plan)
        let known = TestDelivery.context("INC-1", plan: plan, workspace: Self.reference)
        #expect(try errand(IncidentApproved(plan: plan), bare) == .create(plan))
        #expect(
            try Errand(TestDelivery.make(EventType(rawValue: "incident.confirmed"), [:], bare).event, context: bare)
                == .create(plan)
        )
        #expect(
            try errand(RemediationFinished(verdict: .succeeded, workspace: Self.reference), bare)
                == .keep(Self.reference, .seconds(600))
        )
        #expect(try errand(RemediationFinished(verdict: .succeeded), known) == .keep(Self.reference, .seconds(600)))
        #expect(try errand(RemediationFinished(verdict: .provisioningFailed), bare) == .nothing)
        #expect(try errand(WorkspaceExpiring(step: .stop, workspace: Self.reference), bare) == .stop(Self.reference))
        #expect(try errand(WorkspaceExpiring(step: .erase, workspace: Self.reference), bare) == .erase(Self.reference))
        #expect(try errand(WorkspaceDispose(workspace: Self.unnamed, reason: "r"), bare) == .stop(Self.unnamed))
        #expect(try errand(WorkspaceDispose(workspace: Self.unnamed, reason: "r"), known) == .stop(Self.reference))
        #expect(try errand(SweepDue(number: 1), bare) == .sweep)
        #expect(try errand(IncidentCancelled(by: "ann", reason: "r"), known) == .nothing)
        var exhausted = DeliveryExhausted(stage: "provisioner", event: .incidentApproved, failures: 5, lastError: "e")
        #expect(try errand(exhausted, bare) == .nothing)
        exhausted.workspace = Self.unnamed
        #expect(try errand(exhausted, bare) == .stop(Self.unnamed))
    }

    @Test(arguments: [
        EventType.workspaceCreated, .incidentReported, .workspaceReleased, .incidentAccepted, .logAppended,
        .workspacesSeen,
        .incidentDeclined, .workspaceChanged,
    ])
    func `an event that asks for no workspace is refused`(type: EventType) {
        let context = TestDelivery.context("INC-1")
        #expect(throws: StageError.self) {
            try Errand(TestDelivery.make(type, [:], context).event, context: context)
        }
    }

    @Test func `without a plan nothing is created`() {
        let context = TestDelivery.context("INC-1", plan: nil)
        #expect(throws: StageError.self) {
            try Errand(TestDelivery.make(.incidentApproved, [:], context).event, context: context)
        }
    }

    @Test(
        arguments: [
            (["incident_id": "INC-1", "installation": "x"], "remediation", true),
            (["incident_id": "INC-1"], "Remediation", true), (["incident_id": "INC-1", "installation": ""], nil, true),
            (["incident_id": "INC-1"], "5B000000-0000-4000-8000-000000000001", true),
            (["incident_id": "INC-1"], "5b000000-0000-4000-8000-000000000002", false),
            (["incident_id": "INC-1"], "other", false), (["incident_id": "inc-1"], "remediation", false),
            (["incident_id": ""], "remediation", false), ([:], "remediation", false),
            (["incident_id": "INC-1", "installation": "y"], "remediation", false),
        ] as [([String: String], String?, Bool)]
    )
    func `ours is what has our template and our incident`(
        parameters: [String: String],
        template: String?,
        isOurs: Bool
    ) throws {
        let workspace = try Sample.workspace(build: Sample.build())
        let ownership = Ownership(
            workspace,
            parameters: parameters,
            incidentID: "INC-1",
            installation: "x",
            template: template
        )
        #expect((ownership == .ours) == isOurs)
    }

    @Test(arguments: [
        // deadline in s, hold, retention, ttl in minutes
        (900, 3600, 600, Int64(85)), (901, 0, 0, 16), (-100, 0, 0, 1), (0, 30, 0, 1), (0, 61, 0, 2),
        (10_000_000, 0, 0, 43_200), (900, .max, .max, 43_200),
    ])
    func `the time to live covers deadline, retention and hold within Coder's bounds`(
        deadline: Int,
        hold: Int,
        retention: Int,
        minutes: Int64
    ) {
        let now = Timestamp(milliseconds: 1_700_000_000_000)
        var plan = TestDelivery.plan()
        plan.deadline = now + .seconds(deadline)
        plan.retentionSeconds = retention
        #expect(WorkspaceRequest.ttlMilliseconds(plan, holdSeconds: hold, now: now) == minutes * 60_000)
    }

    @Test func `the parameters are the plan's and ours, and ours count`() {
        let plan = TestDelivery.plan(parameters: ["script": "x.sh", "incident_id": "forged"])
        let context = TestDelivery.context("INC-1", plan: plan, description: String(repeating: "ä", count: 2000))
        let parameters = WorkspaceRequest.parameters(context, plan, token: nil)
        #expect(
            parameters == [
                "script": "x.sh", "incident_id": "INC-1", "service_name": "payment-api", "severity": "critical",
                "description": String(repeating: "ä", count: 1000), "playbook": "high-cpu", "timeout_seconds": "600",
                "installation": "test-installation",
            ]
        )
        #expect(WorkspaceRequest.parameters(context, plan, token: "s")["target_service_token"] == "s")
    }

    @Test(arguments: [
        (CoderError.Kind.unauthorized, CreateFailure.answer), (.rateLimited(retryAfter: 1), .answer),
        (.unavailable, .answer), (.cancelled, .answer), (.conflict, .lookThenRetry), (.ambiguous, .lookThenRetry),
        (.badAnswer, .lookThenRetry), (.gone, .lookThenRetry), (.forbidden, .lookThenRefuse),
        (.invalid, .lookThenRefuse),
        (.notFound, .lookThenRefuse),
    ])
    func `a create that failed leads to`(kind: CoderError.Kind, next: CreateFailure) {
        #expect(CreateFailure(kind) == next)
    }

    @Test(arguments: [
        ("start", "pending", EndingStep.cancel(build: "b1"), EndingStep.cancel(build: "b1")),
        ("start", "running", .cancel(build: "b1"), .cancel(build: "b1")),
        ("start", "succeeded", .request(.stop), .request(.delete)),
        ("start", "failed", .request(.stop), .request(.delete)),
        ("start", "canceled", .request(.stop), .request(.delete)),
        ("stop", "succeeded", .reached, .request(.delete)),
        ("delete", "succeeded", .gone, .gone),
        ("delete", "failed", .request(.stop), .repeatFailed(.delete, "delete build 1 is failed")),
        ("stop", "failed", .repeatFailed(.stop, "stop build 1 is failed"), .request(.delete)),
    ])
    func `the next step of an ending`(
        transition: String,
        status: String,
        stop: EndingStep,
        erase: EndingStep
    ) throws {
        let workspace = try Sample.workspace(build: Sample.build(transition, status))
        #expect(EndingStep.towardsStop(workspace) == stop)
        #expect(EndingStep.towardsErasure(workspace) == erase)
    }

    @Test(arguments: [
        ("start", "canceling"), ("stop", "pending"), ("stop", "running"), ("delete", "running"), ("delete", "pending"),
    ])
    func `while Coder is at work an ending waits`(transition: String, status: String) throws {
        let workspace = try Sample.workspace(build: Sample.build(transition, status, position: 4))
        for step in [EndingStep.towardsStop(workspace), EndingStep.towardsErasure(workspace)] {
            guard case .wait(let reason) = step else {
                Issue.record("\(step)")
                continue
            }
            #expect(reason.contains("place 4"))
        }
    }

    @Test(arguments: [(0, Int64(1000)), (4, 1000), (20, 5000), (3600, 15_000), (-50, 1000)])
    func `the pause grows with the age of the build`(age: Int, milliseconds: Int64) throws {
        let created = try #require(Timestamp("2025-12-09T10:00:00Z"))
        let pause = EndingStep.pause(buildCreatedAt: created.description, now: created + .seconds(age))
        #expect(pause.milliseconds == milliseconds)
    }

    @Test(arguments: [
        (CoderError.Kind.unauthorized, "deferred"), (.rateLimited(retryAfter: 9), "deferred"), (.conflict, "deferred"),
        (.forbidden, "final"), (.invalid, "final"), (.notFound, "retry"), (.unavailable, "retry"),
        (.ambiguous, "retry"),
        (.badAnswer, "retry"),
    ])
    func `a failed call is answered by`(kind: CoderError.Kind, expected: String) {
        let now = Timestamp(milliseconds: 0)
        let error = CoderError(operation: "o", kind: kind, message: "m")
        switch StageError.answer(to: error, now: now, tokenWait: .seconds(5)) {
        case .deferred(let until, _):
            #expect(expected == "deferred")
            let wait: Int64 = kind == .unauthorized ? 5000 : kind == .conflict ? 1000 : 9000
            #expect(until.milliseconds == wait)
        case .failed(let failure): #expect(expected == (failure.retryable ? "retry" : "final"))
        case .returned: Issue.record("returned")
        }
    }

    @Test(arguments: [
        (
            CoderError(
                operation: "o",
                kind: .invalid,
                status: 400,
                message: "Unable to validate parameters",
                validations: ["zone: Required parameter not provided; parameter value is null"]
            ), "zone"
        ),
        (
            CoderError(
                operation: "o",
                kind: .invalid,
                status: 400,
                message: "Unable to validate parameter \"zone\"",
                detail: "Parameter \"zone\" is required but not provided"
            ), "zone"
        ),
        (
            CoderError(
                operation: "o",
                kind: .invalid,
                status: 400,
                message: "Template \"5b\" doesn't exist.",
                validations: ["template_id: template not found"]
            ), "has no template remediation"
        ),
        (
            CoderError(
                operation: "o",
                kind: .invalid,
                status: 400,
                message: "Template \"r\" has been deprecated, and cannot be used to create a new workspace."
            ), "any more"
        ),
        (
            CoderError(
                operation: "o",
                kind: .invalid,
                status: 400,
                message: "\"user\" must be an existing uuid or username.",
                detail: "queried user=\"x\""
            ), "no user bob"
        ),
        (
            CoderError(operation: "o", kind: .forbidden, status: 403, message: "Unauthorized to create workspace."),
            "right"
        ),
        (
            CoderError(operation: "o", kind: .forbidden, status: 403, message: "Build is not permitted: 5 agents"),
            "licence"
        ),
        (
            CoderError(operation: "o", kind: .invalid, status: 400, message: "Something new."),
            "Coder refused to create a workspace from template remediation: Something new."
        ),
    ])
    func `a refusal is explained`(error: CoderError, words: String) {
        let diagnosis = RefusalDiagnosis.make(error, plan: TestDelivery.plan(), owner: "bob")
        #expect(diagnosis.summary.contains(words), "\(diagnosis.summary)")
        #expect(diagnosis.evidence.count == 1)
    }

    @Test func `pages of a sweep fit and lose nothing`() throws {
        let seen = (0..<500).map { number in
            WorkspacesSeen.Seen(
                workspace: WorkspaceReference(workspaceID: "w\(number)", workspaceName: "m-\(number)", url: "u"),
                incidentID: String(repeating: "ä", count: 200)
            )
        }
        let pages = try SweepPages.make(seen, mostBytes: 20_000)
        #expect(pages.count > 5)
        #expect(pages.flatMap(\.workspaces) == seen)
        for page in pages { #expect(try MessageCoding.encode(page).count < 21_000) }
        #expect(try SweepPages.make([]).count == 1)
    }
}
