import Messages
import StageKit

/// What an event asks the provisioner to do.
enum Errand: Equatable {
    case nothing
    /// The workspace stays so long for people to look into.
    case keep(WorkspaceReference, Duration)
    case stop(WorkspaceReference)
    case erase(WorkspaceReference)
    case sweep
    case create(Plan)

    /// Events of the contract that never ask for a workspace.
    ///
    /// Taking one of them for a wish to create could make a second workspace long after the first one is erased.
    private static let neverCreate: Set<EventType> = [
        .incidentAccepted, .incidentDeclined, .incidentReported, .workspaceCreated, .workspaceChanged,
        .workspaceReleased, .logAppended, .workspacesSeen,
    ]

    /// Reads the event.
    ///
    /// - Throws: ``StageError`` for an event that nothing can be done about, ``MessageError`` for one that has another
    ///   shape than its type says.
    init(_ event: Message, context: DeliveryContext) throws {
        switch event.type {
        case .remediationFinished:
            let content: RemediationFinished = try event.content()
            if let workspace = content.workspace ?? context.workspace {
                self = .keep(workspace, .seconds(max(context.plan?.retentionSeconds ?? 0, 0)))
            } else {
                self = .nothing
            }
        // When a cancel has taken effect its workspace is stopped already.
        case .incidentCancelled, .incidentRetried: self = .nothing
        case .workspaceExpiring:
            let content: WorkspaceExpiring = try event.content()
            let workspace = Self.completed(content.workspace, context)
            self = content.step == .stop ? .stop(workspace) : .erase(workspace)
        case .workspaceDispose:
            let content: WorkspaceDispose = try event.content()
            self = .stop(Self.completed(content.workspace, context))
        case .deliveryExhausted:
            let content: DeliveryExhausted = try event.content()
            self = content.workspace.map { .stop(Self.completed($0, context)) } ?? .nothing
        case .sweepDue: self = .sweep
        case let type where Self.neverCreate.contains(type):
            throw StageError.final(
                "unexpected_event",
                "\(type) asks for no workspace; take it out of what the topology gives to the provisioner"
            )
        default:
            guard let plan = context.plan else {
                throw StageError.final(
                    "no_plan",
                    "\(event.type) came without a plan, so it is not known what to create; see that a validator approves "
                        + "incidents before the provisioner gets them"
                )
            }
            self = .create(plan)
        }
    }

    /// The reference with the id that has become known since the event was written.
    private static func completed(_ workspace: WorkspaceReference, _ context: DeliveryContext) -> WorkspaceReference {
        guard workspace.workspaceID == nil, let known = context.workspace,
            known.workspaceName == workspace.workspaceName
        else { return workspace }
        return known
    }
}
