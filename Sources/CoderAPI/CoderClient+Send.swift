import Foundation
import HTTPClient

/// One request as a method of the client asks for it.
struct Call {
    var operation: String
    var method = HTTPRequest.Method.get
    /// Below `/api/v2`, percent-encoded.
    var path: String
    var body: [UInt8]?
    var maximumBodyBytes = 8 << 20
    /// Counts the request, and learns from the reply, where the pace of such requests is kept.
    var turns: CreateTurns?

    /// Whether the request changes something in Coder.
    var hasEffect: Bool { method != .get }
}

/// Nothing of the answer is needed.
struct Anything: Decodable {
    init(from decoder: any Decoder) throws {}
}

extension CoderClient {
    /// Sends a request and reads the answer; any status but 2xx is an error.
    func send<Answer: Decodable>(_ call: Call, as _: Answer.Type = Answer.self) async throws(CoderError) -> Answer {
        if let nothing = Anything() as? Answer {
            _ = try await read(call) { _ in }
            return nothing
        }
        return try await read(call) { body in try JSONDecoder().decode(Answer.self, from: Data(body)) }
    }

    /// Sends a request and has the answer's body read; any status but 2xx is an error.
    func read<Answer>(_ call: Call, _ body: ([UInt8]) throws -> Answer) async throws(CoderError) -> Answer {
        let token = try sessionToken(for: call)
        let response = try await exchange(call, token: token)
        guard (200...299).contains(response.status) else { throw CoderError(call, response, token: token) }
        do {
            return try body(response.body)
        } catch {
            throw CoderError(
                call,
                .badAnswer,
                status: response.status,
                message: "the answer is not what Coder 2.28 sends (\(Self.sentence(error)))"
            )
        }
    }

    private func sessionToken(for call: Call) throws(CoderError) -> String {
        do {
            return try configuration.token()
        } catch {
            throw CoderError(call, .unauthorized, message: "there is no session token to send: \(error)")
        }
    }

    private func exchange(_ call: Call, token: String) async throws(CoderError) -> HTTPResponse {
        var headers = [
            HTTPHeader(name: "Accept", value: "application/json"),
            HTTPHeader(name: "Coder-Session-Token", value: token, isSensitive: true),
        ]
        if call.body != nil { headers.append(HTTPHeader(name: "Content-Type", value: "application/json")) }
        call.turns?.began()
        do {
            let response = try await http.send(
                HTTPRequest(
                    method: call.method,
                    url: "\(baseURL)/api/v2\(call.path)",
                    headers: headers,
                    body: call.body,
                    timeouts: configuration.timeouts,
                    maximumBodyBytes: call.maximumBodyBytes
                )
            )
            call.turns?.ended(response.headers)
            return response
        } catch {
            call.turns?.ended(nil)
            throw CoderError(call, error)
        }
    }

    private static func sentence(_ error: any Error) -> String {
        func place(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
            let path = (context.codingPath + (last.map { [$0] } ?? [])).map(\.stringValue).joined(separator: ".")
            return path.isEmpty ? "the body" : path
        }
        return switch error as? DecodingError {
        case .keyNotFound(let key, let context): "\(place(context, key)) is missing"
        case .valueNotFound(_, let context): "\(place(context)) is null"
        case .typeMismatch(let type, let context): "\(place(context)) is not of type \(type)"
        case .dataCorrupted(let context): "\(place(context)) cannot be read"
        case nil, .some: "it cannot be read"
        }
    }
}

extension Anything {
    init() {}
}
