import Foundation
import SimulatorKit
import Synchronization

/// The one copy of the world, brought up to the present before each use, and the way out for its effects.
final class Simulation: Sendable {
    /// The effects in order; ends when the simulator does.
    let effects: AsyncStream<World.Effect>
    private let sink: AsyncStream<World.Effect>.Continuation
    private let state: Mutex<State>
    private let fragments = Mutex<[UUID: Fragment]>([:])

    private struct State {
        var world: World
        var limiter = RateLimiter()
        var random: SeededRandom
    }

    /// A workspace that was written before, and what has to be the same for that to be right still.
    private struct Fragment {
        let revision: Int
        let pings: Int64
        let status: AgentStatus?
        let builders: Int
        let bytes: [UInt8]
    }

    init(world: World, seed: UInt64) {
        state = Mutex(State(world: world, random: SeededRandom(seed: seed)))
        (effects, sink) = AsyncStream.makeStream()
    }

    /// Looks at the world or changes it, at the present time.
    func update<Result: Sendable>(
        _ body: (inout World, Timestamp) throws(APIError) -> Result
    ) throws(APIError) -> Result {
        try state.withLock { state throws(APIError) -> Result in
            let now = Timestamp.now()
            state.world.advance(to: now)
            // Handed over under the lock, so that a kill never overtakes the start it is meant for.
            defer { for effect in state.world.takeEffects() { sink.yield(effect) } }
            return try body(&state.world, now)
        }
    }

    /// A copy of the world as it is now, to write answers from without keeping others waiting.
    func snapshot() -> (world: World, now: Timestamp) {
        state.withLock { state in
            let now = Timestamp.now()
            state.world.advance(to: now)
            for effect in state.world.takeEffects() { sink.yield(effect) }
            return (state.world, now)
        }
    }

    /// Lets happen what is due.
    func advance() { _ = snapshot() }

    /// No more effects will come.
    func end() { sink.finish() }

    /// Decides the fate of a request.
    func plan(method: String, path: String) -> AnswerPlan {
        state.withLock { $0.world.faults.answers.plan(method: method, path: path, random: &$0.random) }
    }

    /// Counts a request against the limit; nil where there is none.
    func countAgainstLimit(_ key: String) -> (verdict: RateLimiter.Verdict, limit: Int)? {
        state.withLock { state in
            let limit = state.world.faults.rateLimit
            guard limit > 0 else {
                state.limiter.count(key, now: .now())
                return nil
            }
            return (state.limiter.count(key, limit: limit, now: .now()), limit)
        }
    }

    /// The path that got the most requests within a minute, whether there was a limit or not.
    var busiestPath: RateLimiter.Busiest? { state.withLock { $0.limiter.busiest } }

    /// A workspace as JSON; written again only where something has changed.
    ///
    /// That is what makes a list of ten thousand
    /// workspaces cheap.
    func json(of workspace: Workspace, _ context: RenderContext) -> JSON {
        let build = context.world.latestBuild(of: workspace)
        // Its place in the queue changes without it.
        if build?.job.status == .pending { return workspace.json(context) }
        let pings = build?.agent?.pings(at: context.now) ?? 0
        let status = build?.agent?.status(at: context.now)
        let builders = context.world.faults.builders
        let known = fragments.withLock { $0[workspace.id] }
        if let known, known.revision == workspace.revision, known.pings == pings, known.status == status,
            known.builders == builders
        {
            return .written(known.bytes)
        }
        let bytes = workspace.json(context).bytes
        let fragment = Fragment(
            revision: workspace.revision,
            pings: pings,
            status: status,
            builders: builders,
            bytes: bytes
        )
        fragments.withLock { $0[workspace.id] = workspace.deletedAt == nil ? fragment : nil }
        return .written(bytes)
    }
}
