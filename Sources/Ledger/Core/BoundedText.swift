import Messages

/// Cuts what others say to what the ledger keeps of it.
enum BoundedText {
    /// The beginning of a text, in UTF-8 bytes.
    static func beginning(of text: String, most: Int) -> String { OneLine.beginning(of: text, most: .bytes(most)) }

    /// The beginning of a text as one line, in UTF-8 bytes.
    static func line(_ text: String, most: Int) -> String { OneLine.text(text, most: .bytes(most)) }
}
