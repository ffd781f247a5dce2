/// Adds up the samples of many processes that come, go, restart and repeat themselves.
///
/// Counters and histograms are summed over all processes there ever were: each batch adds what grew since the batch
/// before it of the same process, so totals never go down. Gauges are shown for each living process, labelled with its
/// `instance` and `stage`, or summed over them. A value without clock: time is given with every call, as a length since
/// any fixed moment, and must not run backwards.
public struct Aggregator: Sendable {
    /// How much it is willing to keep.
    public struct Bounds: Sendable, Hashable {
        /// Processes that are remembered, living or silent.
        public var instances = 1_000
        /// Lines of the exposition, about; a histogram counts with all its lines.
        public var series = 10_000
        /// Samples that are remembered, over all processes.
        public var samples = 200_000
        /// Labels of a sample.
        public var labels = 16
        /// A process's gauges are shown until it has been silent for so long.
        public var gaugesFor: Duration = .seconds(30)
        /// A process that has been silent for so long gives way to a new one; its counts stay in the totals.
        public var silentAfter: Duration = .seconds(300)
        /// A process that has been silent for so long is forgotten.
        ///
        /// Should it speak again (it was frozen), its first
        /// batch only tells where its counts stand.
        public var forgottenAfter: Duration = .seconds(3_600)
        /// Names of forgotten processes that are kept, so that they are known should they speak again.
        public var forgotten = 10_000

        /// The defaults.
        public init() {}
    }

    let bounds: Bounds
    private var catalogue: Catalogue
    private var totals: [SeriesKey: MetricFamily.Value] = [:]
    private var processes: [ProcessKey: Process] = [:]
    /// The last sequence of each.
    private var forgotten: BoundedMap<ProcessKey, UInt64>
    private var remembered = 0
    private var gauges = 0
    private var refused: [Refusal: UInt64] = [:]
    private var batches: UInt64 = 0

    /// Nothing heard yet.
    public init(bounds: Bounds = Bounds()) {
        self.bounds = bounds
        catalogue = Catalogue(bounds: bounds)
        forgotten = BoundedMap(most: bounds.forgotten)
    }

    /// Takes one batch.
    ///
    /// - Returns: what of it was not taken, with how often; empty where all was.
    @discardableResult
    public mutating func take(_ batch: SampleBatch, at now: Duration) -> [Refusal: Int] {
        advance(to: now)
        batches += 1
        var refusals: [Refusal: Int] = [:]
        merge(batch, now, &refusals)
        for (reason, count) in refusals { refused[reason, default: 0] += UInt64(count) }
        return refusals
    }

    /// Forgets what has been silent for too long; called by ``take(_:at:)`` too.
    public mutating func advance(to now: Duration) {
        for (key, process) in processes where now - process.heard >= bounds.silentAfter {
            if now - process.heard >= bounds.forgottenAfter {
                forget(key)
            } else if !process.isSilent {
                dropGauges(key)
            }
        }
    }

    private mutating func merge(_ batch: SampleBatch, _ now: Duration, _ refusals: inout [Refusal: Int]) {
        guard ProcessKey.isSound(batch) else {
            refusals[.process, default: 0] += 1
            return
        }
        let key = ProcessKey(instance: batch.instance, started: batch.started)
        let earlier = forgotten[key]
        if let sequence = processes[key]?.sequence ?? earlier, batch.sequence <= sequence {
            refusals[.stale, default: 0] += 1
            return
        }
        guard processes[key] != nil || makeRoom() else {
            refusals[.tooManyProcesses, default: 0] += 1
            return
        }
        forgotten[key] = nil
        // Taken out, so that it is changed in place.
        var process = processes.removeValue(forKey: key) ?? Process(stage: batch.stage, heard: now)
        defer { processes[key] = process }
        process.sequence = batch.sequence
        process.heard = now
        process.isSilent = false
        gauges -= process.gauges.count
        process.gauges = [:]
        for sample in batch.samples {
            do {
                // What a forgotten process counted is in the totals already.
                try merge(sample, &process, isBaseline: earlier != nil)
            } catch {
                refusals[error, default: 0] += 1
            }
        }
    }

    private mutating func merge(
        _ sample: Sample,
        _ process: inout Process,
        isBaseline: Bool
    ) throws(Refusal) {
        let (key, value) = try catalogue.check(sample)
        if sample.kind == .gauge {
            guard case .number(let number) = value else { throw .value }
            guard process.gauges[key] != nil || catalogue.lines + gauges < bounds.series else { throw .tooManySeries }
            if process.gauges.updateValue(number, forKey: key) == nil { gauges += 1 }
            return
        }
        let before = process.counted[key]
        guard let growth = Growth.between(before, value) else { throw .backwards }
        if before == nil {
            guard remembered < bounds.samples else { throw .tooManySamples }
        }
        if totals[key] == nil {
            let lines = catalogue.linesOf(value)
            guard catalogue.lines + gauges + lines <= bounds.series else { throw .tooManySeries }
            catalogue.lines += lines
        }
        if before == nil { remembered += 1 }
        process.counted[key] = value
        totals[key] = Growth.sum(totals[key], isBaseline ? Growth.nothing(like: value) : growth)
    }

    // MARK: Coming and going

    private mutating func makeRoom() -> Bool {
        guard processes.count >= bounds.instances else { return true }
        guard let oldest = processes.min(by: { $0.value.heard < $1.value.heard }), oldest.value.isSilent else {
            return false
        }
        forget(oldest.key)
        return true
    }

    private mutating func forget(_ key: ProcessKey) {
        guard let process = processes.removeValue(forKey: key) else { return }
        gauges -= process.gauges.count
        remembered -= process.counted.count
        forgotten[key] = process.sequence
    }

    private mutating func dropGauges(_ key: ProcessKey) {
        gauges -= processes[key]?.gauges.count ?? 0
        processes[key]?.gauges = [:]
        processes[key]?.isSilent = true
    }

    // MARK: Reading

    /// Everything there is to show, with what the aggregator says of itself.
    public func families(at now: Duration) -> [MetricFamily] {
        var series: [String: [[String: String]: MetricFamily.Value]] = [:]
        for (key, value) in totals { series[key.name, default: [:]][key.labels] = value }
        for (key, process) in latest(now) {
            for (gauge, value) in process.gauges {
                var labels = gauge.labels
                if catalogue.isSummed(gauge.name) {
                    var sum = value
                    if case .number(let other)? = series[gauge.name]?[labels] { sum += other }
                    series[gauge.name, default: [:]][labels] = .number(sum)
                } else {
                    labels["instance"] = key.instance
                    labels["stage"] = process.stage
                    series[gauge.name, default: [:]][labels] = .number(value)
                }
            }
        }
        return own(now)
            + series.compactMap { name, values in
                catalogue.family(name, values.map { MetricFamily.Series(labels: $0.key, value: $0.value) })
            }
    }

    /// The living processes; of one that was restarted under the same name only the one heard last.
    private func latest(_ now: Duration) -> [(ProcessKey, Process)] {
        var latest: [String: (ProcessKey, Process)] = [:]
        for (key, process) in processes where now - process.heard < bounds.gaugesFor {
            if let other = latest[key.instance],
                (other.1.heard, other.0.started) > (process.heard, key.started)
            {
                continue
            }
            latest[key.instance] = (key, process)
        }
        return latest.values.sorted { $0.0.instance < $1.0.instance }
    }

    private func own(_ now: Duration) -> [MetricFamily] {
        let living = processes.values.count { now - $0.heard < bounds.gaugesFor }
        return [
            MetricFamily(
                name: "mendline_metrics_instances",
                kind: .gauge,
                help: "Processes whose samples came lately.",
                series: [MetricFamily.Series(labels: [:], value: .number(Double(living)))]
            ),
            MetricFamily(
                name: "mendline_metrics_batches_total",
                kind: .counter,
                help: "Batches of samples that came in.",
                series: [MetricFamily.Series(labels: [:], value: .number(Double(batches)))]
            ),
            MetricFamily(
                name: "mendline_metrics_refused_total",
                kind: .counter,
                help: "Samples and batches that were not taken, by reason.",
                series: Refusal.allCases.map {
                    MetricFamily.Series(
                        labels: ["reason": $0.rawValue],
                        value: .number(Double(refused[$0] ?? 0))
                    )
                }
            ),
        ]
    }
}

/// Why a sample, or a whole batch, was not taken.
public enum Refusal: String, Error, Sendable, Hashable, CaseIterable {
    /// The batch's instance, stage or start is no name.
    case process
    /// Not newer than what was taken from the same process.
    case stale
    /// As many processes as are remembered are living.
    case tooManyProcesses = "too_many_processes"
    /// As many series as are shown.
    case tooManySeries = "too_many_series"
    /// As many samples as are remembered.
    case tooManySamples = "too_many_samples"
    /// A name or label that Prometheus does not know, or one that is ours.
    case name
    /// No value, or one that its kind cannot have.
    case value
    /// Another kind or other buckets than the series of this name have.
    case conflict
    /// A count that went down within one process.
    case backwards
}
