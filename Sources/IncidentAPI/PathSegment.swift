import HTTPClient

/// Free text as one segment of a URL's path.
enum PathSegment {
    /// Percent-encodes everything but RFC 3986's unreserved characters.
    ///
    /// - Returns: nil where the text cannot be a segment: it is empty, or `.` or `..`, which servers and clients take as
    ///   steps even when encoded.
    static func encode(_ text: String) -> String? {
        guard !text.isEmpty, text != ".", text != ".." else { return nil }
        return text.percentEncoded
    }
}
