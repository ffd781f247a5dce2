public import ArgumentParser

/// The flags for `AnswerFaults`, the same for every simulator.
public struct FaultOptions: ParsableArguments {
    @Option(
        help: "Take effect at once, answer so much later: 300ms, 2s, or never. Requests that only read are not held."
    )
    var holdAnswer = Delay.none
    @Option(help: "Share of requests, 0 to 1, refused with --error-status before they have an effect.")
    var errorRate = Rate.none
    @Option(help: "The status of --error-rate and --error-after-rate.")
    var errorStatus = 500
    @Flag(help: "The errors of --error-rate quote the request, its headers with it.")
    var errorEchoes = false
    @Option(help: "Share of requests that take effect and are answered with --error-status all the same.")
    var errorAfterRate = Rate.none
    @Option(help: "Share of requests refused with 429 before they have an effect.")
    var tooManyRequestsRate = Rate.none
    @Option(help: "Retry-After, in seconds, of --too-many-requests-rate.")
    var retryAfter: Int?
    @Option(help: "Share of requests that have no effect and are never answered.")
    var hangRate = Rate.none
    @Option(help: "Share of requests that take effect and whose answer breaks off in the middle.")
    var cutRate = Rate.none
    @Option(help: "Share of requests that take effect and whose answer is not JSON.")
    var garbageRate = Rate.none
    @Flag(help: "Close every connection without an answer.")
    var down = false
    @Flag(help: "Answer every request as if its token were wrong.")
    var unauthorized = false
    @Option(help: "The faults above concern this method only, such as POST.")
    var onlyMethod: String?
    @Option(help: "The faults above concern paths that contain this text only.")
    var onlyPath: String?
    @Option(help: "Spoil so many requests, then no more.")
    var times: Int?

    /// The flags' defaults.
    public init() {}

    /// Refuses values that make no sense.
    public func validate() throws {
        let problems = faults.problems
        guard problems.isEmpty else { throw ValidationError(problems.joined(separator: "; ")) }
    }

    /// What the flags say.
    public var faults: AnswerFaults {
        var faults = AnswerFaults()
        faults.holdAnswer = holdAnswer
        faults.errorRate = errorRate
        faults.errorStatus = errorStatus
        faults.errorEchoes = errorEchoes
        faults.errorAfterRate = errorAfterRate
        faults.tooManyRequestsRate = tooManyRequestsRate
        faults.retryAfter = retryAfter ?? 60
        faults.hangRate = hangRate
        faults.cutRate = cutRate
        faults.garbageRate = garbageRate
        faults.down = down
        faults.unauthorized = unauthorized
        faults.onlyMethod = onlyMethod
        faults.onlyPath = onlyPath
        faults.times = times
        return faults
    }
}
