import ArgumentParser
import Foundation
import Messages
import Topology

struct StageBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures one stage alone: deliveries a second, time in hand, CPU and memory.",
        discussion: """
            Plays intake to COMMAND, Mendline's own program without one, with outside systems that answer at once (or \
            --latency later). For each transport and number of processes: first as fast as the stage takes deliveries, \
            then at rates from a quarter of that to a tenth above it. Time in hand counts from the moment at which a \
            delivery should have been handed out, so a stage that stands still does not look better for it. The knee is \
            the highest rate that it kept up with.

            Examples:
              mendline stage bench validator
              mendline stage bench reporter --transport ipc --processes 1 --processes 2 --latency 5ms --json reporter.json
              mendline stage bench validator -- topology/examples/validator.py
            """
    )

    @OptionGroup var stage: StageArguments

    @Option(help: ArgumentHelp("The topology file.", valueName: "file"))
    var topology = "topology/load.yaml"

    @Option(help: ArgumentHelp("ipc or tcp; may be given more than once. Default: both.", valueName: "transport"))
    var transport: [StageHarness.Transport] = []

    @Option(help: ArgumentHelp("How many processes; may be given more than once. Default: 1.", valueName: "n"))
    var processes: [Int] = []

    @Option(
        help: ArgumentHelp(
            "Deliveries a second; may be given more than once. Default: by what it can do.",
            valueName: "n"
        )
    )
    var rate: [Double] = []

    @Option(help: ArgumentHelp("The type of event; default: the first one that the stage takes.", valueName: "type"))
    var event: String?

    @Option(help: "How long each run lasts.")
    var seconds = 5.0

    @Option(help: ArgumentHelp("How long the outside systems take to answer.", valueName: "time"))
    var latency = Length(.zero)

    @Option(help: ArgumentHelp("Write the results here, too.", valueName: "file"))
    var json: String?

    func validate() throws {
        guard (0.1...3600).contains(seconds) else { throw ValidationError("--seconds: give 0.1 to 3600") }
        for count in processes where !(1...64).contains(count) {
            throw ValidationError("--processes \(count): give 1 to 64")
        }
        for rate in rate where !(0.1...1_000_000).contains(rate) {
            throw ValidationError("--rate \(rate): give 0.1 to 1000000")
        }
    }

    func run() async throws {
        let context = CommandContext.current
        let started = Timestamp.now
        let machine = BenchMachine.here
        var runs: [StageBench.Run] = []
        for transport in transport.isEmpty ? StageHarness.Transport.allCases : transport {
            for count in processes.isEmpty ? [1] : processes {
                runs += try await measure(transport, count, context)
            }
        }
        let results = BenchResults(
            kind: .stage,
            name: stage.name,
            command: context.typed,
            started: started,
            machine: machine,
            runs: runs,
            kneePerSecond: runs.filter(\.hasKeptUp).compactMap(\.offeredPerSecond).max()
        )
        let knee = results.kneePerSecond.map { "\(Int($0))/s" } ?? "below the lowest rate tried"
        context.console.print("\(stage.name): knee \(knee)")
        if let json { try results.write(to: json) }
    }

    /// All runs of one transport and number of processes.
    private func measure(
        _ transport: StageHarness.Transport,
        _ count: Int,
        _ context: CommandContext
    ) async throws -> [StageBench.Run] {
        let folder = try HarnessFolder(nil)
        var setup = try HarnessSetup.make(
            stage: stage.name,
            topology: topology,
            data: folder.path,
            command: stage.command,
            programs: stage.programs,
            environment: context.environment
        )
        setup.transport = transport
        setup.processes = count
        setup.outside = .stub(latency: latency.duration)
        let type = EventType(rawValue: event ?? setup.stage.takes.first ?? "")
        let book = Watched(LoadBook())
        return try await StageHarness.with(setup) { frames in
            let now = ContinuousClock.now
            book.update { book in for frame in frames { book.take(frame, at: now) } }
        } _: { harness in
            let bench = StageBench(harness: harness, book: book, type: type)
            try await bench.start()
            return try await runs(bench, context.console)
        }
    }

    private func runs(_ bench: StageBench, _ console: Console) async throws -> [StageBench.Run] {
        // Tells how many a real run needs, and warms up what is made at the first use.
        let trial = await bench.asFastAsPossible("trial", try await bench.frames("trial", count: 500))
        let most = try await bench.frames("most", count: enough(trial.throughputPerSecond))
        let best = await bench.asFastAsPossible("most", most)
        console.print(best.line)
        var runs = [best]
        let rates = rate.isEmpty ? [0.25, 0.5, 0.75, 0.9, 1.1].map { $0 * best.throughputPerSecond } : rate
        for (index, rate) in rates.enumerated() {
            let frames = try await bench.frames("rate\(index)", count: enough(rate))
            let run = await bench.at(rate: rate, "rate\(index)", frames)
            console.print(run.line)
            runs.append(run)
        }
        return runs
    }

    /// As many deliveries as a run of the wanted length needs; bounded, since each is made beforehand.
    private func enough(_ perSecond: Double) -> Int { min(max(Int(perSecond * seconds), 50), 500_000) }
}

extension StageBench.Run {
    /// The run as a line for people.
    var line: String {
        let offered = offeredPerSecond.map { "at \(Int($0))/s" } ?? "as fast as possible"
        let times =
            inHandMilliseconds.map {
                "in hand p50 \(Self.text($0.p50)) p99 \(Self.text($0.p99)) p99.9 \(Self.text($0.p999)) max \(Self.text($0.max)) ms"
            } ?? "nothing settled"
        let lost = settled == sent ? "" : ", \(sent - settled) of \(sent) not done"
        return "\(transport) \(processes)×  \(offered): \(Int(throughputPerSecond))/s, \(times), "
            + "\(Int(cpuMicrosecondsPerDelivery)) µs CPU each, \(Int(rssMebibytes)) MiB\(lost)"
    }

    private static func text(_ milliseconds: Double) -> String {
        let digits = milliseconds < 10 ? 100.0 : 1.0
        let rounded = (milliseconds * digits).rounded() / digits
        return digits > 1 ? "\(rounded)" : "\(Int(rounded))"
    }
}

extension StageHarness.Transport: ExpressibleByArgument {}
