import ArgumentParser
import Messages
import Topology

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures a whole topology: incidents a second, from the POST to the report.",
        discussion: """
            Starts all processes of the topology with a stub in the place of Coder and of the incident system, which \
            answers at once (or --latency later), sends incidents, and waits until the incident system has been told the \
            end of each.

            With --active it starts the simulators of both systems instead, and sends as many incidents a second as keep \
            so many workspaces active, each for --script-time. It tells how late an end is reported, how many calls Coder \
            gets, and what the log-collector takes while as many begin as end.

            Examples:
              mendline bench --incidents 5000 --concurrency 32
              mendline bench --incidents 5000 --rate 200 --latency 20ms --json bench.json
              mendline bench --active 500 --script-time 60s
              mendline bench --active 10000 --script-time 1h --hold --for 30s
            """
    )

    @Option(help: ArgumentHelp("How many incidents.", valueName: "n"))
    var incidents = 2000

    @Option(
        help: ArgumentHelp("How many send at once, each its next one when the one before is accepted.", valueName: "n")
    )
    var concurrency = 32

    @Option(help: ArgumentHelp("Incidents a second instead, whatever intake does.", valueName: "n"))
    var rate: Double?

    @Option(help: ArgumentHelp("How long the outside systems take to answer.", valueName: "time"))
    var latency = Length(.zero)

    @OptionGroup(title: "Many active workspaces") var activeOptions: ActiveOptions

    @Option(help: ArgumentHelp("The topology file.", valueName: "file"))
    var topology = "topology/load.yaml"

    @Option(help: ArgumentHelp("Where the data of the run is kept; without it nowhere.", valueName: "dir"))
    var data: String?

    @Option(help: ArgumentHelp("Write the results here, too.", valueName: "file"))
    var json: String?

    @Option(help: ArgumentHelp("The folder of Mendline's binaries; that of this one without it.", valueName: "dir"))
    var programs: String?

    func validate() throws {
        guard (1...1_000_000).contains(incidents) else { throw ValidationError("--incidents: give 1 to 1000000") }
        guard (1...1000).contains(concurrency) else { throw ValidationError("--concurrency: give 1 to 1000") }
        if let rate, !(0.1...100_000).contains(rate) { throw ValidationError("--rate: give 0.1 to 100000") }
        guard activeOptions.active != nil else { return }
        if rate != nil { throw ValidationError("--rate does not go with --active, which says how many a second") }
        if latency.duration > .zero { throw ValidationError("--latency does not go with --active") }
    }

    func run() async throws {
        let context = CommandContext.current
        let started = Timestamp.now
        let machine = BenchMachine.here
        let folder = try HarnessFolder(data)
        let load = activeOptions.load
        let mode = mode(load)
        let result: EndToEndResult
        do {
            result = try await BenchTopology.with(
                topology,
                data: folder.path,
                outside: load.map(BenchTopology.Outside.simulators) ?? .stub(latency: latency.duration),
                programs: Programs(folder: programs),
                environment: context.environment
            ) { bench in
                let client = IntakeClient(
                    base: "http://\(bench.topology.intake.listen)",
                    token: nil,
                    connections: max(concurrency, 64)
                )
                let measured = EndToEndBench(
                    bench: bench,
                    client: client,
                    incidents: load?.incidents ?? incidents,
                    mode: mode,
                    // Where few are active, the end of a script may be all that happens for as long as one runs.
                    patience: .seconds(60) + (load?.scriptTime ?? .zero)
                )
                do {
                    let result = try await Self.measure(measured, load)
                    await client.close()
                    return result
                } catch {
                    await client.close()
                    throw error
                }
            }
        } catch {
            folder.keep()
            throw error
        }
        for line in result.active?.lines ?? result.lines { context.console.print(line) }
        if let json {
            try BenchResults(
                kind: .endToEnd,
                name: load?.description ?? mode.description,
                command: context.typed,
                started: started,
                machine: machine,
                endToEnd: result
            ).write(to: json)
        }
    }

    private func mode(_ load: ActiveLoad?) -> EndToEndBench.Mode {
        if let load, !load.isHeld { return .rate(load.rate) }
        return rate.map(EndToEndBench.Mode.rate) ?? .concurrency(concurrency)
    }

    private static func measure(_ bench: EndToEndBench, _ load: ActiveLoad?) async throws -> EndToEndResult {
        guard let load else { return try await bench.run() }
        return try await ActiveBench(sender: bench, load: load).run()
    }
}

extension EndToEndResult {
    /// The result as lines for people.
    var lines: [String] {
        func pair(_ pair: Pair) -> String { "p50 \(Int(pair.p50)) p99 \(Int(pair.p99))" }
        let pss = processes.map(\.pssMebibytes).reduce(0, +)
        var lines = [
            "\(incidents) incidents, \(mode): accepted \(Int(acceptedPerSecond))/s, finished \(Int(finishedPerSecond))/s",
            "to the verdict: p50 \(Int(toVerdictMilliseconds.p50)) p99 \(Int(toVerdictMilliseconds.p99)) "
                + "max \(Int(toVerdictMilliseconds.max)) ms; wait \(pair(splitMilliseconds.wait)), provision "
                + "\(pair(splitMilliseconds.provision)), run \(pair(splitMilliseconds.run)), report "
                + "\(pair(splitMilliseconds.report)) ms",
            "Coder calls per incident: \(coderCallsPerIncident.tenths); PSS of all \(Int(pss)) MiB",
        ]
        for process in processes {
            lines.append(
                "  \(process.name): \(process.cpuMillisecondsPerIncident.tenths) ms CPU per incident, "
                    + "\(Int(process.rssMebibytes)) MiB RSS, \(Int(process.pssMebibytes)) MiB PSS"
            )
        }
        return lines
    }
}

extension Double {
    /// With one digit behind the point.
    fileprivate var tenths: String { "\((self * 10).rounded() / 10)" }
}
