import TestSupport

/// Shows, before a run begins, that a shift reaches a member: intake sees it in the heartbeats of a stage.
enum ClockRehearsal {
    /// Shifts the clock of one stage by an hour and back.
    ///
    /// - Returns: why no clock is shifted in this run; nil where they are.
    static func whyNot(_ stand: Stand, _ intake: Web) async throws -> String? {
        guard stand.hasOwnDisk else { return "no privilege to mount" }
        guard let clocks = stand.clocks else { return "libfaketime is not installed" }
        let member = Cast.stages[0] + "-1"
        var why: String?
        try clocks.shift(member, by: 3_600_000)
        do {
            try await eventually(
                "intake sees \(member)'s clock an hour ahead",
                within: .seconds(30),
                holds: { await intake.problems().contains { $0.contains("its clock differs") } }
            )
        } catch let failure as TestFailure {
            why = "libfaketime shifts nothing here: \(failure)"
        }
        try clocks.shift(member, by: 0)
        try await eventually("intake is ready again", holds: { await intake.status("/ready") == 200 })
        return why
    }
}
