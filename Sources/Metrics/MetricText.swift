/// What names and label values may look like in Prometheus's data model.
public enum MetricText {
    /// The longest label value; more is cut.
    public static let longestValue = 200
    /// The longest name of a metric or label.
    static let longestName = 200

    /// Makes the name of a metric from a label of swift-metrics: `stage.held` becomes `stage_held`, and a counter's name
    /// ends with `_total`.
    public static func name(_ label: String, _ kind: Sample.Kind) -> String {
        let name = sanitized(label, also: ":")
        return kind == .counter && !name.hasSuffix("_total") ? name + "_total" : name
    }

    /// Makes the name of a label from a dimension of swift-metrics.
    static func labelName(_ dimension: String) -> String {
        let name = sanitized(dimension, also: "")
        // Names that begin with two underscores are Prometheus's own.
        return name.hasPrefix("__") ? "x" + name : name
    }

    private static func sanitized(_ text: String, also extra: String) -> String {
        let allowed = extra.unicodeScalars
        var name = ""
        for scalar in text.unicodeScalars.prefix(longestName - 7) {
            name.unicodeScalars.append(isLetter(scalar) || isDigit(scalar) || allowed.contains(scalar) ? scalar : "_")
        }
        guard let first = name.unicodeScalars.first, !isDigit(first) else { return "_" + name }
        return name
    }

    static func isName(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        guard let first = scalars.first, scalars.count <= longestName, isLetter(first) || first == ":" else {
            return false
        }
        return scalars.allSatisfy { isLetter($0) || isDigit($0) || $0 == ":" }
    }

    static func isLabelName(_ text: String) -> Bool {
        isName(text) && !text.contains(":") && !text.hasPrefix("__")
    }

    /// A label's value within bounds: cut, on one line.
    static func value(_ text: String) -> String {
        var value = ""
        for scalar in text.unicodeScalars.prefix(longestValue) {
            value.unicodeScalars.append(scalar.value < 32 || scalar.value == 127 ? " " : scalar)
        }
        return value
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
}
