/// Prometheus's text format, version 0.0.4.
public enum Exposition {
    /// The `Content-Type` of the answer.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Writes families in the order of their names, and series in the order of their labels.
    ///
    /// So the same values always give the same text. `HELP` and `TYPE` come once for each family; one without series is left out.
    public static func render(_ families: [MetricFamily]) -> String {
        var text = ""
        for family in families.sorted(by: { $0.name < $1.name }) where !family.series.isEmpty {
            let help = family.help.isEmpty ? "No description." : family.help
            text += "# HELP \(family.name) \(escaped(help, quotes: false))\n"
            text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
            for series in family.series.sorted(by: { LabelOrder($0.labels) < LabelOrder($1.labels) }) {
                switch series.value {
                case .number(let value):
                    text += line(family.name, series.labels, nil, number(value))
                case .histogram(let histogram):
                    text += lines(family.name, series.labels, histogram)
                }
            }
        }
        return text
    }

    /// The format's buckets are cumulative: each counts everything up to its bound.
    private static func lines(_ name: String, _ labels: [String: String], _ histogram: Histogram) -> String {
        var text = ""
        var count: UInt64 = 0
        for (bound, inBucket) in zip(histogram.bounds + [.infinity], histogram.counts) {
            count &+= inBucket
            text += line(name + "_bucket", labels, number(bound), "\(count)")
        }
        text += line(name + "_sum", labels, nil, number(histogram.sum))
        text += line(name + "_count", labels, nil, "\(count)")
        return text
    }

    private static func line(_ name: String, _ labels: [String: String], _ bound: String?, _ value: String) -> String {
        var pairs = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escaped($0.value, quotes: true))\"" }
        if let bound { pairs.append("le=\"\(bound)\"") }
        return pairs.isEmpty ? "\(name) \(value)\n" : "\(name){\(pairs.joined(separator: ","))} \(value)\n"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// As Go reads it: `3`, `0.25`, `1e+20`, `+Inf`, `NaN`.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return "\(Int64(value))" }
        return "\(value)"
    }
}
