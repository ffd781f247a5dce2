import Hummingbird
import HTTPTypes
import NIOCore

/// What a request carries through intake.
struct IntakeContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Who calls; whoever was not asked may do nothing.
    var caller = RequestCaller.unknown
    /// The connection that the request came by.
    let channel: any Channel

    init(source: Source) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Of the path: percent-decoded, because ids are free text.
    func incidentID() throws -> String {
        guard let id = parameters.get("id")?.removingPercentEncodingStrictly, !id.isEmpty,
            id.unicodeScalars.count <= 200
        else {
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
    /// The preferences of RFC 7240.
    ///
    /// The name is a valid token, so it is never nil.
    static var prefer: HTTPField.Name { HTTPField.Name("Prefer") ?? .accept }
    /// W3C trace context.
    static var traceparent: HTTPField.Name { HTTPField.Name("traceparent") ?? .accept }
}
