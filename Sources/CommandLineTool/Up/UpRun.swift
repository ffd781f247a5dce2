import Foundation
import Messages
import Secrets
import Topology

/// One run: the processes, what is said of them, the samples, the signals.
struct UpRun: Sendable {
    var topology: Topology
    var supervisor: Supervisor
    /// Mendline's command as it was called.
    var program: String
    var console: Console
    var sendsSamples: Bool
    var endsAfterSamples: Bool
    var readyWithin: Duration

    /// Runs until a signal, or until the samples have ended where that is asked for.
    ///
    /// - Throws: `CommandFailure` where a sample ended otherwise than it should and all was to end after them.
    func run(token: SecretSource?) async throws {
        let watch = SignalWatch()
        let signals = watch.signals
        let (starts, startFeed) = AsyncStream<Void>.makeStream()
        console.print(
            "starting the topology `\(topology.name)`: \(names.count) processes, data folder \(topology.data)"
        )
        var failure: CommandFailure?
        try await withThrowingTaskGroup(of: CommandFailure?.self) { group in
            group.addTask {
                for await _ in signals { supervisor.stop() }
                return nil
            }
            group.addTask {
                for await _ in starts { return await afterStart(token: token) }
                return nil
            }
            var isTold = false
            await supervisor.run { notice, statuses, hasStartedAll in
                say(notice, statuses)
                if hasStartedAll, !isTold {
                    isTold = true
                    startFeed.yield()
                }
            }
            group.cancelAll()
            for try await result in group { failure = failure ?? result }
        }
        withExtendedLifetime(watch) {}
        console.print("everything has ended")
        if let failure { throw failure }
    }

    private var names: [String] { supervisor.plan.waves.flatMap { $0 }.map(\.name) }

    private func say(_ notice: Supervision.Notice, _ statuses: [Supervision.Status]) {
        let lines = SupervisionText.lines(
            notice,
            statuses: statuses,
            log: { supervisor.logs[$0]?.path ?? "" },
            lastLines: { supervisor.logs[$0]?.lastLines($1) ?? [] },
            console.output
        )
        for line in lines { console.print(line) }
    }

    /// What is done once all processes run.
    private func afterStart(token: SecretSource?) async -> CommandFailure? {
        guard sendsSamples else {
            for line in UpText.next(topology, sample: nil, program: program) { console.print(line) }
            return nil
        }
        let console = console
        let client = IntakeClient(base: "http://\(topology.intake.listen)", token: token)
        let run = SampleRun(
            client: client,
            terminal: console.output,
            print: { console.print($0) },
            readyWithin: readyWithin
        )
        let complaints = await sampleComplaints(run)
        await client.close()
        if Task.isCancelled {
            return endsAfterSamples ? CommandFailure("interrupted before the samples had ended") : nil
        }
        for complaint in complaints { console.error(console.diagnostics.paint(complaint, .bad)) }
        if endsAfterSamples {
            supervisor.stop()
            return complaints.isEmpty
                ? nil : CommandFailure("\(complaints.count) of the samples did not end as they should")
        }
        return nil
    }

    private func sampleComplaints(_ run: SampleRun) async -> [String] {
        if let missing = await run.waitUntilReady() {
            if !endsAfterSamples { UpText.next(topology, sample: nil, program: program).forEach(console.print) }
            return ["the samples were not sent: \(missing). Logs: \(topology.data)/logs"]
        }
        let samples = Sample.all(at: .now, token: UUID().uuidString)
        for line in UpText.intro(samples) { console.print(line) }
        let complaints = Sample.complaints(await run.run(samples))
        if !Task.isCancelled, complaints.isEmpty { console.print("\nall samples ended as they should") }
        if !endsAfterSamples {
            for line in UpText.next(topology, sample: samples.first?.incident.incidentID, program: program) {
                console.print(line)
            }
        }
        return complaints
    }
}
