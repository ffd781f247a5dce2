import Messages

/// What `mendline up` says about its processes.
enum SupervisionText {
    /// The line of one process: name, pid, state, restarts.
    ///
    /// The width is that of the longest name, so that lines that are printed one by one stand below each other.
    static func line(_ status: Supervision.Status, width: Int, _ terminal: Terminal) -> String {
        let (word, tone) = state(status)
        let cells: [(text: String, width: Int, tone: Terminal.Tone)] = [
            (status.name, width, .strong), (pid(status.state).map { "pid \($0)" } ?? "-", 11, .plain), (word, 10, tone),
            ("restarts \(status.restarts)", 0, status.restarts > 0 ? .doubtful : .faint),
        ]
        return "  "
            + cells.map { terminal.paint(TimelineText.padded(right: $0.text, $0.width), $0.tone) }.joined(
                separator: "  "
            )
    }

    private static func pid(_ state: Supervision.State) -> Int32? {
        switch state {
        case .running(let pid): pid
        case .ending(let pid): pid
        default: nil
        }
    }

    private static func state(_ status: Supervision.Status) -> (String, Terminal.Tone) {
        let (word, tone): (String, Terminal.Tone) =
            switch status.state {
            case .waiting: ("waiting", .faint)
            case .starting: ("starting", .faint)
            case .running: (status.isReady ? "ready" : "running", .good)
            case .backingOff: ("restarting", .doubtful)
            case .ending: ("ending", .doubtful)
            case .ended: ("ended", .faint)
            }
        return status.isLooping ? ("\(word), crash loop", .bad) : (word, tone)
    }

    /// `exit code 1`, `signal 9 (KILL)`.
    static func text(_ end: Supervision.End) -> String {
        switch end {
        case .exit(let code): "exit code \(code)"
        case .signal(let number): "signal \(number)" + (signalNames[number].map { " (\($0))" } ?? "")
        case .failure(let message): SafeText.line(message)
        }
    }

    private static let signalNames: [Int32: String] = [
        1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 5: "TRAP", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL", 11: "SEGV",
        13: "PIPE", 15: "TERM",
    ]

    /// What is said about one thing that happened, given how all processes stand, where their logs are, and the logs'
    /// last lines.
    static func lines(
        _ notice: Supervision.Notice,
        statuses: [Supervision.Status],
        log: (String) -> String,
        lastLines: (_ name: String, _ count: Int) -> [String],
        _ terminal: Terminal
    ) -> [String] {
        let width = statuses.map(\.name.count).max() ?? 0
        func line(_ name: String) -> [String] {
            statuses.filter { $0.name == name }.map { self.line($0, width: width, terminal) }
        }
        func quoted(_ name: String, _ count: Int) -> [String] {
            lastLines(name, count).map { terminal.paint("    | \(SafeText.line($0))", .faint) }
        }
        switch notice {
        case .started(let name), .ready(let name): return line(name)
        case .notReady(let name, let within):
            return [
                terminal.paint(
                    "\(name) has not said within \(TimeText.length(within)) that it listens; the others start without it. Log: \(log(name))",
                    .doubtful
                )
            ] + quoted(name, 5)
        case .ended(let name, let end, let after, let againIn):
            return [
                terminal.paint(
                    "\(name) ended after \(TimeText.length(after)): \(text(end)); starting it again in \(TimeText.length(againIn)). Log: \(log(name))",
                    .bad
                )
            ] + quoted(name, 5) + line(name)
        case .crashLoop(let name, let ends, let within):
            return [
                terminal.paint(
                    "\(name) is in a crash loop: it ended \(ends) times within \(TimeText.length(within)). It goes on being started,"
                        + " and the others go on working; what is wrong is most likely in the last lines of \(log(name)):",
                    .bad
                )
            ] + quoted(name, 20)
        case .stopping: return ["ending everything, in order; Ctrl-C again ends it at once"]
        case .stopped(let name, let end):
            return [line(name).first ?? name, end == .exit(code: 0) ? nil : "    \(text(end))"].compactMap { $0 }
        case .stillRunning(let names): return ["still running: \(names.joined(separator: ", "))"]
        case .killing(let name):
            return [terminal.paint("\(name) does not end by itself: killing it. Log: \(log(name))", .doubtful)]
        }
    }
}
