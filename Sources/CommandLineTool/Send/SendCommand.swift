import ArgumentParser
import Messages
import Secrets
import Topology

struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Sends incidents, one or many, as an alerting system would.",
        discussion: """
            What is refused, cut off or answered 5xx is sent again under the same id: an incident is remediated once, \
            however often it is sent. The exit code is 1 if any was not stored at the end, if, with --wait, any came to \
            no verdict, or if, with --each, a line could not be written.

            Examples:
              mendline send --service payment-api --description "High CPU"
              mendline send --id INC-1 --severity low --wait
              mendline send --count 500 --concurrency 50 --wait
              mendline send --count 1000 --rate 20 --json
            """
    )

    @Option(help: "How many.")
    var count = 1

    @Option(help: "How many may be under way at once; with --wait each is until its verdict.")
    var concurrency = 10

    @Option(help: ArgumentHelp("Begin so many a second; as fast as it goes without it.", valueName: "per-second"))
    var rate: Double?

    @Option(help: "What is ill.")
    var service = "payment-api"

    @Option(help: "How bad it is.")
    var severity = "critical"

    @Option(help: "What is wrong; playbooks are chosen by it.")
    var description = "High CPU"

    @Option(help: "The incident's id; with --count a number is put behind it. A new one is made without it.")
    var id: String?

    @Option(
        help: ArgumentHelp(
            "A file with the token that the script needs at the ill service. It is sealed by intake.",
            valueName: "file"
        )
    )
    var targetTokenFile: String?

    @Flag(help: "Wait for the verdicts.")
    var wait = false

    @Option(help: "How long to repeat what was refused, cut off or answered 5xx.")
    var retryFor = Length(.seconds(300))

    @Option(help: "How long to wait for each verdict.")
    var waitFor = Length(.seconds(1800))

    @Flag(help: "Print the result as JSON.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Write a line of JSON to this file as each incident ends: what was told of it, and when.",
            valueName: "file"
        )
    )
    var each: String?

    @OptionGroup var intake: IntakeOptions

    func validate() throws {
        guard (1...10_000_000).contains(count) else {
            throw ValidationError("--count is from 1 to 10000000, not \(count)")
        }
        guard (1...2000).contains(concurrency) else {
            throw ValidationError("--concurrency is from 1 to 2000, not \(concurrency)")
        }
        if let rate, !(rate > 0 && rate <= 100_000) {
            throw ValidationError("--rate is a number a second above 0 and up to 100000, not \(rate)")
        }
    }

    func run() async throws {
        try await IntakeClient.run(intake, connections: concurrency + 8) { client, context in
            let incidents = try self.incidents(at: .now)
            if incidents.count == 1, !wait, !json, each == nil {
                try await one(incidents[0], client, context)
            } else {
                try await many(incidents, client, context)
            }
        }
    }

    /// The incidents that the flags describe.
    func incidents(at now: Timestamp) throws -> [IncidentRequest] {
        let token: String?
        do {
            token = try targetTokenFile.map { try SecretFile(path: $0).read() }
        } catch {
            throw CommandFailure("\(error)")
        }
        let start = id ?? "SEND-\(IncidentNames.stamp(now))"
        return (1...count).map { number in
            IncidentRequest(
                incidentID: id != nil && count == 1 ? start : "\(start)-\(number)",
                serviceName: service,
                severity: severity,
                description: description,
                targetServiceToken: token
            )
        }
    }

    /// One incident without --wait: intake's own answer, in words.
    private func one(_ incident: IncidentRequest, _ client: IntakeClient, _ context: CommandContext) async throws {
        let console = context.console
        var attempts = RetryPolicy(total: retryFor.duration).begin(at: .now)
        while true {
            do throws(IntakeError) {
                for line in AnswerText.lines(
                    try await client.remediate(incident, answersAtOnce: false),
                    incident.incidentID,
                    program: context.program
                ) {
                    console.print(line)
                }
                return
            } catch {
                guard error.isTransient,
                    let wait = attempts.next(after: error.retryAfter, now: .now, random: .random(in: 0..<1))
                else { throw error }
                if attempts.failures == 1 { console.error("\(error.message)\ntrying again for \(retryFor) …") }
                try await Task.sleep(for: wait)
            }
        }
    }

    private func many(_ incidents: [IncidentRequest], _ client: IntakeClient, _ context: CommandContext) async throws {
        let console = context.console
        var sender = Sender(
            client: client,
            concurrency: concurrency,
            rate: rate,
            waits: wait,
            retryFor: retryFor.duration,
            waitFor: waitFor.duration
        )
        let log = try each.map { path throws(CommandFailure) in try OutcomeLog(path: path) }
        if let log { sender.each = { log.write($0, at: .now) } }
        let start = ContinuousClock.now
        var drawn = start
        let bar = console.diagnostics.isInteractive
        func draw(_ done: Int, _ open: Int) {
            let line = ProgressBar(done: done, total: incidents.count, open: open, elapsed: .now - start)
                .line(width: console.diagnostics.width)
            console.write(.error, "\r\u{1B}[K" + line)
        }
        if bar { draw(0, min(concurrency, incidents.count)) }
        let tally = await sender.send(incidents) { tally, open in
            guard bar, ContinuousClock.now - drawn >= .milliseconds(100) else { return }
            drawn = .now
            draw(tally.done, open)
        }
        if bar { console.write(.error, "\r\u{1B}[K") }
        let report = SendReport(tally, elapsed: .now - start, waited: wait)
        if json {
            console.print(CompactJSON.text(report))
        } else {
            for line in report.lines(console.output) { console.print(line) }
            if incidents.count == 1 {
                console.print("\(context.program) show \(SafeText.line(incidents[0].incidentID))")
            }
        }
        if let failure = log?.failure { throw failure }
        if !tally.isComplete { throw CommandFailure("", code: 1) }
    }
}

extension ContinuousClock.Instant {
    fileprivate static func - (left: Self, right: Self) -> Duration { right.duration(to: left) }
}

/// A length of time on the command line.
struct Length: ExpressibleByArgument, Hashable, Sendable, CustomStringConvertible {
    var duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        guard let duration = DurationText.parse(argument) else { return nil }
        self.duration = duration
    }

    var description: String { DurationText.format(duration) }

    var defaultValueDescription: String { description }
}

enum IncidentNames {
    /// A moment as part of an id: `20261123-180001123`.
    static func stamp(_ time: Timestamp) -> String {
        let digits = time.description.filter { $0.isASCII && $0.isNumber }
        return "\(digits.prefix(8))-\(digits.dropFirst(8))"
    }
}

/// Intake's answer to one incident, in words.
enum AnswerText {
    static func lines(_ answer: RemediateAnswer, _ id: String, program: String = "mendline") -> [String] {
        let id = SafeText.line(id)
        let next = ["follow it with:", "  \(program) show \(id)", "  \(program) logs \(id) -f"]
        switch answer {
        case .created(let created):
            let workspace = [created.workspaceName, created.url].compactMap { $0 }.map { SafeText.line($0) }
            return ["\(id) accepted: workspace \(workspace.joined(separator: "  "))"] + next
        case .accepted(let state): return ["\(id) accepted, \(SafeText.line(state))"] + next
        case .known(let state, let verdict):
            let present = [state, verdict].compactMap { $0 }.map { SafeText.line($0) }.joined(separator: ", ")
            return ["\(id) is known: \(present)"] + next
        case .declined(let problem): return ["\(id) declined", problem.text]
        case .notProvisioned(let problem): return ["\(id) accepted, but there is no workspace", problem.text] + next
        }
    }
}
