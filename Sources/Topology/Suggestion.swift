/// Which of the known words was meant.
enum Suggestion {
    /// The nearest known word, where one is near enough to be a slip of the fingers.
    static func nearest(to word: String, among known: some Sequence<String>) -> String? {
        let limit = max(1, word.count / 3)
        return
            known
            .map { (word: $0, distance: distance(word.lowercased(), $0.lowercased())) }
            .filter { $0.distance <= limit }
            .min { ($0.distance, $0.word) < ($1.distance, $1.word) }?
            .word
    }

    /// ` (did you mean `x`?)`, or nothing.
    static func hint(for word: String, among known: some Sequence<String>) -> String {
        nearest(to: word, among: known).map { " (did you mean `\($0)`?)" } ?? ""
    }

    /// How many letters must be put in, left out, changed or swapped with their neighbour.
    static func distance(_ left: String, _ right: String) -> Int {
        let a = Array(left.prefix(100))
        let b = Array(right.prefix(100))
        if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in 1...a.count {
            var row = [Int](repeating: i, count: b.count + 1)
            for j in 1...b.count {
                let change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                row[j] = min(last[j] + 1, row[j - 1] + 1, change)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    row[j] = min(row[j], beforeLast[j - 2] + 1)
                }
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}
