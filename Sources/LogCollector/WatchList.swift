import CoderAPI
import Synchronization

/// What one list call says of one workspace.
enum Look: Sendable {
    case seen(Workspace)
    /// It is not in the list: deleted, or not the owner's any more.
    case missing
}

/// One delivery's view of the list calls: the latest look only, so that a slow reader holds one at most.
struct Subscription: Sendable {
    let number: Int
    let workspace: String
    let looks: AsyncStream<Look>
    fileprivate let continuation: AsyncStream<Look>.Continuation

    func deliver(_ look: Look) { continuation.yield(look) }
}

/// Who waits for looks at which workspace.
///
/// A workspace may have several: a delivery that was handed out again.
final class WatchList: Sendable {
    private struct State {
        var next = 0
        var waiting: [String: [Subscription]] = [:]
        var hasEnded = false
    }

    private let state = Mutex(State())

    func subscribe(to workspace: String) -> Subscription {
        let (looks, continuation) = AsyncStream.makeStream(of: Look.self, bufferingPolicy: .bufferingNewest(1))
        return state.withLock { state in
            state.next += 1
            let subscription = Subscription(
                number: state.next,
                workspace: workspace,
                looks: looks,
                continuation: continuation
            )
            if state.hasEnded {
                continuation.finish()
            } else {
                state.waiting[workspace, default: []].append(subscription)
            }
            return subscription
        }
    }

    func unsubscribe(_ subscription: Subscription) {
        subscription.continuation.finish()
        state.withLock { state in
            state.waiting[subscription.workspace]?.removeAll { $0.number == subscription.number }
            if state.waiting[subscription.workspace]?.isEmpty == true { state.waiting[subscription.workspace] = nil }
        }
    }

    func snapshot() -> [String: [Subscription]] { state.withLock { $0.waiting } }

    func end() {
        let all = state.withLock { state in
            state.hasEnded = true
            defer { state.waiting = [:] }
            return state.waiting.values.flatMap(\.self)
        }
        for subscription in all { subscription.continuation.finish() }
    }
}
