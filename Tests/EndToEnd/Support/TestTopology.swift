/// A topology of the tests' own, whose simulators are started apart from it.
struct TestTopology {
    var coder: String
    var incidents: String
    var lease = "3s"
    var provisioners = 1
    var provisionerCapacity = 64
    /// What stands before the names of sockets, so that something can be put between two processes.
    var answersPrefix = ""
    var deliveriesPrefix = ""
    var samplesPrefix = ""
    /// The TCP ports of sockets, by name, and the address they are on; the others are files.
    var ports: [String: Int] = [:]
    var host = "127.0.0.1"
    var policy = Repository.path("topology/policy.yaml")
    /// Whether the sockets have keys.
    var hasCurve = false

    static let stages = ["validator", "provisioner", "log-collector", "reporter"]

    var text: String {
        func socket(_ name: String, _ prefix: String) -> String {
            if let port = ports[name] { return "tcp://\(host):\(port)" }
            return "\"ipc://{data}/sockets/\(prefix)\(name).ipc\""
        }
        func stage(_ name: String, _ takes: String) -> String {
            """
              \(name):
                takes: [\(takes)]
                deliveries: \(socket(name, deliveriesPrefix))
                lease: \(lease)
            """
        }
        return """
            version: 1
            name: test
            intake:
              listen: 127.0.0.1:0
              answers: \(socket("answers", answersPrefix))
            metrics:
              listen: 127.0.0.1:0
              samples: \(socket("samples", samplesPrefix))
            stages:
            \(stage("validator", "incident.accepted"))
            \(stage("provisioner", "incident.approved, remediation.finished, workspace.expiring, workspace.dispose, "
                + "delivery.exhausted, sweep.due"))
                secrets: true
                processes: \(provisioners)
                capacity: \(provisionerCapacity)
                retry: { attempts: 10000, first: 1s, most: 2s }
            \(stage("log-collector", "workspace.created"))
                secrets: true
                capacity: 1000
                retry: { attempts: 10000, first: 1s, most: 2s }
            \(stage("reporter", "incident.declined, workspace.created, remediation.finished, incident.cancelled"))
                retry: { attempts: 10000, first: 1s, most: 2s }
            coder:
              url: \(coder)
              token_file: "{data}/secrets/coder-token"
            incident_api:
              url: \(incidents)
              key_file: "{data}/secrets/incident-api-key"
            policy: \(policy)
            \(hasCurve ? "curve: {}" : "")

            """
    }
}
