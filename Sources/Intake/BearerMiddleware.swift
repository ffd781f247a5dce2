import Hummingbird
import HTTPTypes
import Secrets

/// Asks for the bearer token of every call but `/health`, where one is configured.
struct BearerMiddleware: RouterMiddleware {
    typealias Context = IntakeContext
    let bearer: SecretSource?

    func handle(
        _ request: Request,
        context: IntakeContext,
        next: @concurrent (Request, IntakeContext) async throws -> Response
    ) async throws -> Response {
        guard let bearer, request.uri.path != "/health" else { return try await next(request, context) }
        guard let expected = try? bearer.read() else {
            throw Problem.unavailable("no-token", "Intake cannot read its bearer token; its log says why.")
        }
        let given = request.headers[.authorization] ?? ""
        guard given.lowercased().hasPrefix("bearer "), Self.isSame(String(given.dropFirst(7)), expected) else {
            throw Problem(
                .unauthorized,
                "unauthorized",
                "The bearer token is missing or wrong",
                "Send Authorization: Bearer with the token that intake was given."
            )
        }
        return try await next(request, context)
    }

    /// Compares in a time that depends on the given text's length alone.
    private static func isSame(_ given: String, _ expected: String) -> Bool {
        let given = Array(given.utf8)
        let expected = Array(expected.utf8)
        var difference =
            UInt8(truncatingIfNeeded: given.count ^ expected.count) | (given.count == expected.count ? 0 : 1)
        for index in given.indices { difference |= given[index] ^ expected[index % max(expected.count, 1)] }
        return difference == 0
    }
}
