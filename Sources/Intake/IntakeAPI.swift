import Foundation
import HTTPTypes
import Hummingbird
import Ledger
import Logging
import Messages
import NIOCore
import Secrets

/// Intake's HTTP API: the calls and what they do.
struct IntakeAPI: Sendable {
    let ledger: LedgerService
    let sealingKey: TokenSeal.PublicKey?
    let metrics: MetricsRelay
    let access: AccessStore
    let logger: Logger

    /// The most bytes that a body may have.
    static let maximumBody = 1 << 20

    /// One call of the API.
    struct Call: Sendable {
        var method: HTTPRequest.Method
        var path: String
        /// What the caller must be allowed; nil for what is open to all.
        var scope: AccessScope?
        var answer: @Sendable (Request, IntakeContext) async throws -> Response

        /// A call that needs a scope: where none is named, `read` to look and `operate` to change anything.
        init(
            method: HTTPRequest.Method,
            path: String,
            scope: AccessScope? = nil,
            answer: @escaping @Sendable (Request, IntakeContext) async throws -> Response
        ) {
            self.method = method
            self.path = path
            self.scope = scope ?? (method == .get ? .read : .operate)
            self.answer = answer
        }

        /// A call that is open to all.
        static func open(
            _ path: String,
            answer: @escaping @Sendable (Request, IntakeContext) async throws -> Response
        ) -> Call {
            var call = Call(method: .get, path: path, answer: answer)
            call.scope = nil
            return call
        }
    }

    /// Every call.
    var calls: [Call] {
        [
            Call(method: .post, path: "/remediate", scope: .send, answer: remediate),
            Call(method: .get, path: "/incidents") { request, _ in try await list(request) },
            Call(method: .get, path: "/incidents/:id", answer: show),
            Call(method: .get, path: "/incidents/:id/logs", answer: logs),
            Call(method: .post, path: "/incidents/:id/cancel", answer: cancel),
            Call(method: .post, path: "/incidents/:id/retry", answer: retry),
            Call(method: .get, path: "/status/:id") { _, context in try await status(context) },
            .open("/health") { _, _ in try Answer.json(["status": "alive"]) },
            Call(method: .get, path: "/ready") { _, _ in try ready() },
            Call(method: .get, path: "/metrics") { _, _ in try await exposition() },
            Call(method: .get, path: "/openapi.yaml") { _, _ in
                Answer.text(OpenAPIDocument.text, type: "application/yaml")
            },
        ]
    }

    /// The router with every call, for callers within these bounds.
    func router(_ edge: Edge) -> Router<IntakeContext> {
        let router = Router(context: IntakeContext.self, options: .autoGenerateHeadEndpoints)
        let calls = calls
        router.addMiddleware {
            ProblemMiddleware(logger: logger, methods: AllowedMethods(calls.map { ($0.method, $0.path) }))
            AccessMiddleware(access, edge)
        }
        for call in calls {
            router.on(RouterPath(call.path), method: call.method) { request, context in
                if let scope = call.scope { try context.caller.require(scope) }
                return try await call.answer(request, context)
            }
        }
        return router
    }

    // MARK: - Bringing incidents

    private func remediate(_ request: Request, _ context: IntakeContext) async throws -> Response {
        let incoming = try read(try await RequestBody.json(request, context))
        let incident = incoming.incident
        let sealed = try incoming.targetServiceToken.map { try seal($0, of: incident.incidentID) }
        let acceptance: Acceptance
        do throws(LedgerError) {
            acceptance = try await ledger.accept(
                AcceptRequest(
                    incident: incident,
                    sender: "api",
                    sealedToken: sealed,
                    traceparent: TraceParent.of(request.headers[.traceparent])
                )
            )
        } catch {
            throw error.problem
        }
        switch acceptance {
        case .overloaded:
            throw Problem.unavailable(
                "overloaded",
                "Too many incidents are open; send this one again later.",
                retryAfter: 5
            )
        case .conflict(let fields):
            throw Problem(
                .conflict,
                "conflict",
                "The incident is known with other facts",
                "An incident \(incident.incidentID) was accepted with another \(fields.joined(separator: " and ")); "
                    + "use a new incident_id for a new problem."
            )
        case .known: return try await answer(incident.incidentID, isNew: false)
        case .accepted:
            let wait = Preferences(request.headers[values: .prefer], standard: .seconds(10)).wait
            // Whoever does not wait is told what has been stored just now, without a look at the store.
            guard wait > .zero else { return try RemediateAnswer.stored(incident.incidentID) }
            await waitFor(incident.incidentID, within: wait, until: RemediateAnswer.isSettled)
            return try await answer(incident.incidentID, isNew: true)
        }
    }

    private func read(_ json: JSONValue) throws -> IncomingIncident {
        switch IncidentReader.read(json) {
        case .success(let incoming): return incoming
        case .failure(let wrong): throw Problem.invalid("invalid-incident", "Not an incident", wrong)
        }
    }

    /// Seals an incident's token, so that only the stages that need it can read it.
    ///
    /// - Throws: ``Problem`` where intake has no key to seal with, which no repetition changes, or where the key fails.
    func seal(_ token: String, of incident: String) throws(Problem) -> String {
        guard let sealingKey else { throw Problem.noSealingKey }
        do throws(SecretError) {
            return try TokenSeal.seal(token, incidentID: incident, for: sealingKey)
        } catch {
            throw Problem.unavailable("cannot-seal", "Nothing was accepted: \(error.what).", retryAfter: 5)
        }
    }

    private func answer(_ incident: String, isNew: Bool) async throws -> Response {
        guard let record = try await ledger.reader.record(ofIncidentOrWorkspace: incident) else {
            throw Problem.notFound("There is no incident \(incident).")
        }
        let refusal = record.state == .declined ? try await ledger.reader.refusal(of: incident) : nil
        return try RemediateAnswer.make(record, isNew: isNew, refusal: refusal)
    }

    /// Waits until the incident is as wanted, or the time is over.
    private func waitFor(
        _ incident: String,
        within limit: Duration,
        until isWanted: @escaping @Sendable (IncidentRecord) -> Bool
    ) async {
        guard limit > .zero else { return }
        let news = ledger.news(of: incident)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                if let record = try? await ledger.reader.record(ofIncidentOrWorkspace: incident), isWanted(record) {
                    return
                }
                for await _ in news {
                    if let record = try? await ledger.reader.record(ofIncidentOrWorkspace: incident), isWanted(record) {
                        return
                    }
                }
            }
            group.addTask { try? await ContinuousClock().sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    // MARK: - Looking

    private func list(_ request: Request) async throws -> Response {
        var query = QueryReader(request.uri.queryParameters)
        let filter = LedgerStore.Filter(
            state: query.value("state", QueryReader.oneOf(IncidentState.self)) { IncidentState(rawValue: $0) },
            service: query.value("service", "a service's name") { $0 },
            verdict: query.value("verdict", QueryReader.oneOf(Verdict.self)) { Verdict(rawValue: $0) },
            limit: query.value("limit", "a number from 1 to 1000") { QueryReader.number($0, in: 1...1000) } ?? 100,
            before: query.value("after", "the `next` of an earlier answer", QueryReader.cursor)
        )
        try query.check()
        let (records, next) = try await ledger.reader.list(filter)
        return try Answer.json(
            IncidentPage(incidents: records.map(IncidentSummary.init(record:)), next: next.map(String.init))
        )
    }

    private func show(_ request: Request, _ context: IntakeContext) async throws -> Response {
        let id = try context.incidentID()
        let wait = Preferences(request.headers[values: .prefer], standard: .zero).wait
        await waitFor(id, within: wait) { $0.state.isTerminal }
        guard let detail = try await ledger.reader.detail(of: id) else {
            throw Problem.notFound("There is no incident \(id); GET /incidents lists those there are.")
        }
        return try Answer.json(IncidentDetail(detail: detail))
    }

    private func status(_ context: IntakeContext) async throws -> Response {
        let id = try context.incidentID()
        guard let record = try await ledger.reader.record(ofIncidentOrWorkspace: id) else {
            throw Problem.notFound("There is no incident and no workspace \(id).")
        }
        let (lines, _) = try await ledger.reader.logs(of: record.id, after: 0, limit: 1000)
        return try Answer.json(StatusView(record: record, logs: lines))
    }

    private func logs(_ request: Request, _ context: IntakeContext) async throws -> Response {
        let id = try context.incidentID()
        guard try await ledger.reader.record(ofIncidentOrWorkspace: id) != nil else {
            throw Problem.notFound("There is no incident \(id).")
        }
        var query = QueryReader(request.uri.queryParameters)
        let cursor = query.value("after", "the `next` of an earlier answer", QueryReader.cursor) ?? 0
        try query.check()
        if query.has("follow") { return LogStream(ledger: ledger, incident: id).response(after: cursor) }
        let (lines, next) = try await ledger.reader.logs(of: id, after: cursor, limit: 1000)
        return try Answer.json(LogPage(incidentID: id, lines: lines, next: next))
    }

    private struct LogPage: Encodable {
        var incidentID: String
        var lines: [LogLine]
        var next: Int64

        private enum CodingKeys: String, CodingKey {
            case lines, next
            case incidentID = "incident_id"
        }
    }

    private func ready() throws -> Response {
        let view = ReadyView(ledger.health)
        return try Answer.json(view, status: view.ready ? .ok : .serviceUnavailable)
    }

    private func exposition() async throws -> Response {
        do {
            let exposition = try await metrics.fetch()
            return Response(
                status: .ok,
                headers: [.contentType: exposition.type],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: exposition.body))
            )
        } catch {
            throw Problem.unavailable("no-metrics", error.why)
        }
    }

    // MARK: - Acting

    private func cancel(_ request: Request, _ context: IntakeContext) async throws -> Response {
        let id = try context.incidentID()
        let body = try await RequestBody.json(request, context)
        let asked: OperatorRequest
        switch OperatorRequest.read(body) {
        case .success(let read): asked = read
        case .failure(let wrong): throw Problem.invalid("invalid-cancel", "A cancel needs a reason", wrong)
        }
        let by = try context.operatorName(claim: asked.by)
        let cancellation: LedgerCore.Cancellation
        do throws(LedgerError) {
            cancellation = try await ledger.cancel(id, by: by, reason: asked.reason)
        } catch {
            throw error.problem
        }
        switch cancellation {
        case .asked: return try Answer.json(["incident_id": id, "status": "cancelling"], status: .accepted)
        case .tooLate:
            throw Problem(
                .conflict,
                "ended",
                "Nothing to cancel",
                "Incident \(id) has ended, or its end is under way already."
            )
        case .unknown: throw Problem.notFound("There is no incident \(id).")
        }
    }
}

extension LedgerError {
    /// The answer for a caller whose request could not be stored.
    var problem: Problem {
        switch code {
        case .overloaded: .unavailable("overloaded", "Intake is overloaded: \(message).")
        case .stopped: .unavailable("draining", "Intake is shutting down; send again.")
        default: .unavailable("cannot-store", "Nothing was accepted: \(message).", retryAfter: 5)
        }
    }
}
