/// A dictionary that lets go of what was put in longest ago when it is full.
struct BoundedMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let most: Int
    private var values: [Key: (value: Value, turn: UInt64)] = [:]
    /// Every key at the turn it was put in; a pair whose turn is no longer the key's is passed over.
    private var order: [(key: Key, turn: UInt64)] = []
    private var turn: UInt64 = 0

    init(most: Int) {
        self.most = most
    }

    var count: Int { values.count }

    subscript(key: Key) -> Value? {
        get { values[key]?.value }
        set {
            guard let newValue else {
                values[key] = nil
                return
            }
            turn += 1
            values[key] = (newValue, turn)
            order.append((key, turn))
            if values.count > most { dropOldest() }
            // Every key has one current pair, so half of the order or more is passed over.
            if order.count > 2 * most + 16 { order.removeAll { values[$0.key]?.turn != $0.turn } }
        }
    }

    private mutating func dropOldest() {
        guard let oldest = order.firstIndex(where: { values[$0.key]?.turn == $0.turn }) else { return }
        values[order[oldest].key] = nil
        order.removeFirst(oldest + 1)
    }
}
