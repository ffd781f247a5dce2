import Ledger

/// What goes wrong in a simulated world, and how often; drawn from its seed, so that some schedules are mild and some
/// have everything at once.
package struct Conditions {
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
    /// Percent of the seconds of a process in which it answers for what it does not have.
    var forgeries: Int64
    /// Percent of the workspaces whose pod is made anew.
    var pods: Int64
    /// Percent of the workspaces that somebody else deletes.
    var losses: Int64
    /// Percent of the incidents that an operator cancels.
    var cancels: Int64
    /// Percent of the six moments of an incident at which an operator retries it.
    var retries: Int64
    /// Percent of the incidents whose alert resolves.
    var resolutions: Int64
    /// How many failures exhaust a delivery; nil where only time does.
    var attempts: Int?
    /// How many deliveries a process is willing to hold.
    var capacity: Int64
    var processes: Int64
    var incidents: Int64

    /// When the last fault happens, in milliseconds.
    static let faultsEnd: Int64 = 45_000
    /// When people have done the last thing that they do.
    static let peopleEnd: Int64 = 70_000
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
        forgeries = sometimes(20)
        pods = sometimes(50)
        losses = sometimes(25)
        cancels = dice.chance(50) ? 60 : 0
        retries = dice.chance(50) ? 80 : 0
        resolutions = dice.chance(30) ? 60 : 0
        attempts = dice.chance(40) ? Int(dice.number(2...6)) : nil
        capacity = dice.number(1...4)
        processes = dice.number(1...3)
        incidents = dice.number(1...3)
    }

    /// Makes common what must come together for a rule to be missed, so that it does not take tens of thousands of schedules.
    mutating func favour(_ mutation: Mutation) {
        switch mutation {
        case .shortHold:
            // Only what arrives late shows what the hold is good for.
            strays = 50
        case .refusesUnseen:
            // One request gets through unnoticed, the look after it fails, and the next request is refused.
            (refusals, lostAnswers, unavailable, attempts) = (60, 40, 40, nil)
        case .core(.retriesUnstopped):
            // A script hangs, its stop fails until nobody tries it any more, and then a person retries.
            (attempts, outages, retries) = (2, 15, 90)
        case .core(.replacesVerdicts):
            forgeries = 40
        case .returnsBegun:
            // Processes are ended while their calls are on the way.
            drains = 40
        case .core(.repeatsHandOuts):
            // There is less room than work.
            (capacity, processes, incidents) = (1, 1, 3)
        default: break
        }
    }
}
