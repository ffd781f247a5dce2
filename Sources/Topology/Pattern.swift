/// A glob: `*` stands for any characters or none, `?` for one; everything else for itself, in the same case.
public struct Glob: Hashable, Sendable, CustomStringConvertible {
    /// As it was written.
    public let description: String
    private let pattern: [Unicode.Scalar]

    /// A glob of any text.
    public init(_ text: String) {
        description = text
        pattern = Array(text.unicodeScalars)
    }

    /// Whether the whole text matches; takes at most pattern × text steps, whatever the pattern.
    public func matches(_ text: some StringProtocol) -> Bool {
        let text = Array(text.unicodeScalars)
        var p = 0
        var t = 0
        // Where the latest `*` stands and how far it reaches; an earlier one never needs to reach further.
        var star: (pattern: Int, text: Int)?
        while t < text.count {
            if p < pattern.count, pattern[p] == "*" {
                star = (p, t)
                p += 1
            } else if p < pattern.count, pattern[p] == "?" || pattern[p] == text[t] {
                p += 1
                t += 1
            } else if let reached = star {
                star = (reached.pattern, reached.text + 1)
                p = reached.pattern + 1
                t = reached.text + 1
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == "*" }
    }
}

/// What a description must mention, without regard to case.
///
/// Words without `*` and `?` match where the same words follow each other (`not responding`, never `unresponding`). A
/// single word with them is a glob that one word must match (`load*`); with spaces it is a glob for the whole text.
public struct Mention: Hashable, Sendable, CustomStringConvertible {
    private enum Form: Hashable, Sendable {
        case words([String])
        case word(Glob)
        case whole(Glob)
    }

    /// As it was written.
    public let description: String
    private let form: Form

    /// A mention; one without a letter or digit matches nothing, and the policy file may not hold it.
    public init(_ text: String) {
        description = text
        let lowered = text.lowercased()
        if !lowered.contains(where: { $0 == "*" || $0 == "?" }) {
            form = .words(Mention.words(lowered))
        } else if lowered.contains(" ") {
            form = .whole(Glob(lowered))
        } else {
            form = .word(Glob(lowered))
        }
    }

    /// Whether it can match at all.
    var isEmpty: Bool {
        if case .words(let words) = form { words.isEmpty } else { false }
    }

    /// Whether a description mentions it.
    public func matches(_ description: String) -> Bool {
        let lowered = description.lowercased()
        switch form {
        case .whole(let glob): return glob.matches(lowered)
        case .word(let glob): return Mention.words(lowered).contains { glob.matches($0) }
        case .words(let wanted):
            let words = Mention.words(lowered)
            guard !wanted.isEmpty, words.count >= wanted.count else { return false }
            return (0...words.count - wanted.count).contains { words[$0..<$0 + wanted.count].elementsEqual(wanted) }
        }
    }

    /// Runs of letters, digits, `_` and `-`.
    private static func words(_ text: String) -> [String] {
        text.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }.map(String.init)
    }
}
