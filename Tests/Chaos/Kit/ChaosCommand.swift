public import ArgumentParser
import Dispatch
import Foundation
import Glibc

/// Written as `chaos`.
public struct ChaosCommand: AsyncParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        commandName: "chaos",
        abstract: "Runs Mendline, breaks what can be broken, and compares what was promised with what was done.",
        discussion: """
            Kills, freezes and restarts processes, has the systems outside fail, fills the ledger's disk, makes it \
            read-only and shifts clocks, all from one seed, while incidents are sent. At the end it compares what the \
            sender was told, what the ledger says and what the systems outside counted. It exits with 1 if a promise \
            was broken, and with 2 if a signal ended it before anything could be judged.
            """
    )

    @Option(help: "How long faults are done for.")
    var minutes = 5.0
    @Option(
        help:
            "The faults' seed; a new one without it. Even seeds: the incident system knows Idempotency-Key; odd ones: it does not."
    )
    var seed: UInt64?
    @Option(help: "Incidents a second.")
    var rate = 4.0
    @Option(help: "Where the run's own folder is made.")
    var folder = "/tmp"
    @Flag(help: .hidden)
    var isolated = false

    /// For the parser.
    public init() {}

    /// Refuses what makes no run.
    public func validate() throws {
        guard (0.2...1440).contains(minutes) else { throw ValidationError("--minutes is from 0.2 to 1440") }
        guard (0.1...1000).contains(rate) else { throw ValidationError("--rate is from 0.1 to 1000") }
        guard folder.hasPrefix("/"), folder.utf8.count <= 60 else {
            throw ValidationError("--folder is an absolute path of at most 60 bytes: sockets are below it")
        }
    }

    /// Runs once.
    public func run() async throws {
        let seed = seed ?? UInt64.random(in: 1...999_999)
        if !isolated {
            print("seed \(seed)")
            fflush(nil)
            try await Isolation.enter([
                "--isolated", "--seed", "\(seed)", "--minutes", "\(minutes)", "--rate", "\(rate)", "--folder", folder,
            ])
            print("no namespace of its own: what needs a mount is not tried")
        }
        let run = ChaosRun(
            seed: seed,
            seconds: Int(minutes * 60),
            rate: rate,
            parent: folder,
            isIsolated: isolated
        ) { line in
            print(line)
            fflush(nil)
        }
        let work = Task { try await run.run() }
        // A signal ends the run in order, with all its processes.
        let signals = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { work.cancel() }
            source.activate()
            return source
        }
        defer { withExtendedLifetime(signals) {} }
        let report: ChaosReport
        do { report = try await work.value } catch {
            guard work.isCancelled else { throw error }
            print("a signal has ended it before anything could be judged")
            throw ExitCode(2)
        }
        print(report.lines.joined(separator: "\n"))
        if !report.isClean { throw ExitCode(1) }
    }
}
