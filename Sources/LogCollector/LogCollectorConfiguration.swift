/// How a log-collector works, beyond where Coder is.
public struct LogCollectorConfiguration: Sendable, Hashable {
    /// From the end of one list call to the next.
    public var tick: Duration
    /// How often the log of a build that still runs is read, at most.
    public var buildLogEvery: Duration
    /// How long after its script's end an agent's log is read for the last time, at the earliest; agents send their lines
    /// once a second (codersdk/agentsdk/logs.go).
    public var quietAfterEnd: Duration
    /// How long that log must have been quiet by then: an agent that has more to send does so without a pause.
    public var quietAfterGrowth: Duration
    /// How old a workspace is that somebody else may have followed before, even where the hand-out is this intake's first.
    public var takenOverAfter: Duration
    /// How long the last logs are waited for before the verdict goes out without them.
    public var logPatience: Duration
    /// How long after a script's end its exit code is waited for: agents report it once, within 30 s, and never again.
    public var exitCodePatience: Duration
    /// How long an agent may have been disconnected before it counts as lost.
    public var disconnectedPatience: Duration
    /// How much longer than its playbook allows a script may seem to run, by our clock.
    public var timeoutMargin: Duration
    /// How long Coder must have been silent before that turns readiness red.
    public var silencePatience: Duration

    /// A configuration; every value has a default.
    public init(
        tick: Duration = .seconds(1),
        buildLogEvery: Duration = .seconds(5),
        quietAfterEnd: Duration = .milliseconds(1250),
        quietAfterGrowth: Duration = .milliseconds(500),
        takenOverAfter: Duration = .seconds(5),
        logPatience: Duration = .seconds(15),
        exitCodePatience: Duration = .seconds(30),
        disconnectedPatience: Duration = .seconds(120),
        timeoutMargin: Duration = .seconds(30),
        silencePatience: Duration = .seconds(60)
    ) {
        self.tick = tick
        self.buildLogEvery = buildLogEvery
        self.quietAfterEnd = quietAfterEnd
        self.quietAfterGrowth = quietAfterGrowth
        self.takenOverAfter = takenOverAfter
        self.logPatience = logPatience
        self.exitCodePatience = exitCodePatience
        self.disconnectedPatience = disconnectedPatience
        self.timeoutMargin = timeoutMargin
        self.silencePatience = silencePatience
    }
}
