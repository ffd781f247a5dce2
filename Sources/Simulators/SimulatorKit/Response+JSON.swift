import HTTPTypes
public import Hummingbird

extension Response {
    /// An answer with a JSON body.
    public static func json(
        _ status: HTTPResponse.Status,
        _ body: JSON,
        contentType: String = "application/json; charset=utf-8"
    ) -> Response {
        Response(
            status: status,
            headers: [.contentType: contentType],
            body: .init(byteBuffer: ByteBuffer(bytes: body.bytes))
        )
    }

    /// RFC 9457 problem details.
    public static func problem(_ status: HTTPResponse.Status, title: String, detail: String? = nil) -> Response {
        .json(
            status,
            [
                "type": "about:blank", "title": .string(title), "status": .integer(status.code),
                "detail": .optional(detail),
            ],
            contentType: "application/problem+json"
        )
    }
}
