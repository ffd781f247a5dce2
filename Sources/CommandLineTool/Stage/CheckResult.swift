/// What was seen where something was tried on a stage, in one sentence.
enum Finding: Hashable, Sendable {
    /// The stage did what it must.
    case held(String)
    /// It did not.
    case broken(String)

    var isHeld: Bool { if case .held = self { true } else { false } }

    var seen: String {
        switch self {
        case .held(let seen), .broken(let seen): seen
        }
    }
}

/// One thing that a stage must do, and how that is tried.
struct CheckPart {
    var title: String
    var attempt: () async throws -> Finding
}

/// What became of one thing that was tried on a stage.
struct CheckResult: Hashable, Sendable {
    /// What a stage must do.
    var title: String
    /// Whether it did.
    var finding: Finding

    /// The result as a line for people.
    func line(_ terminal: Terminal) -> String {
        let held = finding.isHeld
        let word = terminal.paint(held ? "held  " : "BROKEN", held ? .good : .bad)
        return "\(word)  \(title): \(terminal.paint(SafeText.line(finding.seen), held ? .faint : .plain))"
    }
}

extension [CheckPart] {
    /// Tries one after the other; where the first one is broken the others are left out.
    ///
    /// - Parameters:
    ///   - only: only what has this in its title, beside the first one; nil for all.
    ///   - told: called with each result as it is there.
    /// - Returns: the results.
    /// - Throws: what stands in the way of a trial.
    func run(only: String?, _ told: (CheckResult) -> Void) async throws -> [CheckResult] {
        var results: [CheckResult] = []
        for (index, part) in enumerated() {
            if index > 0, let only, !part.title.lowercased().contains(only.lowercased()) { continue }
            let result = CheckResult(title: part.title, finding: try await part.attempt())
            results.append(result)
            told(result)
            if index == 0, !result.finding.isHeld { break }
        }
        return results
    }
}
