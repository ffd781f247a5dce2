/// Lengths of time for people.
enum DurationWords {
    /// `0.4 s`, `12 s`, `4 min 5 s`, `2 h 3 min`.
    static func text(_ seconds: Double) -> String {
        let bounded = min(max(seconds, 0), 1e9)
        let tenths = Int((bounded * 10).rounded())
        if tenths < 100 { return "\(tenths / 10).\(tenths % 10) s" }
        let whole = Int(bounded.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
}
