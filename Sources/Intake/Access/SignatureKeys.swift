import Crypto
import Foundation
import Secrets

/// How a sender signs what it sends.
enum SignatureScheme: Sendable, Hashable {
    /// `X-Hub-Signature-256: sha256=HEX` of the body.
    case github
    /// `X-PagerDuty-Signature: v1=HEX[,v1=HEX]` of the body.
    case pagerDuty
    /// A header of the sender's choosing: HEX of the body, or of `TIME:BODY` where a header carries the time.
    case grafana(header: String, timeHeader: String?)
    /// `webhook-signature: v1,BASE64[ v1,BASE64]` of `ID.TIME.BODY` (standardwebhooks.com).
    case standardWebhooks

    /// The header whose presence says that a request is signed so.
    var header: String {
        switch self {
        case .github: "X-Hub-Signature-256"
        case .pagerDuty: "X-PagerDuty-Signature"
        case .grafana(let header, _): header
        case .standardWebhooks: "webhook-signature"
        }
    }
}

/// One key that bodies are signed with.
struct SignatureKey: Sendable {
    /// The sender's name, for the log.
    var name: String
    var scheme: SignatureScheme
    var secret: SymmetricKey
}

/// The keys that are valid at once.
///
/// One a line: `NAME SCHEME[,OPTION…] KEY`, the key being the rest of the line. Schemes are `github`, `pagerduty`,
/// `grafana` (with the options `header=NAME` and `timestamp-header=NAME`) and `standard-webhooks`. Empty lines and lines
/// that begin with `#` are left out. A name may come twice, so that a key can be replaced without a gap.
struct SignatureKeys: Sendable {
    /// In the order of the lines; never empty.
    let all: [SignatureKey]

    /// Each costs a pass over the body of whoever claims to be a signer.
    private static let most = 32

    /// Reads a list.
    ///
    /// - Throws: ``SecretError`` that names the line, never its key.
    init(_ text: String) throws(SecretError) {
        var all: [SignatureKey] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.split(maxSplits: 2, whereSeparator: \.isWhitespace)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            all.append(try Self.key(index + 1, words))
        }
        guard !all.isEmpty else { throw SecretError(what: "there is no key; write one a line") }
        guard all.count <= Self.most else { throw SecretError(what: "there are over \(Self.most) keys; remove some") }
        self.all = all
    }

    /// The schemes in use, each once.
    var schemes: [SignatureScheme] {
        all.reduce(into: []) { if !$0.contains($1.scheme) { $0.append($1.scheme) } }
    }

    private static func key(_ number: Int, _ words: [Substring]) throws(SecretError) -> SignatureKey {
        guard words.count == 3 else {
            throw SecretError(what: "line \(number) is not NAME SCHEME KEY")
        }
        let name = String(words[0])
        guard AccessTokens.isName(name) else {
            throw SecretError(
                what: "line \(number) begins with no name; use at most 64 letters, digits, dots, dashes, underscores, @"
            )
        }
        let text = words[2].drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
        let scheme = try scheme(number, words[1])
        return SignatureKey(name: name, scheme: scheme, secret: try secret(number, scheme, String(text)))
    }

    private static func scheme(_ number: Int, _ text: Substring) throws(SecretError) -> SignatureScheme {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let options = parts.dropFirst()
        switch parts.first {
        case "github" where options.isEmpty: return .github
        case "pagerduty" where options.isEmpty: return .pagerDuty
        case "standard-webhooks" where options.isEmpty: return .standardWebhooks
        case "grafana":
            var header = "X-Grafana-Alerting-Signature"
            var timeHeader: String?
            for option in options {
                let pair = option.split(separator: "=", maxSplits: 1).map(String.init)
                guard pair.count == 2, isHeaderName(pair[1]) else {
                    throw SecretError(
                        what: "line \(number) has an option that is not header=NAME or timestamp-header=NAME"
                    )
                }
                switch pair[0] {
                case "header": header = pair[1]
                case "timestamp-header": timeHeader = pair[1]
                default:
                    throw SecretError(
                        what: "line \(number) has an option that is not header=NAME or timestamp-header=NAME"
                    )
                }
            }
            return .grafana(header: header, timeHeader: timeHeader)
        default:
            throw SecretError(
                what:
                    "line \(number) has a scheme that there is not; there are github, pagerduty, standard-webhooks and "
                    + "grafana[,header=NAME][,timestamp-header=NAME]"
            )
        }
    }

    /// Standard Webhooks has keys of 24 to 64 bytes, base64 after `whsec_`; the others sign with the text itself.
    private static func secret(
        _ number: Int,
        _ scheme: SignatureScheme,
        _ text: String
    ) throws(SecretError) -> SymmetricKey {
        guard scheme == .standardWebhooks else { return SymmetricKey(data: Data(text.utf8)) }
        guard text.hasPrefix("whsec_"), let bytes = Data(base64Encoded: String(text.dropFirst(6))),
            (24...64).contains(bytes.count)
        else { throw SecretError(what: "line \(number): the key is not whsec_ and the base64 of 24 to 64 bytes") }
        return SymmetricKey(data: bytes)
    }

    private static func isHeaderName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
