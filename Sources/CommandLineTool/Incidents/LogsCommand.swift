import ArgumentParser
import HTTPClient
import Messages

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Prints what the workspace's build and the script wrote.",
        discussion: """
            With --follow it goes on until there is a verdict, also across a restart of intake.

            Examples:
              mendline logs INC-1
              mendline logs INC-1 -f
              mendline logs INC-1 --json | jq -r 'select(.level == "error") | .text'
            """
    )

    @Argument(help: ArgumentHelp("The incident's id.", valueName: "id"))
    var id: String

    @Flag(name: .shortAndLong, help: "Go on until there is a verdict.")
    var follow = false

    @Flag(help: "Print each line as JSON.")
    var json = false

    @OptionGroup var intake: IntakeOptions

    func run() async throws {
        try await IntakeClient.run(intake) { client, context in
            if follow { try await followed(client, context.console) } else { try await all(client, context.console) }
        }
    }

    private func all(_ client: IntakeClient, _ console: Console) async throws {
        var cursor: Cursor?
        repeat {
            let page = try client.decode(
                LogPage.self,
                try await client.logs(id, after: cursor),
                "GET /incidents/{id}/logs"
            )
            for line in page.lines { show(line, console) }
            // A log that still grows gives a cursor with every page; the end is where nothing came.
            cursor = page.lines.isEmpty || page.next == cursor ? nil : page.next
        } while cursor != nil
    }

    private func followed(_ client: IntakeClient, _ console: Console) async throws {
        var progress = LogProgress()
        var retry = RetryPolicy(total: .seconds(300)).begin(at: .now)
        while true {
            do {
                var verdict: String??
                try await client.follow(id) { event in
                    switch event.name {
                    case "line":
                        let line = try client.decode(LogLine.self, Array(event.data.utf8), "an event `line`")
                        if progress.isNew(line) { show(line, console) }
                        retry = RetryPolicy(total: .seconds(300)).begin(at: .now)
                    case "end":
                        verdict = .some(try client.decode(End.self, Array(event.data.utf8), "the event `end`").verdict)
                        return false
                    default: break
                    }
                    return true
                }
                if let verdict {
                    if !json { console.error("the end: \(verdict.map { SafeText.line($0) } ?? "no verdict")") }
                    return
                }
                throw IntakeError(kind: .noAnswer(.cut), message: "\(client.base) ended the log before the verdict")
            } catch let error as IntakeError where error.isTransient {
                guard let wait = retry.next(after: error.retryAfter, now: .now, random: .random(in: 0..<1)) else {
                    throw error
                }
                try await Task.sleep(for: wait)
            }
        }
    }

    private struct End: Decodable {
        var verdict: String?
    }

    private func show(_ line: LogLine, _ console: Console) {
        console.print(json ? CompactJSON.text(line) : LogText.line(line, console.output))
    }
}
