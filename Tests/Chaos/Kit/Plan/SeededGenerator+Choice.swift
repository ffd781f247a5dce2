import TestSupport

extension SeededGenerator {
    /// A number of the range, both ends included.
    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// One of a few.
    mutating func one<Element>(of elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self)]
    }

    /// So many of them, each once, in the order in which they stand.
    mutating func some<Element>(_ count: Int, of elements: [Element]) -> [Element] {
        let chosen = Set(elements.indices.shuffled(using: &self).prefix(count))
        return elements.indices.filter(chosen.contains).map { elements[$0] }
    }
}
