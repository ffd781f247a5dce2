/// One thing that is done to a run.
enum Fault: Hashable, Sendable {
    /// SIGKILL, to all of them at once.
    case kill([String])
    /// SIGKILL again and again, each time as soon as it has been started anew.
    case storm([String], times: Int)
    /// SIGSTOP, and SIGCONT at the end.
    case freeze([String])
    /// A simulator answers badly.
    case answers(Outside, AnswerFault)
    /// A simulator's process is stopped, so that connections are taken and nothing is ever said.
    case silence(Outside)
    /// The incident system refuses every connection.
    case outage
    /// The file system of the ledger has no room left.
    case full
    /// The file system of the ledger takes no writes.
    case readOnly
    /// The wall clock of a running process steps by so many milliseconds, and back at the end.
    case clock(String, offset: Int)

    /// What the table counts it as.
    var kind: String {
        switch self {
        case .kill(let names): names.count == 1 ? "kill one" : "kill several"
        case .storm: "restart storm"
        case .freeze(let names): names.count == 1 ? "freeze one" : "freeze several"
        case .answers(let outside, let fault): "\(outside.name): \(fault.words)"
        case .silence(let outside): "\(outside.name): process stopped"
        case .outage: "incident API: down"
        case .full: "ledger's disk full"
        case .readOnly: "ledger read-only"
        case .clock: "wall clock shifted"
        }
    }

    /// What it is done to, for the progress.
    var target: String {
        switch self {
        case .kill(let names), .freeze(let names): names.joined(separator: " ")
        case .storm(let names, let times): "\(names.joined(separator: " ")), \(times) times"
        case .clock(let name, let offset): "\(name) by \(offset) ms"
        case .answers, .silence, .outage, .full, .readOnly: ""
        }
    }

    /// What only one fault at a time may have; nil where faults may meet.
    var resource: String? {
        switch self {
        case .kill, .storm, .freeze: nil
        case .answers(let outside, _), .silence(let outside): outside.name
        case .outage: Outside.incidents.name
        case .full, .readOnly: "disk"
        case .clock: "clock"
        }
    }

    /// The systems outside, which are simulated.
    enum Outside: Hashable, Sendable, CaseIterable {
        case coder
        case incidents

        var name: String {
            switch self {
            case .coder: "Coder"
            case .incidents: "incident API"
            }
        }
    }
}

/// How a simulator answers badly.
enum AnswerFault: Hashable, Sendable, CaseIterable {
    case error
    case errorAfterEffect
    case tooManyRequests
    case unauthorized
    case hang
    case cut
    case garbage
    case late
    case lost

    var words: String {
        switch self {
        case .error: "500"
        case .errorAfterEffect: "500 after the effect"
        case .tooManyRequests: "429 with Retry-After"
        case .unauthorized: "401"
        case .hang: "hangs"
        case .cut: "cut mid-body"
        case .garbage: "garbage JSON"
        case .late: "answers late"
        case .lost: "loses the answer of what succeeded"
        }
    }
}
