import Crypto
import Foundation

/// Whether a request is signed with one of our keys.
///
/// Pure: the head, the raw bytes of the body before any parsing, and the time in; the finding out. The head by itself
/// tells whether the body is worth reading. Codes are compared in constant time, and every key of the scheme is tried.
enum SignatureCheck {
    /// How far a signed time may be off, in seconds, either way.
    static let window: Int64 = 300

    /// What was found.
    enum Finding: Sendable, Hashable {
        /// The request carries no signature of a scheme that there is a key of.
        case unsigned
        /// One of our keys has signed it.
        case signed(Signed)
        /// It carries a signature that does not count.
        case refused(Refusal)
    }

    /// A signature that counts.
    struct Signed: Sendable, Hashable {
        /// The sender's name.
        var name: String
        /// What tells an exact copy of the request; nil where no time is signed, since an honest sender repeats those
        /// byte for byte.
        var mark: Mark?
    }

    /// The code over id, time and body: two requests with the same are copies of one.
    struct Mark: Sendable, Hashable {
        var code: [UInt8]
        /// In seconds since 1970: later than that the copy is refused for its age.
        var until: Int64
    }

    /// Why a signature does not count.
    enum Refusal: Sendable, Hashable {
        /// A header is missing, or is not what the scheme says.
        case malformed(header: String)
        /// The signed time is too far from ours.
        case outsideWindow
        /// No key gives this signature for these bytes.
        case mismatch
    }

    /// What the head of a request says, before anything of its body is read.
    enum Head: Sendable, Hashable {
        /// The request carries no signature of a scheme that there is a key of.
        case unsigned
        /// It carries one that the right body makes count.
        case bodyDecides
        /// It carries only what no body makes count.
        case refused(Refusal)
    }

    /// Looks at the head of a request: at the form of its signatures, and at the time where one is signed.
    ///
    /// - Parameters:
    ///   - keys: those that are valid now.
    ///   - now: seconds since 1970.
    ///   - header: the value of a header, several joined by commas; nil where it is not there.
    /// - Returns: whether its body is worth reading.
    static func checkHead(_ keys: SignatureKeys, now: Int64, header: (String) -> String?) -> Head {
        var head = Head.unsigned
        for scheme in keys.schemes {
            guard let claimed = claim(scheme, now: now, header) else { continue }
            switch claimed {
            case .success: return .bodyDecides
            case .failure(let refusal): head = .refused(refusal)
            }
        }
        return head
    }

    /// Looks at a whole request.
    ///
    /// - Parameters:
    ///   - body: the raw bytes.
    ///   - keys: those that are valid now.
    ///   - now: seconds since 1970.
    ///   - header: the value of a header, several joined by commas; nil where it is not there.
    /// - Returns: the first signature that counts, or why none does.
    static func check(
        _ body: some DataProtocol,
        _ keys: SignatureKeys,
        now: Int64,
        header: (String) -> String?
    ) -> Finding {
        var finding = Finding.unsigned
        for scheme in keys.schemes {
            guard let claimed = claim(scheme, now: now, header) else { continue }
            let content: Content
            switch claimed {
            case .success(let claim): content = claim
            case .failure(let refusal):
                finding = .refused(refusal)
                continue
            }
            var signed = content.prefix
            signed.append(contentsOf: body)
            var signer: String?
            for key in keys.all where key.scheme == scheme {
                // One pass over the body a key, however many codes a stranger sends.
                let code = HMAC<SHA256>.authenticationCode(for: signed, using: key.secret)
                for given in content.codes where code == given { signer = key.name }
            }
            guard let signer else {
                finding = .refused(.mismatch)
                continue
            }
            // Not the sender's code: of a list of codes the order and the number are the sender's to choose.
            let mark = content.time.map { Mark(code: Array(SHA256.hash(data: signed)), until: $0 + window) }
            return .signed(Signed(name: signer, mark: mark))
        }
        return finding
    }

    // MARK: - Schemes

    private struct Content {
        /// The codes that the sender gives.
        var codes: [[UInt8]]
        /// What is signed before the body.
        var prefix = Data()
        /// The signed time, in seconds since 1970.
        var time: Int64?
    }

    /// More codes than any rotation of keys has.
    private static let mostCodes = 8

    /// What a request claims by a scheme, or why no body makes that count; nil where it claims nothing.
    private static func claim(
        _ scheme: SignatureScheme,
        now: Int64,
        _ header: (String) -> String?
    ) -> Result<Content, Refusal>? {
        guard let value = header(scheme.header) else { return nil }
        let claimed = read(scheme, value, header)
        if case .success(let content) = claimed, let time = content.time,
            !(-window...window).contains(now.subtractingReportingOverflow(time).partialValue)
        {
            return .failure(.outsideWindow)
        }
        return claimed
    }

    private static func read(
        _ scheme: SignatureScheme,
        _ value: String,
        _ header: (String) -> String?
    ) -> Result<Content, Refusal> {
        let codes: [[UInt8]]
        switch scheme {
        case .github: codes = hexCodes([Substring(value)], after: "sha256=")
        case .pagerDuty: codes = hexCodes(value.split(separator: ","), after: "v1=")
        case .grafana: codes = hexCodes([Substring(value)], after: "")
        case .standardWebhooks:
            codes = value.split(whereSeparator: { $0 == " " }).compactMap { part in
                guard part.hasPrefix("v1,"), let code = Data(base64Encoded: String(part.dropFirst(3))),
                    code.count == SHA256.byteCount
                else { return nil }
                return Array(code)
            }
        }
        guard (1...mostCodes).contains(codes.count) else { return .failure(.malformed(header: scheme.header)) }
        var content = Content(codes: codes)
        switch scheme {
        case .grafana(_, let timeHeader?):
            guard let text = header(timeHeader), let time = seconds(text) else {
                return .failure(.malformed(header: timeHeader))
            }
            content.time = time
            content.prefix = Data((text + ":").utf8)
        case .standardWebhooks:
            // A full stop separates id, time and body, so it cannot be part of an id.
            guard let id = header("webhook-id"), (1...256).contains(id.utf8.count), !id.contains(".") else {
                return .failure(.malformed(header: "webhook-id"))
            }
            guard let text = header("webhook-timestamp"), let time = seconds(text) else {
                return .failure(.malformed(header: "webhook-timestamp"))
            }
            content.time = time
            content.prefix = Data("\(id).\(text).".utf8)
        default: break
        }
        return .success(content)
    }

    private static func seconds(_ text: String) -> Int64? {
        guard (1...12).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int64(text)
    }

    private static func hexCodes(_ parts: [Substring], after prefix: String) -> [[UInt8]] {
        parts.compactMap { part in
            let part = part.drop { $0 == " " }
            guard part.hasPrefix(prefix) else { return nil }
            return hex(part.dropFirst(prefix.count))
        }
    }

    private static func hex(_ text: Substring) -> [UInt8]? {
        let digits = text.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == 2 * SHA256.byteCount else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }
}

extension SignatureCheck.Refusal: Error {
    /// In a sentence, for whoever set the sender up.
    var sentence: String {
        switch self {
        case .malformed(let header): "The header \(header) is missing, or is not what its scheme says."
        case .outsideWindow:
            "The signed time is more than \(SignatureCheck.window) s from intake's; set the sender's clock, or sign anew."
        case .mismatch: "No key that intake knows gives this signature for this body."
        }
    }
}
