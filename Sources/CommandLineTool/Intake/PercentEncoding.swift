import HTTPClient

/// Percent-encoding of what stands in a URL (RFC 3986).
enum PercentEncoding {
    /// Everything but unreserved characters is encoded, a slash too: an incident's id is free text.
    static func component(_ text: String) -> String {
        // As a step of a path these two mean "here" and "one up", and would be resolved away.
        if text == "." || text == ".." { return text.replacing(".", with: "%2E") }
        return text.percentEncoded
    }

    /// The query `?a=1&b=2`, or nothing where nothing is asked; a value of nil leaves the name out.
    static func query(_ items: [(name: String, value: String?)]) -> String {
        let pairs = items.compactMap { item in item.value.map { "\(component(item.name))=\(component($0))" } }
        return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
    }
}
