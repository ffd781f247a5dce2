/// Whether a process's memory grows with its work, from readings after equal shares of it.
struct MemoryGrowth: CustomStringConvertible {
    /// How many readings there are.
    static let rounds = 5

    private var readings: [Int] = []

    /// Takes the bytes in RAM after another share of the work.
    mutating func note(_ bytes: Int) { readings.append(bytes) }

    /// Whether the last readings are all well above the first ones.
    ///
    /// A heap goes up and down by what is in hand at the moment; what is kept for each delivery lifts all that follow.
    var isGrowing: Bool {
        guard readings.count == Self.rounds, let early = readings.prefix(2).max(), let late = readings.suffix(2).min()
        else { return false }
        return late - early > max(4 << 20, early / 10)
    }

    /// The readings: `36.2, 36.4 MiB`.
    var description: String {
        readings.map { MemoryText.mebibytes($0) }.joined(separator: ", ") + " MiB"
    }
}

enum MemoryText {
    /// In MiB, with one digit: `23.4`.
    static func mebibytes(_ bytes: Int) -> String {
        let tenths = Int((Double(bytes) / Double(1 << 20) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
