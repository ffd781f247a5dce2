import ArgumentParser
import Topology

/// The flags of `mendline bench` for many active workspaces.
struct ActiveOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Keep so many workspaces active, with the simulators of the outside systems instead of a stub.",
            valueName: "n"
        )
    )
    var active: Int?

    @Option(help: ArgumentHelp("How long each script runs; so long is the warm-up, too.", valueName: "time"))
    var scriptTime: Length?

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp(
            "How long incidents are sent; with --hold, how long is measured. Default: twice --script-time; 60s.",
            valueName: "time"
        )
    )
    var length: Length?

    @Option(
        help: ArgumentHelp("Requests a minute and path that Coder takes; 0, the default, is no limit.", valueName: "n")
    )
    var coderRateLimit: Int?

    @Flag(help: "Send all at once, measure what the log-collector takes while all are active, and wait for no end.")
    var hold = false

    func validate() throws {
        guard let active else {
            let others = [
                ("--script-time", scriptTime != nil), ("--for", length != nil),
                ("--coder-rate-limit", coderRateLimit != nil), ("--hold", hold),
            ]
            for (name, isGiven) in others where isGiven { throw ValidationError("\(name) needs --active") }
            return
        }
        // One log-collector follows all of them.
        guard StageConfiguration.capacityRange.contains(active) else {
            throw ValidationError("--active: give 1 to \(StageConfiguration.capacityRange.upperBound)")
        }
        guard let scriptTime else { throw ValidationError("--active needs --script-time") }
        guard scriptTime.duration >= .seconds(1) else { throw ValidationError("--script-time: give at least 1s") }
        if let coderRateLimit, coderRateLimit < 0 { throw ValidationError("--coder-rate-limit: give 0 or more") }
        guard let length else { return }
        if hold {
            guard length.duration >= .seconds(1) else { throw ValidationError("--for: give at least 1s") }
        } else {
            guard length.duration > scriptTime.duration else {
                throw ValidationError("--for: give more than --script-time, which is the warm-up")
            }
        }
    }

    /// What was asked for; nil without `--active`.
    var load: ActiveLoad? {
        guard let active, let scriptTime else { return nil }
        return ActiveLoad(
            active: active,
            scriptTime: scriptTime.duration,
            length: length?.duration ?? (hold ? .seconds(60) : scriptTime.duration * 2),
            rateLimit: coderRateLimit ?? 0,
            isHeld: hold
        )
    }
}
