/// Text from outside, cut to a bound and made fit for one line of a log, a record or a table.
///
/// It is cut between scalars: one letter with a million accents is a single character.
public enum OneLine {
    /// How much of a text is kept.
    public enum Most: Sendable, Hashable {
        /// So many bytes of UTF-8.
        case bytes(Int)
        /// So many scalars, which is what databases count as characters.
        case scalars(Int)
    }

    /// The beginning of a text as one line.
    ///
    /// What ends a line or turns the direction of text becomes U+FFFD, and so does every other control character.
    public static func text(_ text: String, most: Most) -> String {
        cut(text, most) { isUnfit($0) ? "\u{FFFD}" : $0 }
    }

    /// The beginning of a text with everything that is in it, lines too.
    public static func beginning(of text: String, most: Most) -> String {
        // There are never more scalars than bytes.
        text.utf8.count <= most.count ? text : cut(text, most) { $0 }
    }

    private static func cut(
        _ text: String,
        _ most: Most,
        _ shown: (Unicode.Scalar) -> Unicode.Scalar
    ) -> String {
        var beginning = String.UnicodeScalarView()
        var room = most.count
        for scalar in text.unicodeScalars {
            let kept = shown(scalar)
            room -= most.width(of: kept)
            guard room >= 0 else { break }
            beginning.append(kept)
        }
        return String(beginning)
    }

    private static func isUnfit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        case .format: scalar.properties.isBidiControl
        default: false
        }
    }
}

extension OneLine.Most {
    fileprivate var count: Int {
        switch self {
        case .bytes(let count), .scalars(let count): count
        }
    }

    fileprivate func width(of scalar: Unicode.Scalar) -> Int {
        switch self {
        case .bytes: UTF8.width(scalar)
        case .scalars: 1
        }
    }
}
