/// Texts and words that have hurt readers of texts before.
enum HostileText {
    /// Stand where a value stands, unquoted.
    static let words = [
        "null", "true", "false", "0", "-0", "-1", "1", "0.1", "1e2", "1e400", "-1e400", "1e-400", "1E+2",
        "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
        "18446744073709551615", "18446744073709551616", "9007199254740993", "4.9e-324", "1.7976931348623157e308",
        "123456789012345678901234567890123456789012345678901234567890", "00", "+1", ".5", "1.", "NaN", "Infinity",
        "nul", "TRUE", "'x'", "", "{", "[", "\"", "{}", "[]", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u0000\"",
    ]

    /// Stand inside quotes.
    static let texts = [
        "", " ", "\u{0}", "\n", "\r\n", "\t", "\u{7f}", "\u{85}", "\u{2028}", "\u{FEFF}", "\u{FFFF}", "\u{10FFFF}",
        "e\u{301}", "\u{e9}", "\u{130}", "\u{df}", "\u{FB03}", "\u{1F468}\u{200D}\u{1F469}", "\u{202E}x", "%", "%00",
        "%2",
        "%E9", "..", "/", "\\", "//x", "?a=b&c", "#", "mendline:", "0", "-1", "1.1", "7.", ".7",
        "7.18446744073709551616",
        "9223372036854775807.9223372036854775807", "2026-11-23T18:00:00Z", "0000-01-01T00:00:00Z",
        "0000-00-00T00:00:00Z",
        "9999-12-31T23:59:60.999999999999Z", "2026-02-31T25:61:61Z", "2026-11-23T18:00:00+99:99",
        "2026-11-23t18:00:00-00:00",
        "{labels.a}", "{{", "}}", "{", "*", "***********a", "?*?*?*?*", "a*a*a*a*a*a*a*a*a*a*b", "[masked]",
        "99999999999999999999999d", "9223372036854775807ms", "0s", "-1s", "1h1m", "tcp://*:1", "ipc://",
        "tcp://[::1]:99999",
        "http://a@b:0/", "\u{1b}[31m", "$(id)", "' OR 1=1 --", "<script>", "=cmd", String(repeating: "a", count: 5000),
        String(repeating: "\u{301}", count: 300), String(repeating: "*", count: 200),
        String(repeating: "(", count: 500),
        "&a", "*a", "<<", "!!binary x", "---", "...", "|", ">-", "? ", "- ", ": ", "{a: ", "[", "'", "\"", "@", "`",
    ]

    /// A text changed at one place.
    static func changed(_ text: String, _ dice: inout Dice) -> String {
        var scalars = Array(text.unicodeScalars)
        let place = dice.below(scalars.count + 1)
        switch dice.below(6) {
        case 0: scalars.removeSubrange(place...)
        case 1: scalars.insert(contentsOf: Array(dice.pick(texts).unicodeScalars), at: place)
        case 2: scalars += Array(repeating: scalars, count: dice.below(60)).joined()
        case 3: return text.uppercased()
        case 4: return dice.pick(texts)
        default:
            guard place < scalars.count else { return dice.pick(texts) }
            scalars[place] = Unicode.Scalar(UInt32(dice.below(0xD800))) ?? " "
        }
        var result = String.UnicodeScalarView()
        result.append(contentsOf: scalars)
        return String(result)
    }
}
