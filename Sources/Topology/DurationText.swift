/// Lengths of time as configuration files and flags write them: a whole number and one unit.
public enum DurationText {
    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// Reads `200ms`, `10s`, `15m`, `1h`, `30d`; nil for anything else, such as `10`, `1.5h` or `1h30m`.
    public static func parse(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard (1...9).contains(digits.count), digits.first != "0" || digits.count == 1, let count = Int64(digits),
            let unit = units.first(where: { $0.suffix == text.dropFirst(digits.count) })
        else { return nil }
        return .milliseconds(count * unit.milliseconds)
    }

    /// Writes a length in the largest unit that divides it: `90s`, `15m`.
    public static func format(_ duration: Duration) -> String {
        let parts = duration.components
        let milliseconds = parts.seconds * 1_000 + parts.attoseconds / 1_000_000_000_000_000
        for unit in units.reversed() where milliseconds != 0 && milliseconds % unit.milliseconds == 0 {
            return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
        }
        return "0s"
    }
}
