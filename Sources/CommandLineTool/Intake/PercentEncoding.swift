/// Percent-encoding of what stands in a URL (RFC 3986).
enum PercentEncoding {
    /// Everything but unreserved characters is encoded, a slash too: an incident's id is free text.
    static func component(_ text: String) -> String {
        // As a step of a path these two mean "here" and "one up", and would be resolved away.
        if text == "." || text == ".." { return text.replacing(".", with: "%2E") }
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return encoded
    }

    /// The query `?a=1&b=2`, or nothing where nothing is asked; a value of nil leaves the name out.
    static func query(_ items: [(name: String, value: String?)]) -> String {
        let pairs = items.compactMap { item in item.value.map { "\(component(item.name))=\(component($0))" } }
        return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
    }
}
