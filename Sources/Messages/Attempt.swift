/// Which hand-out of a delivery this is, written `epoch.number`.
///
/// The epoch is durable and rises at every start of intake, so attempts order rightly across restarts, though the
/// numbers themselves live in memory only.
public struct Attempt: Sendable, Hashable, Comparable {
    /// The start of intake that handed the delivery out.
    public var epoch: Int
    /// The hand-out within that epoch, from 1.
    public var number: Int

    /// The hand-out of that number in that epoch.
    public init(epoch: Int, number: Int) {
        self.epoch = epoch
        self.number = number
    }

    /// A later hand-out is the greater.
    public static func < (left: Attempt, right: Attempt) -> Bool {
        (left.epoch, left.number) < (right.epoch, right.number)
    }
}

extension Attempt: Codable, CustomStringConvertible {
    /// Reads `7.1`; nil where the text has another form.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let epoch = Int(parts[0]), let number = Int(parts[1]), epoch >= 0, number >= 0 else {
            return nil
        }
        self.init(epoch: epoch, number: number)
    }

    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let attempt = Attempt(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\"\(text)\" is not epoch.number")
        }
        self = attempt
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// The text form, `7.1`.
    public var description: String { "\(epoch).\(number)" }
}
