import Foundation

/// What a secret looks like in encodings that take it as a whole.
enum SecretForms {
    /// Itself, base64, hexadecimal, percent-encoded.
    static func make(of secret: [UInt8]) -> [[UInt8]] {
        [secret] + base64(secret) + hexadecimal(secret) + percentEncoded(secret)
    }

    /// A secret inside longer base64 text starts at any of three phases; the characters at its edges depend on their
    /// neighbours and are left out.
    private static func base64(_ secret: [UInt8]) -> [[UInt8]] {
        (0..<3).flatMap { phase -> [[UInt8]] in
            let text = (Data(repeating: 0, count: phase) + Data(secret)).base64EncodedString().filter { $0 != "=" }
            let skip = phase == 0 ? 0 : phase + 1
            let core = String(text.dropFirst(skip).dropLast((phase + secret.count) % 3 == 0 ? 0 : 1))
            guard core.count >= 6 else { return [] }
            let urlSafe = core.replacing("+", with: "-").replacing("/", with: "_")
            return (urlSafe == core ? [core] : [core, urlSafe]).map { Array($0.utf8) }
        }
    }

    private static func hexadecimal(_ secret: [UInt8]) -> [[UInt8]] {
        [false, true].map { isUpper in Array(secret.map { digits($0, isUpper) }.joined().utf8) }
    }

    /// As RFC 3986 has it; where other characters are encoded too, ``EscapedPattern`` finds it whole.
    private static func percentEncoded(_ secret: [UInt8]) -> [[UInt8]] {
        [false, true].map { isUpper in
            secret.flatMap { byte in isUnreserved(byte) ? [byte] : Array("%\(digits(byte, isUpper))".utf8) }
        }
        .filter { $0 != secret }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~".utf8.contains(byte)
        }
    }

    private static func digits(_ byte: UInt8, _ isUpper: Bool) -> String {
        let text = String(byte, radix: 16, uppercase: isUpper)
        return text.count == 1 ? "0" + text : text
    }
}
