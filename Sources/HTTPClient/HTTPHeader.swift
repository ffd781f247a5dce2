/// One header field of a request or an answer.
///
/// The value of a sensitive header is never printed, never part of an error, and never sent to another
/// host, port or scheme than the one that the request named.
public struct HTTPHeader: Hashable, Sendable {
    /// The field's name, an RFC 9110 token; compared without regard to case.
    public var name: String

    /// The field's value, without line breaks.
    public var value: String

    /// Whether the value is a secret, either because the caller said so or because of its name.
    public var isSensitive: Bool { markedSensitive || Self.alwaysSensitive.contains(name.lowercased()) }

    private var markedSensitive: Bool

    /// Makes a header field.
    ///
    /// `Authorization`, `Proxy-Authorization`, `Cookie` and `Set-Cookie` are sensitive whatever `isSensitive` says.
    public init(name: String, value: String, isSensitive: Bool = false) {
        self.name = name
        self.value = value
        self.markedSensitive = isSensitive
    }

    private static let alwaysSensitive: Set<String> = [
        "authorization", "proxy-authorization", "cookie", "set-cookie",
    ]
}

extension HTTPHeader: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `name: value`, with the value of a sensitive header left out.
    public var description: String { "\(name): \(isSensitive ? "(not shown)" : value)" }

    /// The same as `description`, so that an array of headers does not print secrets either.
    public var debugDescription: String { description }

    /// A mirror without the value, so that `dump` does not print secrets either.
    public var customMirror: Mirror { Mirror(self, children: ["field": description]) }
}
