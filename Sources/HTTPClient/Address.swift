import CCurl

/// An http or https URL, taken apart by libcurl's own parser: what is checked is what is connected to.
struct Address: Hashable, Sendable {
    /// Host, port and scheme: what a secret may be sent to.
    struct Origin: Hashable, Sendable {
        var scheme: String
        var host: String
        var port: String
    }

    /// The whole URL, user information and query included.
    let text: String

    /// Scheme, host and port, in lower case, the scheme's own port where none is written.
    let origin: Origin

    /// Without user information, query and fragment: fit for errors and logs.
    let redacted: String

    /// Without user information and fragment.
    let effective: String

    /// The password in the URL, which errors must not show.
    let password: String?

    /// Takes a URL apart.
    init(_ text: String) throws(AddressProblem) {
        try self.init(base: nil, text)
    }

    /// The address that a `Location` of an answer from this address means (RFC 3986, section 5).
    func resolving(_ reference: String) throws(AddressProblem) -> Address {
        try Address(base: self.text, reference)
    }

    private init(base: String?, _ text: String) throws(AddressProblem) {
        guard let parser = curl_url() else { throw AddressProblem(reason: "there is no memory for it") }
        defer { curl_url_cleanup(parser) }

        // Unknown schemes are let through here so that the refusal below can name the scheme.
        var flags = UInt32(CURLU_NON_SUPPORT_SCHEME)
        if let base {
            // Servers do write blanks and umlauts into Location.
            flags |= UInt32(CURLU_URLENCODE)
            try Self.check(curl_url_set(parser, CURLUPART_URL, base, UInt32(CURLU_NON_SUPPORT_SCHEME)))
        } else {
            try Self.checkCharacters(text)
        }
        try Self.checkShape(text)
        try Self.check(curl_url_set(parser, CURLUPART_URL, text, flags))

        let scheme = Self.part(parser, CURLUPART_SCHEME)?.lowercased() ?? ""
        guard scheme == "http" || scheme == "https" else {
            throw AddressProblem(reason: "its scheme is \(scheme), and only http and https are spoken here")
        }
        guard let host = Self.part(parser, CURLUPART_HOST)?.lowercased(), !host.isEmpty,
            let port = Self.part(parser, CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT)),
            let whole = Self.part(parser, CURLUPART_URL)
        else { throw AddressProblem(reason: "it names no host") }

        self.text = whole
        self.origin = Origin(scheme: scheme, host: host, port: port)
        self.password = Self.part(parser, CURLUPART_PASSWORD)
        for part in [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS, CURLUPART_FRAGMENT] {
            try Self.check(curl_url_set(parser, part, nil, 0))
        }
        self.effective = Self.part(parser, CURLUPART_URL) ?? ""
        try Self.check(curl_url_set(parser, CURLUPART_QUERY, nil, 0))
        self.redacted = Self.part(parser, CURLUPART_URL) ?? ""
    }

    private static func checkCharacters(_ text: String) throws(AddressProblem) {
        if let bad = text.utf8.first(where: { $0 <= 0x20 || $0 >= 0x7F }) {
            throw AddressProblem(
                reason: "it has the byte 0x\(String(bad, radix: 16)) in it, which must be percent-encoded"
            )
        }
    }

    /// Refuses what libcurl reads in one way and other software in another.
    private static func checkShape(_ text: String) throws(AddressProblem) {
        guard !text.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "\\") }) else {
            throw AddressProblem(reason: "it has a NUL or a backslash in it")
        }
        let lowercased = text.lowercased()
        for scheme in ["http:", "https:"] where lowercased.hasPrefix(scheme) {
            let rest = lowercased.dropFirst(scheme.count)
            guard rest.hasPrefix("//"), !rest.hasPrefix("///") else {
                throw AddressProblem(reason: "its scheme is not followed by // and a host")
            }
        }
    }

    private static func check(_ result: CURLUcode) throws(AddressProblem) {
        guard result == CURLUE_OK else {
            let text = String(cString: curl_url_strerror(result))
            throw AddressProblem(reason: "it is no http or https URL with a host (\(text))")
        }
    }

    private static func part(_ parser: OpaquePointer, _ part: CURLUPart, _ flags: UInt32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(parser, part, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}

/// Why a text is no address that the client talks to.
struct AddressProblem: Error, Hashable, Sendable {
    var reason: String

    /// What can be shown of a text that is not known to be a URL: no query, no user information, no control characters.
    static func redact(_ text: String) -> String {
        var shown = text.prefix { $0 != "?" && $0 != "#" }
        if let at = shown.lastIndex(of: "@") {
            shown = shown[shown.index(after: at)...]
        }
        return shown.prefix(200).unicodeScalars.map { $0.isASCII ? $0.escaped(asASCII: true) : String($0) }.joined()
    }
}
