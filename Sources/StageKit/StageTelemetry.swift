import Messages
import Metrics
import MetricsCore

/// What every stage counts about its deliveries.
struct StageTelemetry: Sendable {
    private let stage: String
    private let takenCount: Counter
    private let secondsInHand: Metrics.Timer
    private let held: Gauge
    private let capacity: Gauge

    init(stage: String) {
        self.stage = stage
        let labels = [("stage", stage)]
        takenCount = Counter(label: "mendline_deliveries_taken_total", dimensions: labels)
        secondsInHand = Metrics.Timer(label: "mendline_delivery_in_hand_seconds", dimensions: labels)
        held = Gauge(label: "mendline_deliveries_held", dimensions: labels)
        capacity = Gauge(label: "mendline_delivery_capacity", dimensions: labels)
    }

    func taken() { takenCount.increment() }

    func dropped(_ reason: String) {
        Counter(label: "mendline_deliveries_dropped_total", dimensions: [("stage", stage), ("reason", reason)])
            .increment()
    }

    func settled(_ outcome: Outcome, after time: Duration? = nil) {
        let word =
            switch outcome {
            case .done: "done"
            case .failed: "failed"
            case .deferred: "deferred"
            case .returned: "returned"
            }
        Counter(label: "mendline_deliveries_settled_total", dimensions: [("stage", stage), ("outcome", word)])
            .increment()
        if let time { secondsInHand.record(duration: time) }
    }

    func holding(_ count: Int, of limit: Int) {
        held.record(count)
        capacity.record(limit)
    }
}

extension StageTelemetry {
    /// What the metrics of every stage mean.
    static let descriptions: [MetricDescription] = [
        MetricDescription("mendline_deliveries_taken_total", help: "Deliveries that the stage began to deal with."),
        MetricDescription(
            "mendline_deliveries_dropped_total",
            help: "Messages that were no work: expired, held already, unreadable."
        ),
        MetricDescription("mendline_deliveries_settled_total", help: "Deliveries answered, by outcome."),
        MetricDescription(
            "mendline_delivery_in_hand_seconds",
            help: "Seconds from taking a delivery to answering it."
        ),
        MetricDescription(
            "mendline_http_turned_away_total",
            help: "Connections and requests that intake refused, cut off or closed for others, by reason."
        ),
        MetricDescription(
            "mendline_connections_refused_total",
            help: "Handshakes of keys that are not admitted, by socket."
        ),
        MetricDescription("mendline_deliveries_held", help: "Deliveries that the process holds."),
        MetricDescription("mendline_delivery_capacity", help: "Deliveries that the process is willing to hold."),
    ]
}
