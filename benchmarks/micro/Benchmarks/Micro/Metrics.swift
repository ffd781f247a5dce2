import Benchmark

/// What is measured of everything; instructions are left out where the machine does not let them be counted.
extension BenchmarkMetric {
    static var timed: [BenchmarkMetric] { [.wallClock, .cpuTotal, .throughput, .instructions] }
}

/// What is counted, of one iteration and whatever the machine; `make bench-micro` holds it to `Thresholds`.
extension BenchmarkMetric {
    /// The bytes of one message.
    static let messageBytes = custom("messageBytes", useScalingFactor: false)
    /// The changes in one commit of the ledger, each one statement of SQL.
    static let changes = custom("changes", useScalingFactor: false)
    /// The deliveries that one commit hands out.
    static let handOuts = custom("handOuts", useScalingFactor: false)
    /// The bytes that one commit adds to the write-ahead log, by the incident.
    static let walBytes = custom("walBytes", useScalingFactor: false)
    /// The bytes of one exposition.
    static let expositionBytes = custom("expositionBytes", useScalingFactor: false)
    /// The connections that a client has ever opened.
    static let connections = custom("connections", useScalingFactor: false)
}

/// What a benchmark cannot go on from.
struct BenchmarkFailure: Error, CustomStringConvertible {
    let description: String
}
