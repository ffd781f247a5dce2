/// What goes wrong between a simulator and its clients, whatever the API: late, lost, cut and false answers.
///
/// The JSON of `GET` and `PATCH /_simulator/faults` has these members beside the simulator's own.
public struct AnswerFaults: Codable, Equatable, Sendable {
    /// The effect happens at once, the answer comes so much later (or `never`).
    ///
    /// Only requests that can have an effect:
    /// a `GET` is not held.
    public var holdAnswer = Delay.none
    /// Share of requests refused with `errorStatus` before they have an effect.
    public var errorRate = Rate.none
    /// The status of such an error.
    public var errorStatus = 500
    /// Whether the body of such an error quotes the request, its headers with it, as some servers' do.
    public var errorEchoes = false
    /// Share of requests that take effect and are answered with `errorStatus` all the same.
    public var errorAfterRate = Rate.none
    /// Share of requests refused with 429 before they have an effect.
    public var tooManyRequestsRate = Rate.none
    /// `Retry-After` of such a 429, in seconds.
    public var retryAfter = 60
    /// Share of requests that have no effect and are never answered.
    public var hangRate = Rate.none
    /// Share of requests that take effect and whose answer breaks off in the middle of its body.
    public var cutRate = Rate.none
    /// Share of requests that take effect and whose answer has a body that is not JSON.
    public var garbageRate = Rate.none
    /// Every connection is closed without an answer and without an effect.
    public var down = false
    /// Every request is answered as if its token were wrong.
    public var unauthorized = false
    /// The faults above concern this method only.
    public var onlyMethod: String?
    /// The faults above concern paths that contain this text only.
    public var onlyPath: String?
    /// So many more requests are spoiled, then none; nil is without end.
    public var times: Int?

    /// No faults.
    public init() {}

    private enum CodingKeys: String, CodingKey {
        case holdAnswer = "hold_answer"
        case errorRate = "error_rate"
        case errorStatus = "error_status"
        case errorEchoes = "error_echoes"
        case errorAfterRate = "error_after_rate"
        case tooManyRequestsRate = "too_many_requests_rate"
        case retryAfter = "retry_after"
        case hangRate = "hang_rate"
        case cutRate = "cut_rate"
        case garbageRate = "garbage_rate"
        case down, unauthorized
        case onlyMethod = "only_method"
        case onlyPath = "only_path"
        case times
    }

    /// Writes every member, `null` for what is not set, so that the answer shows all there is to change.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(holdAnswer, forKey: .holdAnswer)
        try container.encode(errorRate, forKey: .errorRate)
        try container.encode(errorStatus, forKey: .errorStatus)
        try container.encode(errorEchoes, forKey: .errorEchoes)
        try container.encode(errorAfterRate, forKey: .errorAfterRate)
        try container.encode(tooManyRequestsRate, forKey: .tooManyRequestsRate)
        try container.encode(retryAfter, forKey: .retryAfter)
        try container.encode(hangRate, forKey: .hangRate)
        try container.encode(cutRate, forKey: .cutRate)
        try container.encode(garbageRate, forKey: .garbageRate)
        try container.encode(down, forKey: .down)
        try container.encode(unauthorized, forKey: .unauthorized)
        try container.encode(onlyMethod, forKey: .onlyMethod)
        try container.encode(onlyPath, forKey: .onlyPath)
        try container.encode(times, forKey: .times)
    }

    /// What is wrong with the values, as sentences; empty where nothing is.
    public var problems: [String] {
        var problems: [String] = []
        if !(400...599).contains(errorStatus) { problems.append("error_status must be from 400 to 599") }
        if retryAfter < 0 { problems.append("retry_after must not be negative") }
        if let times, times < 0 { problems.append("times must not be negative") }
        return problems
    }
}
