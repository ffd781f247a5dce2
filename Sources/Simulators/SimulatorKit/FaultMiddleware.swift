import Foundation
import HTTPTypes
public import Hummingbird
import ServiceLifecycle

/// Counts every request, and does to it and to its answer what the faults ask for.
public struct FaultMiddleware<Style: AnswerStyle>: RouterMiddleware {
    /// Every simulator's context.
    public typealias Context = SimulatorContext

    /// Larger bodies are answered with 413.
    private static var maximumBody: Int { 1 << 20 }

    private let style: Style
    private let counts: RequestCounts
    private let plan: @Sendable (_ method: String, _ path: String) -> AnswerPlan

    /// - Parameters:
    ///   - style: The API's wording.
    ///   - counts: Where requests are counted.
    ///   - plan: Decides the fate of one request.
    public init(
        style: Style,
        counts: RequestCounts,
        plan: @escaping @Sendable (_ method: String, _ path: String) -> AnswerPlan
    ) {
        self.style = style
        self.counts = counts
        self.plan = plan
    }

    /// Handles the request, unless a fault has it otherwise.
    public func handle(
        _ request: Request,
        context: SimulatorContext,
        next: @concurrent (Request, SimulatorContext) async throws -> Response
    ) async throws -> Response {
        let route = "\(request.method.rawValue) \(context.endpointPath ?? "unknown route")"
        counts.received(route)
        let plan = plan(request.method.rawValue, request.uri.path)
        var request = request
        let body: ByteBuffer
        do {
            body = try await request.collectBody(upTo: Self.maximumBody)
        } catch {
            counts.ended(route, as: "413")
            return style.failure(status: 413)
        }
        switch plan.refusal {
        case .drop: return await lose(route, as: "dropped", context: context)
        case .hang:
            await untilClientLeaves(request)
            return await lose(route, as: "hung", context: context)
        case .echo(let status):
            counts.ended(route, as: "\(status)")
            return echo(request, body, status)
        default: break
        }
        let admission = style.admit(request, context: context, unauthorized: plan.refusal == .unauthorized)
        var response = await response(to: request, context: context, admission: admission, plan: plan, next: next)
        for field in admission.headers { response.headers[field.name] = field.value }
        switch plan.hold {
        case .never:
            await untilClientLeaves(request)
            return await lose(route, as: "withheld", context: context)
        case .after(let duration) where duration > .zero:
            do {
                try await cancelWhenGracefulShutdown { try await Task.sleep(for: duration) }
            } catch {
                return await lose(route, as: "withheld", context: context)
            }
        default: break
        }
        if plan.spoiling == .cut {
            counts.ended(route, as: "cut")
            return cut(response)
        }
        counts.ended(route, as: "\(response.status.code)")
        return response
    }

    private func response(
        to request: Request,
        context: SimulatorContext,
        admission: Admission,
        plan: AnswerPlan,
        next: @concurrent (Request, SimulatorContext) async throws -> Response
    ) async -> Response {
        if let refusal = admission.refusal { return refusal }
        switch plan.refusal {
        case .error(let status): return style.failure(status: status)
        case .tooManyRequests(let retryAfter): return style.tooManyRequests(retryAfter: retryAfter)
        default: break
        }
        let response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = style.answer(for: error, context: context)
        }
        switch plan.spoiling {
        case .error(let status): return style.failure(status: status)
        case .garbage:
            return Response(
                status: response.status,
                headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(bytes: Array("{\"id\": \"\u{1}<html>".utf8) + [0xFF, 0xFE]))
            )
        default: return response
        }
    }

    /// An error in the words of any API, with all that the request said.
    private func echo(_ request: Request, _ body: ByteBuffer, _ status: Int) -> Response {
        let headers = request.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
        let quoted = JSON.string("\(String(buffer: body))\n\(headers)")
        return .json(
            HTTPResponse.Status(code: status),
            [
                "message": quoted, "title": "The request is wrong", "detail": quoted,
                "validations": [["field": "request", "detail": quoted]],
            ]
        )
    }

    /// Closes the connection without an answer; what is returned is never written.
    private func lose(_ route: String, as outcome: String, context: SimulatorContext) async -> Response {
        counts.ended(route, as: outcome)
        await context.drop()
        return Response(status: .internalServerError)
    }

    /// Waits until the client closes its connection or the simulator ends.
    private func untilClientLeaves(_ request: Request) async {
        try? await cancelWhenGracefulShutdown {
            try await request.body.consumeWithCancellationOnInboundClose { _ in
                try await Task.sleep(for: .seconds(1_000_000_000))
            }
        }
    }

    /// Sends half of the body under the header that announces all of it, then ends the connection.
    private func cut(_ response: Response) -> Response {
        let length = max(response.body.contentLength ?? 0, 2)
        var head = response.headers
        head[.contentLength] = "\(length)"
        return Response(
            status: response.status,
            headers: head,
            body: .init(contentLength: length) { writer in
                try await writer.write(ByteBuffer(repeating: UInt8(ascii: "{"), count: length / 2))
                throw CutShort()
            }
        )
    }
}

/// Ends a connection in the middle of an answer.
private struct CutShort: Error {}
