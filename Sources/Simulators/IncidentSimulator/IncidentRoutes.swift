import Foundation
import HTTPTypes
import Hummingbird
import SimulatorKit

/// The incident API: reading and changing incidents, and their comments.
struct IncidentRoutes {
    let desk: IncidentDesk

    private struct PatchBody: Decodable {
        let status: String?
        let notes: String?
        let updatedBy: String?

        private enum CodingKeys: String, CodingKey {
            case status, notes
            case updatedBy = "updated_by"
        }
    }

    private struct CommentBody: Decodable {
        let body: String
        let author: String?
    }

    func add(to router: Router<SimulatorContext>) {
        let incidents = router.group("api/incidents")
        incidents.get(":incident") { _, context in
            let id = try id(of: context)
            return Response.json(.ok, desk.update { state, now in state.book.incident(id, now: now) }.json)
        }
        incidents.patch(":incident") { request, context in
            let id = try id(of: context)
            return try await once(request) { data in
                let body = try read(data, as: PatchBody.self)
                guard body.status != nil || body.notes != nil || body.updatedBy != nil else {
                    throw IncidentProblem(
                        status: 422,
                        title: "Nothing to change",
                        detail: "Give at least one of status, notes and updated_by."
                    )
                }
                let patch = IncidentPatch(status: body.status, notes: body.notes, updatedBy: body.updatedBy)
                return { state, now in
                    StoredAnswer(status: 200, body: state.book.patch(id, patch, now: now).json.bytes)
                }
            }
        }
        incidents.post(":incident/comments") { request, context in
            let id = try id(of: context)
            return try await once(request) { data in
                let body = try read(data, as: CommentBody.self)
                guard !body.body.isEmpty else {
                    throw IncidentProblem(status: 422, title: "Empty comment", detail: "body must not be empty.")
                }
                return { state, now in
                    let comment = state.book.comment(on: id, body: body.body, author: body.author ?? "", now: now)
                    return StoredAnswer(status: 201, body: comment.json(incident: id).bytes)
                }
            }
        }
        incidents.get(":incident/comments") { _, context in
            let id = try id(of: context)
            guard desk.commentsAreReadable else {
                throw IncidentProblem(
                    status: 403,
                    title: "Comments cannot be listed",
                    detail: "This system has no list of comments."
                )
            }
            return Response.json(.ok, desk.update { state, now in state.book.incident(id, now: now) }.commentsJSON)
        }
    }

    /// The incident's id: free text, percent-encoded in the path.
    private func id(of context: SimulatorContext) throws -> String {
        let id = context.pathPart("incident")
        guard (1...200).contains(id.count) else {
            throw IncidentProblem(
                status: 404,
                title: "No such incident",
                detail: "An incident's id has 1 to 200 characters."
            )
        }
        desk.update { state, _ in state.requests[id, default: 0] += 1 }
        return id
    }

    private func read<Body: Decodable>(_ data: Data, as type: Body.Type) throws -> Body {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DecodingError {
            if case .dataCorrupted = error {
                throw IncidentProblem(status: 400, title: "The body is not JSON", detail: sentence(of: error))
            }
            throw IncidentProblem(status: 422, title: "The body does not fit", detail: sentence(of: error))
        }
    }

    /// Does a change, once for each idempotency key where keys are honoured.
    ///
    /// Key, effect and stored answer are one step.
    private func once(
        _ request: Request,
        _ prepare: (Data) throws -> (inout IncidentDesk.State, Timestamp) -> StoredAnswer
    ) async throws -> Response {
        let data = Data(try await request.body.collect(upTo: 1 << 20).readableBytesView)
        let key = desk.honoursKeys ? try idempotencyKey(of: request) : nil
        let fingerprint = Array("\(request.method.rawValue) \(request.uri.path)\n".utf8) + data
        let change = try prepare(data)
        let answer = try desk.update { state, now in
            guard let key else { return change(&state, now) }
            switch state.book.verdict(on: key, fingerprint: fingerprint) {
            case .repeated(let answer): return answer
            case .conflict:
                throw IncidentProblem(
                    status: 422,
                    title: "Idempotency key in use",
                    detail: "The key was sent before with another request; use a new key for a new request."
                )
            case .first:
                let answer = change(&state, now)
                state.book.store(answer, key: key, fingerprint: fingerprint)
                return answer
            }
        }
        return Response.json(.init(code: answer.status), .written(answer.body))
    }

    /// The key of `Idempotency-Key`, which is a quoted string by the draft and often sent bare.
    private func idempotencyKey(of request: Request) throws -> String? {
        guard let name = HTTPField.Name("Idempotency-Key"), let text = request.headers[name] else { return nil }
        var key = text.trimmingCharacters(in: .whitespaces)
        if key.count >= 2, key.hasPrefix("\""), key.hasSuffix("\"") { key = String(key.dropFirst().dropLast()) }
        guard (1...255).contains(key.count) else {
            throw IncidentProblem(
                status: 400,
                title: "Bad idempotency key",
                detail: "Idempotency-Key has 1 to 255 characters."
            )
        }
        return key
    }
}
