/// What goes wrong in a simulated world, and how often; drawn from its seed, so that some schedules are mild and some
/// have everything at once.
struct Conditions {
    /// Percent of the seconds of a process in which it dies.
    var deaths: Int64
    /// Percent of the seconds of a process in which it freezes.
    var freezes: Int64
    /// Percent of the seconds of a process in which it is told to stop.
    var drains: Int64
    /// Percent of the seconds in which intake is killed.
    var intakeDeaths: Int64
    /// Percent of the commits that fail.
    var failedCommits: Int64
    /// Percent of the outside calls whose answer is lost.
    var lostAnswers: Int64
    /// Percent of the outside calls that are answered 503 without effect.
    var unavailable: Int64
    /// Percent of the seconds in which an outage of Coder or of the incident API begins.
    var outages: Int64
    /// Percent of the creates that hang in the network until long after their time.
    var strays: Int64
    /// Percent of the settlements that are sent twice.
    var duplicates: Int64
    /// Percent of the creates that Coder refuses for good.
    var refusals: Int64
    /// Percent of the incidents that an operator cancels.
    var cancels: Int64
    /// How many deliveries a process is willing to hold.
    var capacity: Int64
    var processes: Int64
    var incidents: Int64

    /// When the last fault happens, in milliseconds.
    static let faultsEnd: Int64 = 45_000
    /// When everything must have come to its end.
    static let everythingEnds: Int64 = 400_000

    init(_ dice: inout Dice) {
        func sometimes(_ most: Int64) -> Int64 { dice.chance(50) ? dice.number(1...most) : 0 }
        deaths = sometimes(4)
        freezes = sometimes(4)
        drains = sometimes(4)
        intakeDeaths = sometimes(6)
        failedCommits = sometimes(4)
        lostAnswers = sometimes(25)
        unavailable = sometimes(25)
        outages = sometimes(4)
        strays = sometimes(15)
        duplicates = sometimes(40)
        refusals = sometimes(30)
        cancels = dice.chance(50) ? 60 : 0
        capacity = dice.number(1...4)
        processes = dice.number(1...3)
        incidents = dice.number(1...3)
    }
}

/// A part of the world that is built wrongly, to show that the checker notices.
enum Mutation: String, CaseIterable, Sendable {
    /// A process takes expired messages and begins effects whenever it likes.
    case ignoresExpiry
    /// A provisioner that is told "taken" takes the workspace for somebody else's, and never looks.
    case neverAdopts
    /// A reporter that never looks whether it has told already.
    case neverLooks
    /// A store that answers first and commits later.
    case commitsLate
    /// A store whose epoch stays the same at a restart.
    case keepsEpoch
    /// A store that loses the removals of a batch.
    case forgetsRemovals
    /// A right to begin effects that outlives the lease.
    case longRights
    /// A workspace is erased as soon as it is stopped, so that its name is free again.
    case shortHold
    /// A provisioner that says "stopped" before it is.
    case stopsNothing
}
