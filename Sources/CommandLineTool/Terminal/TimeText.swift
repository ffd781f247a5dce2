import Messages

/// Lengths of time for people.
enum TimeText {
    /// `0.012 s`, `12.3 s`, `2 m 05 s`, `1 h 02 m`, `3 d 04 h`.
    static func length(_ duration: Duration) -> String {
        let milliseconds = max(0, duration.milliseconds)
        let seconds = milliseconds / 1000
        switch seconds {
        case ..<10: return "\(seconds).\(padded(milliseconds % 1000, 3)) s"
        case ..<60: return "\(seconds).\(milliseconds % 1000 / 100) s"
        case ..<3600: return "\(seconds / 60) m \(padded(seconds % 60, 2)) s"
        case ..<86_400: return "\(seconds / 3600) h \(padded(seconds / 60 % 60, 2)) m"
        default: return "\(seconds / 86_400) d \(padded(seconds / 3600 % 24, 2)) h"
        }
    }

    /// A time relative to another: `+0.012 s`, `-3.000 s`.
    static func offset(_ time: Timestamp, from start: Timestamp) -> String {
        time < start ? "-" + length(start - time) : "+" + length(time - start)
    }

    /// How long ago: `2 m 05 s ago`.
    static func ago(_ time: Timestamp, now: Timestamp) -> String {
        time > now ? "now" : length(now - time) + " ago"
    }

    /// The time of day in UTC: `18:00:01.123`.
    static func clock(_ time: Timestamp) -> String {
        String(time.description.dropFirst(11).dropLast())
    }

    /// Latencies: `3.1 ms`, `412 ms`, `1.24 s`.
    static func latency(_ duration: Duration) -> String {
        let milliseconds = duration.inSeconds * 1000
        if milliseconds < 10 { return "\(decimal(milliseconds, 1)) ms" }
        if milliseconds < 1000 { return "\(decimal(milliseconds, 0)) ms" }
        return "\(decimal(milliseconds / 1000, 2)) s"
    }

    /// A number with so many decimals, rounded; never in scientific notation.
    static func decimal(_ number: Double, _ decimals: Int) -> String {
        guard number.isFinite, abs(number) < 1e15 else { return "\(number)" }
        var scale: Int64 = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int64((abs(number) * Double(scale)).rounded())
        let sign = number < 0 && scaled > 0 ? "-" : ""
        guard decimals > 0 else { return "\(sign)\(scaled)" }
        return "\(sign)\(scaled / scale).\(padded(scaled % scale, decimals))"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return digits.count >= width ? digits : String(repeating: "0", count: width - digits.count) + digits
    }
}
