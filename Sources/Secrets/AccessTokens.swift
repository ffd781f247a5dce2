import Crypto
import Foundation

/// What the holder of a token may do.
public enum AccessScope: String, Sendable, Hashable, CaseIterable {
    /// Bring incidents.
    case send
    /// See incidents, logs, readiness, metrics.
    case read
    /// Cancel and retry.
    case operate
}

/// One bearer token: who holds it and what it allows.
///
/// Only its digest is kept, so that the token can be in no description and no dump.
public struct AccessToken: Sendable {
    /// The holder's name for the timeline and the log; nil for a plain token, which names nobody.
    public let name: String?
    /// What it allows.
    public let scopes: Set<AccessScope>
    fileprivate let digest: SHA256Digest
}

/// The bearer tokens that are valid at once.
///
/// One a line: `NAME SCOPE[,SCOPE…] TOKEN`, or a plain `TOKEN`, which allows everything and names nobody. Empty lines and
/// lines that begin with `#` are left out. Two lines may have one name, so that a token can be replaced without a gap.
public struct AccessTokens: Sendable {
    /// In the order of the lines; never empty.
    public let all: [AccessToken]

    private static let most = 200

    /// Reads a list.
    ///
    /// - Parameter text: the lines.
    /// - Throws: ``SecretError`` that names the line, never its text.
    public init(_ text: String) throws(SecretError) {
        var all: [AccessToken] = []
        for line in try Self.lines(of: text) {
            let digest = SHA256.hash(data: Data(line.token.utf8))
            guard !all.contains(where: { $0.digest == digest }) else {
                throw SecretError(what: "line \(line.number) repeats the token of a line before it; keep one")
            }
            all.append(AccessToken(name: line.name, scopes: line.scopes, digest: digest))
        }
        self.all = all
    }

    /// The entry of a token that a caller shows; nil where there is none.
    ///
    /// Digests are compared, in constant time, and always all of them: how long it takes says nothing about the tokens.
    public func entry(of given: String) -> AccessToken? {
        let digest = SHA256.hash(data: Data(given.utf8))
        var found: AccessToken?
        for token in all where token.digest == digest { found = token }
        return found
    }

    /// The token by which a program of our own calls intake, from the file that intake reads.
    ///
    /// - Returns: the first of those that allow most.
    /// - Throws: ``SecretError`` where the list is wrong.
    public static func callersToken(in text: String) throws(SecretError) -> String {
        // A list without a line is refused.
        try lines(of: text).max { $0.scopes.count < $1.scopes.count }?.token ?? ""
    }

    // MARK: - Lines

    private struct Line {
        var number: Int
        var name: String?
        var scopes: Set<AccessScope>
        var token: String
    }

    private static func lines(of text: String) throws(SecretError) -> [Line] {
        var lines: [Line] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            lines.append(try Self.line(index + 1, words))
        }
        guard !lines.isEmpty else { throw SecretError(what: "there is no token; write one a line") }
        guard lines.count <= most else { throw SecretError(what: "there are over \(most) tokens; remove some") }
        return lines
    }

    private static func line(_ number: Int, _ words: [String]) throws(SecretError) -> Line {
        if words.count == 1 {
            return Line(number: number, name: nil, scopes: Set(AccessScope.allCases), token: words[0])
        }
        guard words.count == 3 else {
            throw SecretError(
                what: "line \(number) has \(words.count) words; write NAME SCOPE[,SCOPE] TOKEN, or a token"
            )
        }
        guard isName(words[0]) else {
            throw SecretError(
                what: "line \(number) begins with no name; use at most 64 letters, digits, dots, dashes, underscores, @"
            )
        }
        var scopes: Set<AccessScope> = []
        for word in words[1].split(separator: ",", omittingEmptySubsequences: false) {
            guard let scope = AccessScope(rawValue: String(word)) else {
                let known = AccessScope.allCases.map(\.rawValue).joined(separator: ", ")
                throw SecretError(what: "line \(number) has a scope that there is not; there are \(known)")
            }
            scopes.insert(scope)
        }
        return Line(number: number, name: words[0], scopes: scopes, token: words[2])
    }

    /// Whether a text can be a holder's name: safe in a log line, a timeline and a terminal.
    public static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                    UInt8(ascii: "@"):
                    true
                default: false
                }
            }
    }
}
