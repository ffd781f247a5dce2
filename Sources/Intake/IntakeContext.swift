import Hummingbird
import HTTPTypes
import Logging
import Messages
import NIOCore
import Secrets

/// What a request carries through intake.
struct IntakeContext: RequestContext {
    var coreContext: CoreRequestContextStorage

    init(source: Source) { coreContext = .init(source: source) }

    /// Of the path: percent-decoded, because ids are free text.
    func incidentID() throws -> String {
        guard let id = parameters.get("id")?.removingPercentEncodingStrictly, !id.isEmpty, id.count <= 200 else {
            throw Problem.notFound("An incident's id has 1 to 200 characters, percent-encoded where it must be.")
        }
        return id
    }
}

extension String {
    /// The text with its percent-encoding resolved; nil where that gives no UTF-8.
    var removingPercentEncodingStrictly: String? {
        var bytes: [UInt8] = []
        var iterator = utf8.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = iterator.next().flatMap({ Character(UnicodeScalar($0)).hexDigitValue }),
                let low = iterator.next().flatMap({ Character(UnicodeScalar($0)).hexDigitValue })
            else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension HTTPField.Name {
    /// RFC 7240. The name is a valid token, so it is never nil.
    static var prefer: HTTPField.Name { HTTPField.Name("Prefer") ?? .accept }
    /// W3C trace context.
    static var traceparent: HTTPField.Name { HTTPField.Name("traceparent") ?? .accept }
}

/// Reads bodies: bounded, of the right type, scanned strictly.
enum RequestBody {
    /// The JSON of the body.
    static func json(_ request: Request, _ context: IntakeContext) async throws -> JSONValue {
        let type = request.headers[.contentType]?.split(separator: ";").first.map { $0.lowercased() } ?? ""
        guard type.trimmingCharacters(" ") == "application/json" else {
            throw Problem(
                .unsupportedMediaType, "content-type", "Only JSON is taken",
                "Content-Type is \"\(type.prefix(60))\"; send application/json.")
        }
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: IntakeAPI.maximumBody)
        } catch is NIOTooManyBytesError {
            throw Problem(
                .contentTooLarge, "too-large", "The body is too large", "A body may have \(IntakeAPI.maximumBody) bytes.")
        }
        do throws(MessageError) {
            return try MessageCoding.decode(JSONValue.self, from: Array(buffer.readableBytesView))
        } catch {
            throw Problem(.badRequest, "not-json", "The body is not JSON", "The body is not JSON: \(error.what).")
        }
    }
}

extension String {
    fileprivate func trimmingCharacters(_ character: Character) -> String {
        String(drop { $0 == character }.reversed().drop { $0 == character }.reversed())
    }
}

/// Turns every error into a problem body.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = IntakeContext
    let logger: Logger

    func handle(
        _ request: Request, context: IntakeContext, next: @concurrent (Request, IntakeContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as Problem {
            throw problem
        } catch let error as HTTPError where error.status == .notFound {
            throw Problem.notFound("There is no \(request.method) \(request.uri.path); GET /openapi.yaml lists the calls.")
        } catch let error as HTTPError {
            throw Problem(
                error.status, "http-\(error.status.code)", error.status.reasonPhrase, error.body ?? error.status.reasonPhrase)
        } catch is NIOTooManyBytesError {
            throw Problem(
                .contentTooLarge, "too-large", "The body is too large", "A body may have \(IntakeAPI.maximumBody) bytes.")
        } catch {
            logger.error("a request has failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            throw Problem.unavailable("internal", "Intake could not answer; its log says why.")
        }
    }
}

/// Asks for the bearer token of every call but `/health`, where one is configured.
struct BearerMiddleware: RouterMiddleware {
    typealias Context = IntakeContext
    let bearer: SecretSource?

    func handle(
        _ request: Request, context: IntakeContext, next: @concurrent (Request, IntakeContext) async throws -> Response
    ) async throws -> Response {
        guard let bearer, request.uri.path != "/health" else { return try await next(request, context) }
        guard let expected = try? bearer.read() else {
            throw Problem.unavailable("no-token", "Intake cannot read its bearer token; its log says why.")
        }
        let given = request.headers[.authorization] ?? ""
        guard given.lowercased().hasPrefix("bearer "), Self.isSame(String(given.dropFirst(7)), expected) else {
            throw Problem(
                .unauthorized, "unauthorized", "The bearer token is missing or wrong",
                "Send Authorization: Bearer with the token that intake was given.")
        }
        return try await next(request, context)
    }

    /// Compares in a time that depends on the given text's length alone.
    private static func isSame(_ given: String, _ expected: String) -> Bool {
        let given = Array(given.utf8)
        let expected = Array(expected.utf8)
        var difference = UInt8(truncatingIfNeeded: given.count ^ expected.count) | (given.count == expected.count ? 0 : 1)
        for index in given.indices { difference |= given[index] ^ expected[index % max(expected.count, 1)] }
        return difference == 0
    }
}

/// W3C trace context: kept where a caller brings a valid one, begun where not.
enum TraceParent {
    static func of(_ header: String?) -> String {
        if let header, isValid(header) { return header }
        func hex(_ value: UInt64) -> String {
            let digits = String(value | 1, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        let any = UInt64.min...UInt64.max
        return "00-\(hex(.random(in: any)))\(hex(.random(in: any)))-\(hex(.random(in: any)))-01"
    }

    private static func isValid(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "00", parts[1].count == 32, parts[2].count == 16, parts[3].count == 2 else {
            return false
        }
        let isHex = parts.allSatisfy { $0.allSatisfy { "0123456789abcdef".contains($0) } }
        return isHex && parts[1].contains { $0 != "0" } && parts[2].contains { $0 != "0" }
    }
}
