import Messages

/// Faults as the simulators take them at `PATCH /_simulator/faults`.
enum OutsideFaults {
    /// No fault at all.
    static let none: JSONValue = [
        "error_rate": 0, "error_after_rate": 0, "too_many_requests_rate": 0, "hang_rate": 0, "cut_rate": 0,
        "garbage_rate": 0, "down": false, "unauthorized": false, "hold_answer": "0", "only_method": .null,
        "times": .null,
    ]

    static let down: JSONValue = ["down": true]

    static func patch(_ fault: AnswerFault) -> JSONValue {
        switch fault {
        case .error: ["error_rate": 1, "error_status": 500]
        case .errorAfterEffect: ["error_after_rate": 1, "error_status": 500]
        case .tooManyRequests: ["too_many_requests_rate": 1, "retry_after": 2]
        case .unauthorized: ["unauthorized": true]
        case .hang: ["hang_rate": .double(0.5)]
        case .cut: ["cut_rate": 1]
        case .garbage: ["garbage_rate": 1]
        case .late: ["hold_answer": "2500ms"]
        // Only what has an effect is held, and so many that the rest of the run is not spent in waiting.
        case .lost: ["hold_answer": "never", "times": 5]
        }
    }
}
