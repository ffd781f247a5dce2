public import Messages

/// What the ledger decides by; made from the topology, never changed while it runs.
public struct Rules: Sendable, Hashable {
    /// What a stage is to the ledger, beyond its name.
    public enum Role: String, Sendable, Hashable, Codable {
        /// Makes nothing outside: its deliveries can be taken back at any time.
        case decides
        /// May create workspaces: what it was handed must be settled before anything is called ended.
        case provisions
        /// Follows a workspace to its end.
        case watches
        /// Tells people: its deliveries outlive the verdict and are never taken back.
        case reports
    }

    /// How one stage is served.
    public struct Stage: Sendable, Hashable {
        /// What it is to the ledger.
        public var role: Role
        /// The types of event that it takes.
        public var takes: [EventType]
        /// How long a delivery stays with a holder that is silent, in milliseconds.
        public var lease: Int64
        /// How many failures exhaust a delivery; nil when only time does.
        public var attempts: Int?
        /// The first back-off, in milliseconds; it doubles from failure to failure.
        public var firstBackOff: Int64
        /// The longest back-off, in milliseconds.
        public var mostBackOff: Int64
        /// How long after it was due a delivery is exhausted, in milliseconds.
        public var giveUpAfter: Int64
        /// Whether its deliveries carry the sealed token.
        public var secrets: Bool

        /// Rules of one stage.
        public init(
            role: Role,
            takes: [EventType],
            lease: Int64 = 10_000,
            attempts: Int? = nil,
            firstBackOff: Int64 = 1000,
            mostBackOff: Int64 = 60_000,
            giveUpAfter: Int64 = 86_400_000,
            secrets: Bool = false
        ) {
            self.role = role
            self.takes = takes
            self.lease = lease
            self.attempts = attempts
            self.firstBackOff = firstBackOff
            self.mostBackOff = mostBackOff
            self.giveUpAfter = giveUpAfter
            self.secrets = secrets
        }
    }

    /// The stages by name.
    public var stages: [String: Stage]
    /// An incident without a plan after so many milliseconds ends.
    public var decideWithin: Int64
    /// After a cancel or the deadline, how long stopping may take before the verdict is `unknown`, in milliseconds.
    public var stopGrace: Int64
    /// How long a stopped workspace keeps its name, in milliseconds.
    public var hold: Int64
    /// A process that was silent for so many milliseconds has no capacity.
    public var silence: Int64
    /// Of how many milliseconds before the lease's end the right to begin an effect ends.
    public var expiryMargin: Int64
    /// How many incidents may be open at once; more are refused as overload.
    public var openIncidents: Int
    /// How long after one sweep the next is due, in milliseconds.
    public var sweepEvery: Int64

    /// Rules.
    public init(
        stages: [String: Stage],
        decideWithin: Int64 = 900_000,
        stopGrace: Int64 = 300_000,
        hold: Int64 = 3_600_000,
        silence: Int64 = 3000,
        expiryMargin: Int64 = 2000,
        openIncidents: Int = 100_000,
        sweepEvery: Int64 = 3_600_000
    ) {
        self.stages = stages
        self.decideWithin = decideWithin
        self.stopGrace = stopGrace
        self.hold = hold
        self.silence = silence
        self.expiryMargin = expiryMargin
        self.openIncidents = openIncidents
        self.sweepEvery = sweepEvery
    }

    /// The stages that take a type of event, in the order of their names.
    func takers(of type: EventType) -> [String] {
        stages.filter { $0.value.takes.contains(type) }.map(\.key).sorted()
    }
}
