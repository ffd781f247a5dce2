import Synchronization

/// Who waits for news of an incident: requests that wait for a workspace or a verdict, followers of a log.
final class IncidentWaiters: Sendable {
    private struct State {
        var next = 0
        var streams: [String: [Int: AsyncStream<Void>.Continuation]] = [:]
    }

    private let state = Mutex(State())

    /// A stream that yields after each commit that concerned the incident; bursts are one.
    func news(of incident: String) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.next += 1
            state.streams[incident, default: [:]][state.next] = continuation
            return state.next
        }
        continuation.onTermination = { [weak self] _ in self?.remove(number, of: incident) }
        return stream
    }

    /// Tells those who wait for one of these incidents.
    func tell(_ incidents: Set<String>) {
        let continuations = state.withLock { state in
            state.streams.isEmpty ? [] : incidents.flatMap { state.streams[$0].map { Array($0.values) } ?? [] }
        }
        for continuation in continuations { continuation.yield() }
    }

    /// Ends all streams.
    func finish() {
        let all = state.withLock { state in state.streams.values.flatMap(\.values) }
        for continuation in all { continuation.finish() }
    }

    private func remove(_ number: Int, of incident: String) {
        state.withLock { state in
            state.streams[incident]?[number] = nil
            if state.streams[incident]?.isEmpty == true { state.streams[incident] = nil }
        }
    }
}
