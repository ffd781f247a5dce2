import Metrics
import Synchronization

/// A counter's value.
///
/// It never goes down while the process lives, so `reset` does nothing: whoever reads cumulative
/// samples would take a step back for a new process.
final class CounterCell: CounterHandler, FloatingPointCounterHandler, Sendable {
    private let whole = Atomic<UInt64>(0)
    private let fraction = Mutex(0.0)

    var value: Double { Double(whole.load(ordering: .relaxed)) + fraction.withLock { $0 } }

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        whole.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        fraction.withLock { $0 += amount }
    }

    func reset() {}
}

/// A gauge's value, nil until it is first set.
final class GaugeCell: MeterHandler, RecorderHandler, Sendable {
    private let state = Mutex<Double?>(nil)

    var value: Double? { state.withLock { $0 } }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { state.withLock { $0 = value.isFinite ? value : $0 } }
    func increment(by amount: Double) { add(amount) }
    func decrement(by amount: Double) { add(-amount) }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    private func add(_ amount: Double) {
        state.withLock { value in
            let sum = (value ?? 0) + amount
            if sum.isFinite { value = sum }
        }
    }
}

/// A histogram's buckets; a Timer's are in seconds.
final class HistogramCell: TimerHandler, RecorderHandler, Sendable {
    private let state: Mutex<Histogram>

    init(bounds: [Double]) {
        state = Mutex(Histogram(bounds: bounds))
    }

    var value: Histogram { state.withLock { $0 } }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { state.withLock { $0.observe(value) } }
}
