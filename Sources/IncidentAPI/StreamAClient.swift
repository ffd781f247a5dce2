public import HTTPClient
import Messages

/// The "Stream A" incident API: `/api/incidents/{id}` and its comments, with a bearer key.
public struct StreamAClient: IncidentSystem {
    /// The API without a slash at the end: `http://127.0.0.1:8090`.
    public let url: String

    private let http: HTTPClient
    private let apiKey: @Sendable () throws -> String
    private let timeouts: HTTPRequest.Timeouts

    /// The largest answer to anything but a list.
    private static let mostAnswerBytes = 1 << 20
    /// The largest list of comments.
    private static let mostListBytes = 8 << 20

    /// A client of one API.
    ///
    /// - Parameters:
    ///   - url: the API, http or https; a slash at its end does not count.
    ///   - apiKey: the bearer key; asked for every request, so that a key that was replaced counts at once.
    ///   - http: the connections.
    ///   - timeouts: how long one call may take; short, because a call that is over is looked up by the next hand-out.
    public init(
        url: String,
        apiKey: @escaping @Sendable () throws -> String,
        http: HTTPClient,
        timeouts: HTTPRequest.Timeouts = HTTPRequest.Timeouts(connect: .seconds(2), total: .seconds(15))
    ) {
        var url = url[...]
        while url.hasSuffix("/") { url = url.dropLast() }
        self.url = String(url)
        self.apiKey = apiKey
        self.http = http
        self.timeouts = timeouts
    }

    /// Calls `PATCH /api/incidents/{id}`.
    public func update(_ incidentID: String, _ update: IncidentUpdate, key: String) async throws(IncidentAPIError) {
        let call = Call(operation: .update, incidentID: incidentID)
        try checkEffect(call, await send(call, .patch, body: try body(call, update), key: key))
    }

    /// Calls `POST /api/incidents/{id}/comments`.
    public func comment(_ incidentID: String, _ comment: IncidentComment, key: String) async throws(IncidentAPIError) {
        let call = Call(operation: .comment, incidentID: incidentID)
        try checkEffect(call, await send(call, .post, "/comments", body: try body(call, comment), key: key))
    }

    /// Calls `GET /api/incidents/{id}/comments`, which answers a list, or an object that holds it as `comments`.
    public func comments(of incidentID: String) async throws(IncidentAPIError) -> [IncidentComment] {
        let call = Call(operation: .listComments, incidentID: incidentID)
        return try read(call, await send(call, .get, "/comments", mostBytes: Self.mostListBytes), as: CommentList.self)
            .comments
    }

    /// Calls `GET /api/incidents/{id}`.
    public func state(of incidentID: String) async throws(IncidentAPIError) -> IncidentState {
        let call = Call(operation: .read, incidentID: incidentID)
        return try read(call, await send(call, .get), as: IncidentState.self)
    }
}

extension StreamAClient {
    private struct CommentList: Decodable {
        var comments: [IncidentComment]

        private enum CodingKeys: String, CodingKey {
            case comments
        }

        init(from decoder: any Decoder) throws {
            if let list = try? decoder.singleValueContainer().decode([IncidentComment].self) {
                comments = list
            } else {
                comments = try decoder.container(keyedBy: CodingKeys.self).decode(
                    [IncidentComment].self,
                    forKey: .comments
                )
            }
        }
    }

    /// The keys of the body are sorted, so that a repetition is the same request byte for byte, as an
    /// `Idempotency-Key` demands.
    private func body(_ call: Call, _ value: some Encodable) throws(IncidentAPIError) -> [UInt8] {
        do {
            return try MessageCoding.encode(value)
        } catch {
            throw call.unsent(.rejected, error.what)
        }
    }

    private func send(
        _ call: Call,
        _ method: HTTPRequest.Method,
        _ suffix: String = "",
        body: [UInt8]? = nil,
        key: String? = nil,
        mostBytes: Int = mostAnswerBytes
    ) async throws(IncidentAPIError) -> HTTPResponse {
        guard let segment = PathSegment.encode(call.incidentID) else {
            throw call.unsent(.rejected, "\"\(call.incidentID)\" cannot stand in the path of a URL")
        }
        let secret: String
        do {
            secret = try apiKey()
        } catch {
            throw call.unsent(.unauthorized, "there is no key: \(error)")
        }
        var headers = [
            HTTPHeader(name: "Authorization", value: "Bearer \(secret)", isSensitive: true),
            HTTPHeader(name: "Accept", value: "application/json"),
        ]
        if body != nil { headers.append(HTTPHeader(name: "Content-Type", value: "application/json")) }
        // A quoted string, by the draft's structured field; its characters are those of a path's segment.
        if let key, let name = PathSegment.encode(key) {
            headers.append(HTTPHeader(name: "Idempotency-Key", value: "\"\(name)\""))
        }
        let request = HTTPRequest(
            method: method,
            url: "\(url)/api/incidents/\(segment)\(suffix)",
            headers: headers,
            body: body,
            timeouts: timeouts,
            maximumBodyBytes: mostBytes
        )
        var call = call
        call.secret = secret
        let response: HTTPResponse
        do {
            response = try await http.send(request)
        } catch {
            throw call.error(error)
        }
        guard (200..<300).contains(response.status) else { throw call.error(response) }
        return response
    }

    /// What an effect answers is not needed, but a page of a proxy, which is no JSON, is no answer of the API.
    private func checkEffect(_ call: Call, _ response: HTTPResponse) throws(IncidentAPIError) {
        guard !response.body.isEmpty else { return }
        do {
            try StrictJSON.check(response.body)
        } catch {
            throw call.badAnswer(response, "the answer is not JSON: \(error)")
        }
    }

    private func read<Value: Decodable>(
        _ call: Call,
        _ response: HTTPResponse,
        as type: Value.Type
    ) throws(IncidentAPIError) -> Value {
        do {
            return try MessageCoding.decode(type, from: response.body)
        } catch {
            throw call.badAnswer(response, error.what)
        }
    }
}
