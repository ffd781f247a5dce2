/// Free text as one segment of a URL's path.
enum PathSegment {
    /// Percent-encodes everything but RFC 3986's unreserved characters.
    ///
    /// - Returns: nil where the text cannot be a segment: it is empty, or `.` or `..`, which servers and clients take as
    ///   steps even when encoded.
    static func encode(_ text: String) -> String? {
        guard !text.isEmpty, text != ".", text != ".." else { return nil }
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isUnreserved(byte) {
                bytes.append(byte)
            } else {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
