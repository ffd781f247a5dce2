/// What names may look like.
///
/// ASCII throughout: a look-alike letter would be another name.
enum NameRule {
    private static let small = Set("abcdefghijklmnopqrstuvwxyz")
    private static let digits = Set("0123456789")
    private static let large = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

    private static func matches(
        _ text: String,
        first: Set<Character>,
        rest: Set<Character>,
        most: Int
    ) -> Bool {
        guard let head = text.first, first.contains(head), text.utf8.count <= most else { return false }
        return text.dropFirst().allSatisfy(rest.contains)
    }

    /// A stage: `^[a-z][a-z0-9-]{0,30}$`.
    static func stage(_ text: String) -> Bool {
        matches(text, first: small, rest: small.union(digits).union("-"), most: 31)
    }

    /// A playbook: `^[a-z0-9-]{1,40}$`.
    static func playbook(_ text: String) -> Bool {
        let all = small.union(digits).union("-")
        return matches(text, first: all, rest: all, most: 40)
    }

    /// A setting: `^[a-z][a-z0-9._-]{0,60}$`.
    static func setting(_ text: String) -> Bool {
        matches(text, first: small, rest: small.union(digits).union("._-"), most: 61)
    }

    /// A severity: `^[a-z][a-z0-9-]{0,30}$`.
    static func severity(_ text: String) -> Bool { stage(text) }

    /// A parameter of a Coder template: `^[A-Za-z_][A-Za-z0-9_-]{0,63}$`.
    static func parameter(_ text: String) -> Bool {
        let first = small.union(large).union("_")
        return matches(text, first: first, rest: first.union(digits).union("-"), most: 64)
    }

    /// A type of event: `^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$`, at most 64 characters.
    static func eventType(_ text: String) -> Bool {
        let words = text.split(separator: ".", omittingEmptySubsequences: false)
        return words.count >= 2 && text.utf8.count <= 64
            && words.allSatisfy {
                matches(String($0), first: small, rest: small.union(digits).union("_"), most: 64)
            }
    }

    /// A template or user: `^[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*$`, Coder's rule (`codersdk/name.go`), long enough for an id.
    static func template(_ text: String) -> Bool {
        let all = small.union(large).union(digits)
        return text.utf8.count <= 36
            && text.split(separator: "-", omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty && $0.allSatisfy(all.contains)
            }
    }

    static let templateRemedy = "write letters and digits with single dashes between them, or a template's id"
}
