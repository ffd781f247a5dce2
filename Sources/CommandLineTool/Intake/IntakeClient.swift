import Foundation
import HTTPClient
import Messages
import Secrets

/// Intake's HTTP API, as the commands use it.
struct IntakeClient: Sendable {
    /// Without a slash at the end: `http://127.0.0.1:8000`.
    let base: String
    private let token: SecretSource?
    private let http: HTTPClient

    /// - Parameters:
    ///   - base: intake's address.
    ///   - token: the bearer token, where intake wants one.
    ///   - connections: how many requests may be open at once; each long poll takes one.
    init(base: String, token: SecretSource?, connections: Int = 16) {
        self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
        self.token = token
        http = HTTPClient(
            configuration: .init(
                maximumConcurrentTransfers: max(16, connections),
                maximumConnectionsPerHost: max(16, connections),
                userAgent: "mendline/\(CommandLineTool.version)"
            )
        )
    }

    func close() async { await http.close() }

    /// Hands in an incident.
    ///
    /// The same id may be sent again at any time: intake answers with what has become of it. It answers at once, as soon
    /// as the incident is stored, or else with the workspace.
    func remediate(
        _ incident: IncidentRequest,
        answersAtOnce: Bool
    ) async throws(IntakeError) -> RemediateAnswer {
        let body = Array(CompactJSON.text(incident).utf8)
        var headers = [HTTPHeader(name: "Content-Type", value: "application/json")]
        if answersAtOnce { headers.append(HTTPHeader(name: "Prefer", value: "respond-async")) }
        let response = try await exchange(.post, "/remediate", headers: headers, body: body)
        do {
            if let answer = try RemediateAnswer.read(response) { return answer }
        } catch {
            throw badAnswer("POST /remediate", error)
        }
        throw .refused(response, what: "the incident was refused")
    }

    /// One page of incidents, as JSON.
    func incidents(
        state: String? = nil,
        service: String? = nil,
        verdict: String? = nil,
        limit: Int? = nil,
        after: String? = nil
    ) async throws(IntakeError) -> [UInt8] {
        let query = PercentEncoding.query([
            ("state", state), ("service", service), ("verdict", verdict), ("limit", limit.map(String.init)),
            ("after", after),
        ])
        return try await get("/incidents" + query)
    }

    /// One incident, as JSON; intake may wait so many seconds for it to end before it answers.
    func incident(_ id: String, wait: Int? = nil) async throws(IntakeError) -> [UInt8] {
        let headers = wait.map { [HTTPHeader(name: "Prefer", value: "wait=\($0)")] } ?? []
        return try await get(path(id), headers: headers, missing: id)
    }

    /// The log from a cursor on, as JSON.
    func logs(_ id: String, after: Cursor? = nil) async throws(IntakeError) -> [UInt8] {
        try await get(path(id) + "/logs" + PercentEncoding.query([("after", after?.text)]), missing: id)
    }

    /// The log as it grows; ends with the verdict, or when the connection does.
    ///
    /// Each event is given to `take`, and false from it ends the stream.
    func follow(
        _ id: String,
        _ take: (ServerSentEvent) throws -> Bool
    ) async throws {
        let (head, body) = try await stream(path(id) + "/logs?follow=true")
        guard head.status == 200 else {
            var bytes: [UInt8] = []
            for try await chunk in body where bytes.count < 1 << 20 { bytes += chunk }
            throw refusal(HTTPResponse(head: head, body: bytes), missing: id, what: "the log was refused")
        }
        var parser = ServerSentEventParser()
        do {
            for try await chunk in body {
                for event in try parser.take(chunk) where try !take(event) { return }
            }
        } catch let error as HTTPClientError {
            throw IntakeError.noAnswer(error, base: base)
        }
    }

    /// Asks for an end of the work on an incident.
    func cancel(_ id: String, by: String, reason: String) async throws(IntakeError) {
        let body = Array(CompactJSON.text(["by": by, "reason": reason]).utf8)
        let headers = [HTTPHeader(name: "Content-Type", value: "application/json")]
        let response = try await exchange(.post, path(id) + "/cancel", headers: headers, body: body)
        guard (200..<300).contains(response.status) else {
            throw refusal(response, missing: id, what: "the cancel was refused")
        }
    }

    /// Begins another attempt.
    ///
    /// - Returns: which one.
    func retry(_ id: String, by: String, reason: String, token: String?) async throws(IntakeError) -> Int {
        var fields = ["by": by, "reason": reason]
        fields["target_service_token"] = token
        let headers = [HTTPHeader(name: "Content-Type", value: "application/json")]
        let response = try await exchange(
            .post,
            path(id) + "/retry",
            headers: headers,
            body: Array(CompactJSON.text(fields).utf8)
        )
        guard (200..<300).contains(response.status) else {
            throw refusal(response, missing: id, what: "the retry was refused")
        }
        return try decode(RetryAnswer.self, response.body, "POST /incidents/{id}/retry").operatorAttempt
    }

    private struct RetryAnswer: Decodable {
        var operatorAttempt: Int

        private enum CodingKeys: String, CodingKey { case operatorAttempt = "operator_attempt" }
    }

    /// Whether intake and every stage are able to work.
    func readiness() async throws(IntakeError) -> Readiness {
        let response = try await exchange(.get, "/ready")
        guard response.status == 200 || response.status == 503 else {
            throw .refused(response, what: "intake does not say whether it is ready")
        }
        return try decode(Readiness.self, response.body, "GET /ready")
    }

    /// Reads a body that one of the calls above gave.
    func decode<Model: Decodable>(
        _ model: Model.Type,
        _ body: [UInt8],
        _ call: String
    ) throws(IntakeError) -> Model {
        do {
            return try JSONDecoder().decode(model, from: Data(body))
        } catch {
            throw badAnswer(call, error)
        }
    }

    // MARK: Requests

    private func path(_ id: String) -> String { "/incidents/" + PercentEncoding.component(id) }

    private func get(
        _ path: String,
        headers: [HTTPHeader] = [],
        missing id: String? = nil
    ) async throws(IntakeError) -> [UInt8] {
        let response = try await exchange(.get, path, headers: headers)
        guard response.status == 200 else { throw refusal(response, missing: id, what: "GET \(path) was refused") }
        return response.body
    }

    private func exchange(
        _ method: HTTPRequest.Method,
        _ path: String,
        headers: [HTTPHeader] = [],
        body: [UInt8]? = nil
    ) async throws(IntakeError) -> HTTPResponse {
        let request = HTTPRequest(
            method: method,
            url: base + path,
            headers: try headers + authorization(),
            body: body,
            timeouts: .init(connect: .seconds(5), total: .seconds(60)),
            maximumBodyBytes: 64 << 20
        )
        do {
            return try await http.send(request)
        } catch {
            throw .noAnswer(error, base: base)
        }
    }

    private func stream(
        _ path: String
    ) async throws(IntakeError) -> (head: HTTPResponseHead, body: HTTPResponseBody) {
        let accept = HTTPHeader(name: "Accept", value: "text/event-stream")
        // Intake sends a comment line as a sign of life, so silence means that the connection is gone.
        let request = HTTPRequest(
            url: base + path,
            headers: try [accept] + authorization(),
            timeouts: .init(connect: .seconds(5), total: nil, idle: .seconds(60))
        )
        do {
            return try await http.stream(request)
        } catch {
            throw .noAnswer(error, base: base)
        }
    }

    private func authorization() throws(IntakeError) -> [HTTPHeader] {
        guard let token else { return [] }
        do {
            return [
                HTTPHeader(name: "Authorization", value: "Bearer \(try AccessTokens.callersToken(in: token.read()))")
            ]
        } catch {
            throw IntakeError(kind: .notSent, message: error.what)
        }
    }

    private func refusal(_ response: HTTPResponse, missing id: String?, what: String) -> IntakeError {
        var error = IntakeError.refused(response, what: what)
        if response.status == 404, let id {
            error.message = "there is no incident \(SafeText.line(id)) at \(base); `mendline incidents` lists them"
        }
        return error
    }

    private func badAnswer(_ call: String, _ error: any Error) -> IntakeError {
        IntakeError(
            kind: .badAnswer,
            message:
                "\(base) answers \(call) with something else than intake does (\(error)): is it an intake of this version?"
        )
    }
}
