import HTTPClient

/// Fetches the metrics-sink's exposition, for whoever scrapes one address.
struct MetricsRelay: Sendable {
    let client: HTTPClient
    let url: String

    /// What the sink shows.
    struct Exposition: Sendable {
        var type: String
        var body: [UInt8]
    }

    /// Why there is nothing to show, in a sentence.
    struct Unavailable: Error {
        var why: String
    }

    func fetch() async throws(Unavailable) -> Exposition {
        let answer: HTTPResponse
        do {
            answer = try await client.send(HTTPRequest(method: .get, url: url))
        } catch {
            throw Unavailable(why: "The metrics-sink does not answer: \(error).")
        }
        guard answer.status == 200 else { throw Unavailable(why: "The metrics-sink answered \(answer.status).") }
        let type = answer.headers.first("Content-Type") ?? "text/plain; version=0.0.4; charset=utf-8"
        return Exposition(type: type, body: answer.body)
    }
}
