import Topology

/// What `mendline up` prints besides the state of its processes.
enum UpText {
    /// Where to look next.
    static func next(_ topology: Topology, sample: String?, program: String) -> [String] {
        let intake = "http://\(topology.intake.listen)"
        var flag = "\(topology.intake.listen)" == "127.0.0.1:8000" ? "" : " --intake \(intake)"
        var curl = "curl"
        if let file = topology.intake.tokenFile {
            flag += " --token-file \(file)"
            curl += " -H \"Authorization: Bearer $(cat \(file))\""
        }
        let id = sample ?? "ID"
        var lines = [
            "", "Where to look next:", "  \(curl) \(intake)/incidents", "  \(curl) \(intake)/metrics",
            "  \(program) incidents\(flag)", "  \(program) show \(id)\(flag)", "  \(program) logs \(id)\(flag)",
            "  \(program) send --wait\(flag)",
        ]
        if let coder = topology.simulators?.coder { lines.append("  curl http://\(coder.listen)/_simulator/counts") }
        if let incident = topology.simulators?.incident {
            lines.append("  curl http://\(incident.listen)/_simulator/counts")
        }
        lines.append("  logs of all processes: \(topology.data)/logs")
        return lines + ["Ctrl-C ends everything.", ""]
    }

    /// What is said before the samples are sent.
    static func intro(_ samples: [Sample]) -> [String] {
        ["", "Sending \(samples.count) sample incidents; times are relative to their acceptance."]
            + samples.enumerated().map { index, sample in
                "  [\(index + 1)] \(sample.incident.incidentID)  \(sample.incident.serviceName), \(sample.incident.severity):"
                    + " \(sample.incident.description)  → \(sample.expectation.description)"
            } + [""]
    }

    /// Ports that others hold; empty where all are free.
    static func taken(_ listeners: [(LaunchPlan.Listener, PortHolder)]) -> String {
        listeners.map { listener, holder in
            "\(listener.address), where the \(listener.what) is to listen, is taken by \(holder.description):"
                + " end it, or choose another address with \(listener.remedy)"
        }.joined(separator: "\n")
    }

    /// That what the environment says of real systems does not count here; nil where it says nothing.
    static func ignored(_ topology: Topology, environment: [String: String]) -> String? {
        var names: [String] = []
        if topology.simulators?.coder != nil { names += LaunchPlan.realCoder }
        if topology.simulators?.incident != nil { names += LaunchPlan.realIncidentAPI }
        let set = names.filter { environment[$0] != nil }
        guard !set.isEmpty else { return nil }
        return
            "\(set.joined(separator: ", ")) of the environment \(set.count == 1 ? "is" : "are") not used: the topology"
            + " `\(topology.name)` has simulators. For the real systems take --topology topology/load.yaml"
    }
}
