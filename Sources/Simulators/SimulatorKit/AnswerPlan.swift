/// What happens to one request: decided before it is handled, by `AnswerFaults.plan`.
public struct AnswerPlan: Equatable, Sendable {
    /// What happens in place of handling the request.
    public enum Refusal: Equatable, Sendable {
        case drop
        case hang
        case unauthorized
        case error(status: Int)
        /// An error that quotes the request.
        case echo(status: Int)
        case tooManyRequests(retryAfter: Int)
    }

    /// What happens to the answer of a request that took effect.
    public enum Spoiling: Equatable, Sendable {
        case cut
        case garbage
        case error(status: Int)
    }

    /// Set where the request is not to be handled.
    public var refusal: Refusal?
    /// Set where the answer is not to arrive as it is.
    public var spoiling: Spoiling?
    /// How long the answer is kept back after the effect.
    public var hold = Delay.none

    /// A request that is treated well.
    public static let good = AnswerPlan()
}

extension AnswerFaults {
    /// Decides what happens to one request, and counts `times` down where that is something bad.
    ///
    /// - Parameters:
    ///   - method: The request's method.
    ///   - path: The request's path, without the query.
    ///   - random: Where chances come from.
    /// - Returns: The plan for this request alone.
    public mutating func plan(method: String, path: String, random: inout some RandomNumberGenerator) -> AnswerPlan {
        if let onlyMethod, onlyMethod.uppercased() != method { return .good }
        if let onlyPath, !path.contains(onlyPath) { return .good }
        if let times, times <= 0 { return .good }
        var plan = AnswerPlan()
        if down {
            plan.refusal = .drop
        } else if unauthorized {
            plan.refusal = .unauthorized
        } else if hangRate.hits(&random) {
            plan.refusal = .hang
        } else if tooManyRequestsRate.hits(&random) {
            plan.refusal = .tooManyRequests(retryAfter: retryAfter)
        } else if errorRate.hits(&random) {
            plan.refusal = errorEchoes ? .echo(status: errorStatus) : .error(status: errorStatus)
        } else {
            if errorAfterRate.hits(&random) {
                plan.spoiling = .error(status: errorStatus)
            } else if cutRate.hits(&random) {
                plan.spoiling = .cut
            } else if garbageRate.hits(&random) {
                plan.spoiling = .garbage
            }
            if method != "GET", method != "HEAD" { plan.hold = holdAnswer }
        }
        if plan != .good, let left = times { times = left - 1 }
        return plan
    }
}
