import Messages
import StageKit
import Synchronization

/// Does what a closure says.
struct Handler: StageHandler {
    let body: @Sendable (Delivery, Hand) async throws -> [CausedEvent]

    init(_ body: @escaping @Sendable (Delivery, Hand) async throws -> [CausedEvent]) { self.body = body }

    func handle(_ delivery: Delivery, _ hand: Hand) async throws -> [CausedEvent] { try await body(delivery, hand) }
}

/// Holds what it is handed until the test lets it go, and counts how often each was begun.
final class Gate: StageHandler {
    private struct State {
        var begun: [String] = []
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// The deliveries that were begun, in order.
    var begun: [String] { state.withLock { $0.begun } }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func handle(_ delivery: Delivery, _ hand: Hand) async throws -> [CausedEvent] {
        state.withLock { $0.begun.append(delivery.handle.deliveryID) }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.waiting.append(continuation) }
                    return state.isOpen
                }
                if isOpen || Task.isCancelled { open() }
                if isOpen { continuation.resume() }
            }
        } onCancel: {
            open()
        }
        try Task.checkCancellation()
        return []
    }
}
