import Topology

/// How many workspaces are active at once, and for how long that is measured.
struct ActiveLoad: Hashable, Sendable, CustomStringConvertible {
    var active: Int
    /// How long each script runs, and with it how long a workspace is active.
    var scriptTime: Duration
    /// How long incidents are sent; where they are held, how long it is measured once all are active.
    var length: Duration
    /// Requests a minute that the simulator of Coder takes for each path; 0 is no limit.
    var rateLimit: Int
    /// Whether as many incidents as are to be active are sent at once, and the end of none is waited for.
    var isHeld: Bool

    /// So many incidents a second keep so many active, since as many end.
    var rate: Double { Double(active) / (scriptTime / .seconds(1)) }

    /// How many incidents are sent in all.
    var incidents: Int { isHeld ? active : max(1, Int((rate * (length / .seconds(1))).rounded())) }

    var description: String {
        "\(active) active, scripts of \(DurationText.format(scriptTime))\(isHeld ? ", held" : "")"
    }
}
