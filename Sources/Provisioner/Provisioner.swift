public import CoderAPI
public import Messages
public import Secrets
public import StageKit

/// The stage that creates, stops and deletes workspaces, and looks for those that nobody owns.
///
/// It keeps nothing: whatever it does begins with a look at what is there, and a creation that may have happened is
/// looked for before it is repeated.
public struct Provisioner: StageHandler {
    let coder: CoderClient
    let openingKey: TokenSeal.PrivateKey?
    let trouble: Trouble
    let configuration: ProvisionerConfiguration

    /// A provisioner.
    ///
    /// - Parameters:
    ///   - coder: Where workspaces are made.
    ///   - openingKey: Opens the `target_service_token`; without it incidents that carry one fail.
    ///   - trouble: Told when Coder does not take the session token.
    ///   - configuration: How it works.
    public init(
        coder: CoderClient,
        openingKey: TokenSeal.PrivateKey?,
        trouble: Trouble,
        configuration: ProvisionerConfiguration = ProvisionerConfiguration()
    ) {
        self.coder = coder
        self.openingKey = openingKey
        self.trouble = trouble
        self.configuration = configuration
    }

    /// Any type: a stage of the user's own may cause the event that approves a plan.
    public func knows(_: EventType) -> Bool { true }

    /// Does what the event asks for.
    public func handle(_ delivery: Delivery, _ hand: Hand) async throws -> [CausedEvent] {
        let event = delivery.event
        switch try Errand(event, context: delivery.context) {
        case .nothing: return []
        case .keep(let workspace, let until):
            return [
                try CausedEvent(WorkspaceExpiring(step: .stop, workspace: workspace), notBefore: hand.now() + until)
            ]
        case .stop(let workspace): return try await stop(workspace, delivery, hand)
        case .erase(let workspace): return try await erase(workspace, delivery, hand)
        case .sweep: return try await sweep(delivery, hand)
        case .create(let plan): return try await createOrAdopt(plan, delivery, hand)
        }
    }
}
