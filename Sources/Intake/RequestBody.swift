import Hummingbird
import HTTPTypes
import Messages
import NIOCore

/// Reads bodies: bounded, of the right type, scanned strictly.
enum RequestBody {
    /// The JSON of the body.
    static func json(_ request: Request, _ context: IntakeContext) async throws -> JSONValue {
        let type = request.headers[.contentType]?.prefix { $0 != ";" }.lowercased() ?? ""
        guard type.split(separator: " ") == ["application/json"] else {
            throw Problem(
                .unsupportedMediaType,
                "content-type",
                "Only JSON is taken",
                "Content-Type is \"\(type.prefix(60))\"; send application/json."
            )
        }
        let buffer = try await collect(request)
        do throws(MessageError) {
            return try MessageCoding.decode(JSONValue.self, from: Array(buffer.readableBytesView))
        } catch {
            throw Problem(.badRequest, "not-json", "The body is not JSON", "The body is not JSON: \(error.what).")
        }
    }

    /// The bytes of the body, as they came.
    static func collect(_ request: Request) async throws -> ByteBuffer {
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: IntakeAPI.maximumBody)
        } catch is NIOTooManyBytesError {
            throw Problem(
                .contentTooLarge,
                "too-large",
                "The body is too large",
                "A body may have \(IntakeAPI.maximumBody) bytes."
            )
        } catch {
            // The connection was cut; there is nobody to tell, and nothing to be done about it.
            throw cutOff
        }
        // The server ends the body of a connection that was cut as if it were complete.
        if let length = request.headers[.contentLength], Int(length) != body.readableBytes {
            throw cutOff
        }
        return body
    }

    private static let cutOff = Problem(
        .badRequest,
        "cut-off",
        "The body is incomplete",
        "Less came than Content-Length says."
    )
}
