public import ArgumentParser

/// A share of requests, 0...1.
///
/// `true` and `false` are read as 1 and 0.
public struct Rate: Hashable, Sendable {
    /// The share, 0...1.
    public let share: Double

    /// No request.
    public static let none = Rate(unchecked: 0)
    /// Every request.
    public static let all = Rate(unchecked: 1)

    /// A share; nil outside 0...1.
    public init?(_ share: Double) {
        guard (0...1).contains(share) else { return nil }
        self.share = share
    }

    private init(unchecked share: Double) {
        self.share = share
    }

    /// Whether this request is among the share.
    public func hits(_ random: inout some RandomNumberGenerator) -> Bool {
        share > 0 && (share >= 1 || Double.random(in: 0..<1, using: &random) < share)
    }
}

extension Rate: Codable {
    /// Reads a number or a boolean.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            self = flag ? .all : .none
            return
        }
        guard let rate = Rate(try container.decode(Double.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a rate is a number from 0 to 1")
        }
        self = rate
    }

    /// Writes the number.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(share)
    }
}

extension Rate: ExpressibleByArgument {
    /// Reads a number from 0 to 1.
    public init?(argument: String) {
        guard let share = Double(argument) else { return nil }
        self.init(share)
    }
    /// The number, for help texts.
    public var defaultValueDescription: String { "\(share)" }
}
