/// One request on the wire: the caller's own, or what a redirect makes of it.
struct Hop: Hashable, Sendable {
    var method: HTTPRequest.Method
    var address: Address
    var headers: [HTTPHeader]
    /// Nil sends no body at all, empty sends `Content-Length: 0`.
    var body: [UInt8]?

    /// What an answer leads to.
    enum Next: Hashable, Sendable {
        /// It is the answer.
        case deliver
        /// It points elsewhere, and that is followed.
        case follow(Hop)
        /// It points elsewhere, and that is not allowed.
        case refuse(String)
    }

    /// Decides about an answer to this hop (RFC 9110, section 15.4).
    ///
    /// Nothing sensitive goes to another scheme, host or port: not a sensitive header, not a body.
    ///
    /// - Parameters:
    ///   - status: The answer's status.
    ///   - location: Its `Location`.
    ///   - redirectsLeft: How many redirects may still be followed.
    /// - Returns: What the answer leads to.
    func next(status: Int, location: String?, redirectsLeft: Int) -> Next {
        guard [301, 302, 303, 307, 308].contains(status), let location else { return .deliver }
        let target: Address
        do throws(AddressProblem) {
            target = try address.resolving(location)
        } catch {
            return .refuse("the server answered \(status) with a Location that cannot be followed: \(error.reason)")
        }
        let pointer = "the server answered \(status) and points to \(target.redacted)"
        guard redirectsLeft > 0 else {
            return .refuse("\(pointer): use that address, or allow (more) redirects")
        }
        if address.origin.scheme == "https", target.origin.scheme != "https" {
            return .refuse("\(pointer), which would give up TLS")
        }
        let leaves = target.origin != address.origin
        var hop = Hop(method: method(after: status), address: target, headers: headers, body: body)
        if hop.method != method {
            hop.body = nil
            hop.headers.removeAll { $0.name.lowercased().hasPrefix("content-") }
        }
        if leaves {
            guard hop.body ?? [] == [] else {
                return .refuse("\(pointer), another server, to which a body is not sent on")
            }
            hop.headers.removeAll { $0.isSensitive || $0.name.lowercased() == "host" }
        }
        return .follow(hop)
    }

    /// 307 and 308 keep the method; 303 makes all but HEAD a GET; 301 and 302 do so with POST, as browsers do.
    private func method(after status: Int) -> HTTPRequest.Method {
        switch (status, method) {
        case (303, .head), (307, _), (308, _): method
        case (303, _), (_, .post): .get
        default: method
        }
    }
}
