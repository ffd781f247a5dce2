/// Makes ULIDs: 26 characters of Crockford's base 32, the time first, so that they sort by the moment they were made.
///
/// A value, not a global: the pure core carries one seeded by its shell, and a simulation seeds it to repeat itself.
public struct UniqueIDGenerator: Sendable {
    private var state: UInt64

    /// A generator whose random part follows from the seed.
    public init(seed: UInt64) { state = seed }

    /// A generator seeded by the system.
    public init() { self.init(seed: UInt64.random(in: .min ... .max)) }

    /// The next identifier, for something that happens at this moment.
    public mutating func next(at time: Timestamp) -> String {
        let high = next()
        let low = next()
        var bytes = [UInt8](repeating: 0, count: 26)
        var rest = UInt64(clamping: time.milliseconds)
        for index in (0..<10).reversed() {
            bytes[index] = Self.alphabet[Int(rest & 31)]
            rest >>= 5
        }
        for index in 0..<8 {
            bytes[10 + index] = Self.alphabet[Int(high >> (UInt64(index) * 5) & 31)]
            bytes[18 + index] = Self.alphabet[Int(low >> (UInt64(index) * 5) & 31)]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A random number below the bound, for jitter.
    public mutating func number(below bound: UInt64) -> UInt64 { bound == 0 ? 0 : next() % bound }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
}
