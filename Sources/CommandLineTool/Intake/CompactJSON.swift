import Foundation
import Messages

/// JSON for people and programs.
enum CompactJSON {
    /// The value on one line, keys in order.
    static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Values of this program encode always: no floating-point infinities, no keys that are not texts.
        guard let data = try? encoder.encode(value) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }
}
