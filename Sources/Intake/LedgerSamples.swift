import Ledger
import MetricsCore

/// What intake tells the metrics-sink of incidents: derived from what is committed, so never counted twice.
enum LedgerSamples {
    /// The samples of now.
    static func make(_ counted: [LedgerStore.Counted], _ health: LedgerService.Health) -> [Sample] {
        counted.map(sample) + [
            .gauge(
                "coder_active_workspaces",
                help: "Workspaces that exist and were not stopped.",
                aggregate: .sum,
                Double(health.activeWorkspaces)
            ),
            .gauge(
                "mendline_workspaces_unknown",
                help: "Workspaces with this installation's mark that the ledger does not know; look at them.",
                aggregate: .sum,
                Double(health.unknownWorkspaces)
            ),
            .gauge(
                "mendline_incidents_open",
                help: "Incidents without an end.",
                aggregate: .sum,
                Double(health.openIncidents)
            ),
            .counter(
                "mendline_settlements_late_total",
                help: "Settlements of deliveries that were settled already.",
                Double(health.tallies.late)
            ),
            .counter(
                "mendline_settlements_stale_total",
                help: "Answers of hand-outs that were not the current ones.",
                Double(health.tallies.stale)
            ),
            .counter("mendline_leases_lost_total", help: "Leases that ran out.", Double(health.tallies.leasesLost)),
            .counter(
                "mendline_dead_letters_total",
                help: "Messages that nobody could use.",
                Double(health.tallies.deadLetters)
            ),
        ]
            + health.stages.map {
                .gauge(
                    "mendline_deliveries_waiting",
                    help: "Deliveries that wait for a process of the stage, or for their time.",
                    labels: ["stage": $0.stage],
                    aggregate: .sum,
                    Double($0.waiting)
                )
            }
    }

    private static func sample(_ counted: LedgerStore.Counted) -> Sample {
        guard let buckets = counted.buckets else {
            return .counter(counted.name, help: help[counted.name], labels: counted.labels, counted.value)
        }
        return .histogram(
            counted.name,
            help: help[counted.name],
            labels: counted.labels,
            Histogram(bounds: DurationBuckets.bounds, counts: buckets, sum: counted.sum)
        )
    }

    private static let help = [
        "coder_workspace_created_total": "Workspaces created for incidents.",
        "coder_remediation_duration_seconds": "Seconds from acceptance to verdict.",
        "mendline_incidents_declined_total": "Incidents that a machine may not deal with.",
        "mendline_incidents_removed_total": "Ended incidents removed after their time.",
        "mendline_deliveries_exhausted_total": "Deliveries that a stage gave up on.",
    ]
}
