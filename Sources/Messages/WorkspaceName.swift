import Crypto

/// The name of the workspace that remediates an incident.
public enum WorkspaceName {
    /// Derives the name from what identifies one remediation.
    ///
    /// The same for the same installation, incident and operator attempt, and never reused for another: a readable
    /// head of the incident id where it has one, then 12 characters of a hash of all three (60 bits). Coder allows
    /// `^[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*$`, 1 to 32 bytes, and compares ignoring case (codersdk/name.go), so the
    /// name is in lower case: `m-inc-1042-1-7f3kq2m9x0ab`.
    ///
    /// - Parameters:
    ///   - installation: keeps two Mendlines on one Coder user apart.
    ///   - incident: free text up to 200 characters.
    ///   - operatorAttempt: 1 for the first remediation, one more for each retry asked for by a person.
    /// - Returns: a name that Coder takes.
    public static func derive(installation: String, incident: String, operatorAttempt: Int) -> String {
        let hash = hashText(
            "\(installation.utf8.count):\(installation)\(incident.utf8.count):\(incident)\(operatorAttempt)"
        )
        let tail = "-\(operatorAttempt)-\(hash)"
        let head = readable(incident, limit: 32 - "m-".utf8.count - tail.utf8.count)
        return head.isEmpty ? "m\(tail)" : "m-\(head)\(tail)"
    }

    /// Letters and digits of ASCII in lower case, everything else one hyphen between them.
    private static func readable(_ text: String, limit: Int) -> String {
        var result: [UInt8] = []
        var gap = false
        for byte in text.lowercased().utf8 {
            let isWord =
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            guard isWord else {
                gap = !result.isEmpty
                continue
            }
            guard result.count + (gap ? 2 : 1) <= limit else { break }
            if gap { result.append(UInt8(ascii: "-")) }
            gap = false
            result.append(byte)
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The first 60 bits of SHA-256, in 12 characters.
    private static func hashText(_ text: String) -> String {
        let hash = SHA256.hash(data: Array(text.utf8)).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
        return String(decoding: (0..<12).map { alphabet[Int(hash >> (UInt64($0) * 5) & 31)] }, as: UTF8.self)
    }
}
