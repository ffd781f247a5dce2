/// Values by their ids, which counts some of them as they change: a look at all of a hundred thousand takes some ten
/// milliseconds, in which nobody is answered.
struct CountedTable<Value: Sendable>: Sendable {
    /// Entries are large: where the table grows, references are moved and not they.
    private final class Entry: Sendable {
        let value: Value

        init(_ value: Value) { self.value = value }
    }

    private var entries: [String: Entry] = [:]
    /// How many values have each mark.
    private(set) var counts: [String: Int] = [:]
    private let mark: @Sendable (Value) -> String?

    /// An empty table.
    ///
    /// - Parameter mark: what a value is counted as; nil where it is not.
    init(countedBy mark: @escaping @Sendable (Value) -> String?) { self.mark = mark }

    var count: Int { entries.count }

    var values: some Sequence<Value> { entries.values.lazy.map(\.value) }

    subscript(id: String) -> Value? {
        get { entries[id]?.value }
        set {
            let before = newValue.map { entries.updateValue(Entry($0), forKey: id) } ?? entries.removeValue(forKey: id)
            let marks = (before: before.flatMap { mark($0.value) }, after: newValue.flatMap(mark))
            guard marks.before != marks.after else { return }
            if let mark = marks.before { counts[mark, default: 0] -= 1 }
            if let mark = marks.after { counts[mark, default: 0] += 1 }
        }
    }

    /// Takes a value out.
    mutating func removeValue(forKey id: String) -> Value? {
        let value = self[id]
        self[id] = nil
        return value
    }
}
