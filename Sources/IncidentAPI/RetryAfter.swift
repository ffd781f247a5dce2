import Foundation

/// `Retry-After` (RFC 9110, 10.2.3): a number of seconds, or a date.
enum RetryAfter {
    /// An API that asks for more is asked again after this.
    static let most: Double = 3600

    /// How long the API wants to be left alone.
    ///
    /// - Parameters:
    ///   - value: the header's value.
    ///   - date: the answer's own `Date`, which a date is relative to, so that no clock of ours counts.
    /// - Returns: seconds, 0 to ``most``; nil where the header is missing or makes no sense.
    static func seconds(_ value: String?, date: String?) -> Double? {
        guard let value = value?.trimmingCharacters(in: .whitespaces), !value.isEmpty else { return nil }
        if value.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            return min(Double(value) ?? most, most)
        }
        guard let until = moment(value), let now = date.flatMap(moment) else { return nil }
        return min(max(until.timeIntervalSince(now), 0), most)
    }

    /// An IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func moment(_ text: String) -> Date? {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.date(from: text)
    }
}
