import Hummingbird
import HTTPTypes
import Messages
import NIOCore

/// Reads bodies: bounded, of the right type, scanned strictly.
enum RequestBody {
    /// The JSON of the body.
    static func json(_ request: Request, _ context: IntakeContext) async throws -> JSONValue {
        let type = request.headers[.contentType]?.split(separator: ";").first.map { $0.lowercased() } ?? ""
        guard type.trimmingCharacters(" ") == "application/json" else {
            throw Problem(
                .unsupportedMediaType,
                "content-type",
                "Only JSON is taken",
                "Content-Type is \"\(type.prefix(60))\"; send application/json."
            )
        }
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: IntakeAPI.maximumBody)
        } catch is NIOTooManyBytesError {
            throw Problem(
                .contentTooLarge,
                "too-large",
                "The body is too large",
                "A body may have \(IntakeAPI.maximumBody) bytes."
            )
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
