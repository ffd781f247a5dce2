/// Paths as texts; nothing here looks at the file system.
enum PathText {
    /// The folder part: `a/b.yaml` → `a`, `b.yaml` → `.`, `/b.yaml` → `/`.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Removes empty and `.` steps, and `..` with the step before it.
    static func normal(_ path: String) -> String {
        var steps: [Substring] = []
        for step in path.split(separator: "/") where step != "." {
            if step == "..", let last = steps.last, last != ".." {
                steps.removeLast()
            } else if !(step == ".." && path.hasPrefix("/")) {
                steps.append(step)
            }
        }
        let joined = steps.joined(separator: "/")
        if path.hasPrefix("/") { return "/" + joined }
        return joined.isEmpty ? "." : joined
    }
}
