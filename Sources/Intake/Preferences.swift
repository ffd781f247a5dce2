/// What a request prefers of waiting (RFC 7240).
struct Preferences: Sendable, Hashable {
    /// How long the answer may take.
    var wait: Duration

    /// The longest that a request may wait.
    static let longestWait = Duration.seconds(30)

    /// Reads the values of `Prefer` headers: `wait=N` seconds, `respond-async`; what is unknown is ignored.
    init(_ values: [String], standard: Duration) {
        wait = standard
        for part in values.flatMap({ $0.split(separator: ",") }) {
            let word = part.prefix { $0 != ";" }.trimmingPrefix { $0.isWhitespace }.lowercased()
            if word.hasPrefix("respond-async") {
                wait = .zero
            } else if word.hasPrefix("wait="), let seconds = Int(word.dropFirst(5).prefix { $0.isNumber }) {
                wait = min(.seconds(min(max(seconds, 0), 3600)), Self.longestWait)
            }
        }
    }
}
