public import ArgumentParser

/// How long something takes: a duration, or `never`.
///
/// Written and read as text: `200ms`, `1.5s`, `2m`, `1h`, `0`, or `never`.
public enum Delay: Hashable, Sendable {
    case after(Duration)
    case never

    /// No delay at all.
    public static let none = Delay.after(.zero)

    /// Whether there is nothing to wait for.
    public var isNone: Bool { self == .none }

    /// Reads `200ms`, `1.5s`, `2m`, `1h`, `0` or `never`; nil for anything else, and for negative times.
    public init?(_ text: String) {
        if text == "never" {
            self = .never
            return
        }
        let digits = text.prefix { $0.isNumber || $0 == "." }
        guard let value = Double(digits), value >= 0, value.isFinite else { return nil }
        let milliseconds: Double
        switch text.dropFirst(digits.count) {
        case "ms": milliseconds = value
        case "s": milliseconds = value * 1_000
        case "m": milliseconds = value * 60_000
        case "h": milliseconds = value * 3_600_000
        case "" where value == 0: milliseconds = 0
        default: return nil
        }
        guard milliseconds < 1e12 else { return nil }
        self = .after(.microseconds(Int64(milliseconds * 1_000)))
    }

    /// The text that reads back as the same delay.
    public var text: String {
        guard case .after(let duration) = self else { return "never" }
        let (seconds, attoseconds) = duration.components
        let microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
        return microseconds % 1_000 == 0 ? "\(microseconds / 1_000)ms" : "\(Double(microseconds) / 1_000)ms"
    }
}

extension Delay: Codable {
    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let delay = Delay(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "\"\(text)\" is no duration; write 200ms, 1.5s, 2m, 1h, 0 or never"
            )
        }
        self = delay
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension Delay: ExpressibleByArgument {
    /// Reads the text form from the command line.
    public init?(argument: String) { self.init(argument) }
    /// The text form, for help texts.
    public var defaultValueDescription: String { text }
}
