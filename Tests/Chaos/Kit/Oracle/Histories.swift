/// What the sender was told of one incident.
struct SenderRecord: Hashable, Sendable {
    enum End: Hashable, Sendable {
        /// Stored, by a 2xx; no end was seen, or none was waited for.
        case stored
        /// Stored, and ended with this verdict.
        case finished(String)
        /// Stored, and not for a machine.
        case declined
        /// Told to go away for good: nothing in a run deserves that.
        case refused(String)
        /// Given up, with what each attempt had failed with.
        case lost([String])
        /// The sender came to no end with it.
        case none
    }

    /// What was sent: whether the policy lets it be remediated.
    var isForMachines: Bool
    var end: End
    /// Milliseconds of wall time.
    var began: Int64
    var ended: Int64

    /// Whether it must be in the ledger.
    var isAccepted: Bool {
        switch end {
        case .stored, .finished, .declined: true
        case .refused, .lost, .none: false
        }
    }

    /// Whether it must not be in the ledger.
    ///
    /// Every attempt was refused before it was taken, or with the word that nothing was accepted. An answer that was cut
    /// off or never came says neither.
    var isCertainlyNotAccepted: Bool {
        switch end {
        case .stored, .finished, .declined, .none: false
        case .refused: true
        case .lost(let causes): causes.allSatisfy { $0 == "couldNotConnect" || $0 == "503" }
        }
    }
}

/// What Mendline's ledger says of one incident at the end of a run.
struct LedgerRecord: Hashable, Sendable {
    struct Event: Hashable, Sendable {
        var sequence: Int64
        /// No other event's.
        var id: String
        var type: String
        /// Of `incident.reported`: the type of event that was told.
        var told: String?
        /// Of `workspace.expiring`: what is due.
        var step: String?
        /// Of `workspace.released`: whether it is gone.
        var deleted: Bool?
        /// Milliseconds of intake's wall time.
        var time: Int64
    }

    var state: String
    var verdict: String?
    var isUnreported = false
    var openDeliveries = 0
    var timeline: [Event] = []
}

/// What the simulated Coder counted for one incident.
struct CoderRecord: Hashable, Sendable {
    var creates = 0
    var scriptStarts = 0
    /// Workspaces that are there still.
    var existing = 0
}

/// What the simulated incident system counted for one incident.
struct ReportRecord: Hashable, Sendable {
    var comments = 0
    var patchesByStatus: [String: Int] = [:]

    var patches: Int { patchesByStatus.values.reduce(0, +) }
}

/// The whole of a run, each ledger by incident.
struct Histories: Hashable, Sendable {
    var sender: [String: SenderRecord] = [:]
    var ledger: [String: LedgerRecord] = [:]
    var coder: [String: CoderRecord] = [:]
    var reports: [String: ReportRecord] = [:]
}
