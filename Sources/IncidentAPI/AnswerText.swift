import Foundation
import HTTPClient
import Messages

/// What an error answer says for people.
enum AnswerText {
    private struct Body: Decodable {
        var title: String?
        var detail: String?
        var message: String?
        var error: String?
    }

    /// RFC 9457's `title` and `detail`, or `message` or `error` as many APIs have it; empty where there is none.
    static func message(of response: HTTPResponse, without secret: String) -> String {
        guard let body = try? MessageCoding.decode(Body.self, from: response.body) else { return "" }
        let parts = [body.title, body.detail, body.message, body.error].compactMap { $0 }.filter { !$0.isEmpty }
        return bounded(parts.joined(separator: ": "), without: secret)
    }

    /// The text on one line, without the secret and control characters, cut to the bytes that an error keeps.
    static func bounded(_ text: String, without secret: String) -> String {
        // Masked before it is cut, else the beginning of a secret could stay at the cut.
        let text = secret.isEmpty ? text : text.replacing(secret, with: "[masked]")
        var result = ""
        var bytes = 0
        for scalar in text.unicodeScalars {
            let isPrintable = scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
            let kept: Unicode.Scalar = isPrintable ? scalar : " "
            bytes += UTF8.width(kept)
            guard bytes <= IncidentAPIError.mostMessageBytes - 3 else { return result + "…" }
            result.unicodeScalars.append(kept)
        }
        return result
    }
}
