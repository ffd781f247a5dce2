import Hummingbird
import HTTPTypes
import Logging
import Metrics
import NIOCore

/// Turns every error into a problem body.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = IntakeContext
    let logger: Logger
    let methods: AllowedMethods

    func handle(
        _ request: Request,
        context: IntakeContext,
        next: @concurrent (Request, IntakeContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as Problem {
            if problem.status == .unauthorized || problem.status == .forbidden {
                Counter(label: "mendline_http_turned_away_total", dimensions: [("reason", problem.kind)]).increment()
            }
            throw problem
        } catch let error as HTTPError where error.status == .notFound {
            let allowed = methods.methods(of: request.uri.path)
            guard allowed.isEmpty else {
                throw Problem.wrongMethod("\(request.method)", request.uri.path, allowed.map(\.rawValue))
            }
            throw Problem.notFound(
                "There is no \(request.method) \(request.uri.path); GET /openapi.yaml lists the calls."
            )
        } catch let error as HTTPError {
            throw Problem(
                error.status,
                "http-\(error.status.code)",
                error.status.reasonPhrase,
                error.body ?? error.status.reasonPhrase
            )
        } catch is NIOTooManyBytesError {
            throw Problem(
                .contentTooLarge,
                "too-large",
                "The body is too large",
                "A body may have \(IntakeAPI.maximumBody) bytes."
            )
        } catch {
            logger.error("a request has failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            throw Problem.unavailable("internal", "Intake could not answer; its log says why.")
        }
    }
}
