import Hummingbird
import Ledger
import Messages
import NIOCore

/// An incident's log as server-sent events, until the verdict.
struct LogStream: Sendable {
    let ledger: LedgerService
    let incident: String

    /// The answer that goes on: `event: line` for each line, `event: end` with the verdict, comments to keep it alive.
    func response(after start: Int64) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                var cursor = start
                let news = ledger.news(of: incident)
                var isLast = false
                while !isLast {
                    isLast = try await isEnded()
                    repeat {
                        let (lines, next) = try await ledger.reader.logs(of: incident, after: cursor, limit: 500)
                        cursor = next
                        for line in lines { try await writer.write(event("line", line)) }
                        if lines.count < 500 { break }
                    } while true
                    guard !isLast else { break }
                    let hasNews = await nextNews(news)
                    if !hasNews { try await writer.write(ByteBuffer(string: ": waiting\n\n")) }
                }
                let record = try await ledger.reader.record(ofIncidentOrWorkspace: incident)
                try await writer.write(event("end", End(state: record?.state, verdict: record?.verdict)))
                try await writer.finish(nil)
            }
        )
    }

    private struct End: Encodable {
        var state: IncidentState?
        var verdict: Verdict?
    }

    private func isEnded() async throws -> Bool {
        try await ledger.reader.record(ofIncidentOrWorkspace: incident)?.state.isTerminal ?? true
    }

    private func event(_ name: String, _ value: some Encodable) throws -> ByteBuffer {
        var buffer = ByteBuffer(string: "event: \(name)\ndata: ")
        buffer.writeBytes(try MessageCoding.encode(value))
        buffer.writeString("\n\n")
        return buffer
    }

    /// Waits for a commit that concerns the incident; false when 10 seconds passed first.
    private func nextNews(_ news: AsyncStream<Void>) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await _ in news { return true }
                return false
            }
            group.addTask {
                try? await ContinuousClock().sleep(for: .seconds(10))
                return false
            }
            let first = await group.next() ?? false
            group.cancelAll()
            return first
        }
    }
}
