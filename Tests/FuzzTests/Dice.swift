import TestSupport

/// Pseudo-random numbers that a seed alone decides, and what is made of them.
struct Dice {
    private var numbers: SeededGenerator

    init(seed: UInt64) { numbers = SeededGenerator(seed: seed) }

    mutating func next() -> UInt64 { numbers.next() }

    /// A number below `bound`; 0 where that is not positive.
    mutating func below(_ bound: Int) -> Int { bound > 0 ? Int(next() % UInt64(bound)) : 0 }

    /// True once in so many times.
    mutating func oneIn(_ times: Int) -> Bool { below(times) == 0 }

    /// One of these, which are not none.
    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}
