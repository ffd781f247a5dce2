/// What a text that a caller gives may hold.
enum CallerText {
    /// What is wrong with a text; nil where it may be stored, logged, and shown on a terminal.
    ///
    /// - Parameters:
    ///   - text: as it came.
    ///   - limit: in code points: one letter with a thousand accents is a thousand characters here.
    ///   - multiline: whether it may have lines. A text of one line becomes part of URLs, headers, log lines, labels; it may
    ///     not look like more lines, or like another text, either.
    /// - Returns: the end of a sentence about the text.
    static func problem(with text: String, limit: Int, multiline: Bool) -> String? {
        // Nearly every text is one of these, and the properties of scalars take their time.
        let isPlain = text.utf8.count <= limit && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        if isPlain && text.utf8.contains(where: { $0 != 0x20 }) { return nil }
        if text.unicodeScalars.allSatisfy(\.properties.isWhitespace) { return "must not be empty" }
        let count = text.unicodeScalars.count
        if count > limit { return "may have \(limit) characters, not \(count)" }
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control where !(multiline && (scalar == "\n" || scalar == "\r" || scalar == "\t")):
                return "must not contain control characters"
            case .lineSeparator where !multiline, .paragraphSeparator where !multiline:
                return "must not contain control characters"
            case .format where !multiline && scalar.properties.isBidiControl:
                return "must not contain control characters"
            default: continue
            }
        }
        return nil
    }
}
