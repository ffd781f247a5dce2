import Messages
import Synchronization

/// What waits to be taken by the ledger's loop, bounded; one consumer.
final class LedgerInbox: Sendable {
    /// One input with the place where its answer goes.
    enum Item: Sendable {
        case accept(AcceptRequest, CheckedContinuation<Result<Acceptance, LedgerError>, Never>)
        case cancel(
            incident: String,
            by: String,
            reason: String,
            CheckedContinuation<Result<LedgerCore.Cancellation, LedgerError>, Never>
        )
        case retry(RetryRequest, CheckedContinuation<Result<LedgerCore.Retry, LedgerError>, Never>)
        case frames([ReadFrame], CheckedContinuation<Void, Never>?)

        /// Tells whoever waits that it could not be stored; stages send again what nobody has answered.
        func fail(_ error: LedgerError) {
            switch self {
            case .accept(_, let continuation): continuation.resume(returning: .failure(error))
            case .cancel(_, _, _, let continuation): continuation.resume(returning: .failure(error))
            case .retry(_, let continuation): continuation.resume(returning: .failure(error))
            case .frames(_, let continuation): continuation?.resume()
            }
        }
    }

    private struct State {
        var items: [Item] = []
        var waiting: CheckedContinuation<[Item], Never>?
        var isClosed = false
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Puts an input in line.
    ///
    /// - Throws: ``LedgerError`` when too much is waiting, or the ledger has stopped.
    func put(_ item: Item) throws(LedgerError) {
        let consumer = try state.withLock { state throws(LedgerError) -> CheckedContinuation<[Item], Never>? in
            guard !state.isClosed else { throw LedgerError(code: .stopped, message: "intake is shutting down") }
            guard state.items.count < limit else {
                throw LedgerError(
                    code: .overloaded,
                    message: "\(limit) requests are waiting to be stored; send again later"
                )
            }
            guard let consumer = state.waiting else {
                state.items.append(item)
                return nil
            }
            state.waiting = nil
            return consumer
        }
        consumer?.resume(returning: [item])
    }

    /// Everything that waits; suspends while that is nothing.
    ///
    /// An empty answer is a wake-up for the clock's sake.
    func takeAll() async -> [Item] {
        await withCheckedContinuation { continuation in
            let items = state.withLock { state -> [Item]? in
                if state.items.isEmpty && !state.isClosed {
                    state.waiting = continuation
                    return nil
                }
                defer { state.items = [] }
                return state.items
            }
            if let items { continuation.resume(returning: items) }
        }
    }

    /// Everything that waits, at once.
    func drainNow() -> [Item] {
        state.withLock { state in
            defer { state.items = [] }
            return state.items
        }
    }

    /// Wakes the consumer, so that it looks at the clock.
    func wake() {
        let consumer = state.withLock { state -> CheckedContinuation<[Item], Never>? in
            defer { state.waiting = nil }
            return state.waiting
        }
        consumer?.resume(returning: [])
    }

    /// Refuses further input and wakes the consumer.
    func close() {
        state.withLock { $0.isClosed = true }
        wake()
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }
}
