/// Text from outside, made fit for a terminal.
///
/// A script's output or an incident's description may hold escape sequences that retitle a window, hide lines or
/// answer as if a person typed: on a terminal they are shown, never obeyed.
enum SafeText {
    /// The text on one line, control characters written out: `\n`, `\u{1B}`.
    static func line(_ text: some StringProtocol) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return String(text) }
        var safe = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": safe += "\\n"
            case "\r": safe += "\\r"
            case _ where isUnsafe(scalar): safe += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            default: safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }

    /// The text cut to a number of characters, with an ellipsis where something is left out.
    static func short(_ text: String, _ most: Int) -> String {
        text.count <= most ? text : text.prefix(max(0, most - 1)) + "…"
    }

    /// C0 and C1 controls but the tabulator, and the characters that turn the direction of what follows.
    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09: false
        case 0x00..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
