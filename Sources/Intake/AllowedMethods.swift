import HTTPTypes

/// Which methods a path takes: what tells "wrong method" (405) from "no such thing" (404).
struct AllowedMethods: Sendable {
    private let patterns: [(method: HTTPRequest.Method, segments: [Substring])]

    /// The methods of these paths; a segment that begins with a colon stands for any.
    init(_ calls: [(method: HTTPRequest.Method, path: String)]) {
        patterns = calls.map { ($0.method, $0.path.split(separator: "/")) }
    }

    /// The methods that this path takes, in the order of the calls; empty for a path that there is not.
    func methods(of path: String) -> [HTTPRequest.Method] {
        let segments = path.split(separator: "/")
        let matching = patterns.filter { pattern in
            pattern.segments.count == segments.count
                && zip(pattern.segments, segments).allSatisfy { $0.hasPrefix(":") || $0 == $1 }
        }
        return matching.map(\.method)
    }
}
