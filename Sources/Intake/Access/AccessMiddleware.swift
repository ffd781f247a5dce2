import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Secrets
import Synchronization

/// Finds out who calls: by bearer token, or by the signature of the body.
///
/// Only `/health` is open to all. Whoever signs is a stranger until the body is there, so what the head tells is looked
/// at first, and few such bodies are read at once. What the caller may do is for the call to ask.
struct AccessMiddleware: RouterMiddleware {
    typealias Context = IntakeContext

    private let access: AccessStore
    private let edge: Edge
    private let replays = ReplayGuard()
    private let hosts = LoopbackHostMemory()

    init(_ access: AccessStore, _ edge: Edge) {
        self.access = access
        self.edge = edge
    }

    func handle(
        _ request: Request,
        context: IntakeContext,
        next: @concurrent (Request, IntakeContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        guard request.uri.path != "/health" else { return try await next(request, context) }
        let valid = access.valid
        guard valid.isAsked else {
            guard hosts.isLocal(request.head.authority) else { throw Self.misdirected }
            context.caller = .anybody
            return try await next(request, context)
        }
        if let token = Self.bearer(request.headers[.authorization]) {
            guard let entry = valid.tokens?.entry(of: token) else { throw Self.unauthorized("The token is not valid.") }
            context.caller = .holder(name: entry.name, scopes: entry.scopes)
            return try await next(request, context)
        }
        guard let keys = valid.keys else { throw Self.unauthorized("There is no bearer token.") }
        switch SignatureCheck.checkHead(keys, now: Self.now, header: { Self.header($0, request) }) {
        case .bodyDecides: return try await signed(request, context, keys, next)
        case .refused(let refusal): throw Self.unauthorized(refusal.sentence)
        case .unsigned: throw Self.unauthorized("There is no bearer token and no signature.")
        }
    }

    private func signed(
        _ request: Request,
        _ context: IntakeContext,
        _ keys: SignatureKeys,
        _ next: @concurrent (Request, IntakeContext) async throws -> Response
    ) async throws -> Response {
        var request = request
        var context = context
        let body = try await strangersBody(request, context)
        request.body = .init(buffer: body)
        // Anew: while the body came the signed time may have run out, and with it the memory of copies.
        let now = Self.now
        let signed: SignatureCheck.Signed
        switch SignatureCheck.check(
            Data(body.readableBytesView),
            keys,
            now: now,
            header: { Self.header($0, request) }
        ) {
        case .signed(let found): signed = found
        case .refused(let refusal): throw Self.unauthorized(refusal.sentence)
        case .unsigned: throw Self.unauthorized("There is no signature.")
        }
        context.caller = .signer(signed.name)
        guard let mark = signed.mark else { return try await next(request, context) }
        switch replays.admit(mark, now: now) {
        case .new: break
        case .copy:
            throw Self.unauthorized("This is a copy of a request that was taken already; sign anew to send it again.")
        case .full:
            throw Problem.unavailable("overloaded", "Too many signed requests came lately; send again later.")
        }
        do {
            let response = try await next(request, context)
            if response.status.code >= 500 { replays.forget(mark) }
            return response
        } catch {
            // What was not taken may come again as it is.
            replays.forget(mark)
            throw error
        }
    }

    /// Reads a body that is still to tell who calls.
    private func strangersBody(_ request: Request, _ context: IntakeContext) async throws -> ByteBuffer {
        guard edge.beginStranger() else {
            edge.count(.strangerRefused)
            throw EdgeAnswer.tooManyStrangers
        }
        defer { edge.endStranger() }
        context.channel.triggerUserOutboundEvent(ConnectionGuard.Notice.readsStranger, promise: nil)
        return try await RequestBody.collect(request)
    }

    private static var now: Int64 { Int64(Date().timeIntervalSince1970) }

    /// The token of `Authorization: Bearer TOKEN`; nil for another scheme.
    private static func bearer(_ header: String?) -> String? {
        guard let header, header.lowercased().hasPrefix("bearer ") else { return nil }
        return String(header.dropFirst(7).drop { $0 == " " })
    }

    private static func header(_ name: String, _ request: Request) -> String? {
        HTTPField.Name(name).flatMap { request.headers[$0] }
    }

    private static let misdirected = Problem(
        .misdirectedRequest,
        "misdirected",
        "Intake has another name",
        "Without credentials intake answers to the names of loopback alone: call localhost or 127.0.0.1, or give it tokens."
    )

    private static func unauthorized(_ why: String) -> Problem {
        Problem(
            .unauthorized,
            "unauthorized",
            "Intake does not know who calls",
            why
                + " Send Authorization: Bearer with a token that intake was given, or sign the body with one of its keys."
        )
    }
}

/// The memory of signed requests, for all that run at once.
private final class ReplayGuard: Sendable {
    private let memory = Mutex(ReplayMemory())

    func admit(_ mark: SignatureCheck.Mark, now: Int64) -> ReplayMemory.Admission {
        memory.withLock { $0.admit(mark, now: now) }
    }

    func forget(_ mark: SignatureCheck.Mark) { memory.withLock { $0.forget(mark) } }
}
