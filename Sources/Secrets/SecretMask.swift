import Foundation

/// Takes secrets out of text that will be seen: raw, base64 and percent-encoded.
public struct SecretMask: Sendable {
    private let forms: [String]

    /// A mask for these secrets; one of fewer than 4 characters would mask ordinary text and is left alone.
    public init(_ secrets: [String]) {
        forms = secrets.filter { $0.count >= 4 }.flatMap(Self.forms(of:)).sorted { $0.count > $1.count }
    }

    /// The text with every form of every secret replaced.
    public func apply(to text: String) -> String {
        forms.reduce(text) { $0.contains($1) ? $0.replacingOccurrences(of: $1, with: "[masked]") : $0 }
    }

    private static func forms(of secret: String) -> [String] {
        var forms = [secret]
        // A secret inside longer base64 text starts at any of three phases; the characters at its edges depend on
        // their neighbours and are left out.
        for phase in 0..<3 {
            let padded = Data(repeating: 0, count: phase) + Data(secret.utf8)
            let text = padded.base64EncodedString().replacingOccurrences(of: "=", with: "")
            let skip = phase == 0 ? 0 : phase + 1
            let core = text.dropFirst(skip).dropLast((phase + secret.utf8.count) % 3 == 0 ? 0 : 1)
            if core.count >= 6 {
                forms.append(String(core))
                let urlSafe = core.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
                if urlSafe != core { forms.append(urlSafe) }
            }
        }
        let unreserved = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
        )
        if let percent = secret.addingPercentEncoding(withAllowedCharacters: unreserved), percent != secret {
            forms.append(percent)
            // Some write the hexadecimal digits small.
            forms.append(percent.replacing(/%[0-9A-F]{2}/) { $0.output.lowercased() })
        }
        return forms
    }
}
