import Glibc

/// What a stream of text leads to.
struct Terminal: Sendable, Hashable {
    /// Whether a person looks at it, so that lines may be drawn again.
    var isInteractive: Bool
    var hasColor: Bool
    /// In columns.
    var width: Int

    /// A file or a pipe.
    static let none = Terminal(isInteractive: false, hasColor: false, width: 100)

    static func of(descriptor: Int32, environment: [String: String]) -> Terminal {
        guard isatty(descriptor) == 1, environment["TERM"] != "dumb" else { return none }
        var size = winsize()
        let known = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        // https://no-color.org: any value but an empty one asks for no colour.
        let plain = !(environment["NO_COLOR"] ?? "").isEmpty
        return Terminal(isInteractive: true, hasColor: !plain, width: known ? Int(size.ws_col) : 80)
    }

    /// What a text means; drawn as a colour where there is one, never the only sign of it.
    enum Tone: Sendable, Hashable {
        case plain, strong, faint, good, bad, doubtful

        fileprivate var code: String? {
            switch self {
            case .plain: nil
            case .strong: "1"
            case .faint: "2"
            case .good: "32"
            case .bad: "31"
            case .doubtful: "33"
            }
        }
    }

    func paint(_ text: String, _ tone: Tone) -> String {
        guard hasColor, !text.isEmpty, let code = tone.code else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}
