/// The configuration of a run: short leases and retention, so that all of an incident's life fits into it.
struct RunTopology {
    var coder: String
    var incidents: String
    var intakePort: Int
    var sinkPort: Int
    var reporting: Schedule.Reporting
    var policy: String

    /// In milliseconds.
    ///
    /// It leaves 3 s for a hand-out to be begun. The shortest lease, of 3 s, would leave one, and a loaded machine would
    /// spend its time with hand-outs that have expired.
    static let lease: Int64 = 5000
    /// Longer than two freezes, of who creates and of Coder, and what intake's clock is shifted by.
    static let hold = 20

    /// As long as any outage and any wait after it.
    static let policyText = """
        version: 1
        severities: [critical, high]
        playbooks:
          - name: chaos
            match:
              services: ["*"]
            template: remediation
            timeout: 10m
            deadline: 30m
            retention: 1s
            provision_within: 20m

        """

    var text: String {
        func stage(_ name: String, _ takes: String) -> String {
            """
              \(name):
                takes: [\(takes)]
                processes: \(Cast.ofEach)
                lease: \(Self.lease)ms
                retry: { attempts: 10000, first: 200ms, most: 2s }
            """
        }
        return """
            version: 1
            name: chaos
            intake:
              listen: 127.0.0.1:\(intakePort)
              database: "{data}/ledger/ledger.sqlite"
            metrics:
              listen: 127.0.0.1:\(sinkPort)
            stages:
            \(stage("validator", "incident.accepted"))
            \(stage("provisioner", "incident.approved, remediation.finished, workspace.expiring, workspace.dispose, "
                + "delivery.exhausted, sweep.due"))
            \(stage("log-collector", "workspace.created"))
            \(stage("reporter", "incident.declined, workspace.created, remediation.finished, incident.cancelled"))
            limits:
              decide_within: 30m
              hold: \(Self.hold)s
            coder:
              url: \(coder)
              token_file: "{data}/secrets/coder-token"
            incident_api:
              url: \(incidents)
              key_file: "{data}/secrets/incident-api-key"
              duplicates: \(reporting.rawValue)
            policy: \(policy)

            """
    }
}
