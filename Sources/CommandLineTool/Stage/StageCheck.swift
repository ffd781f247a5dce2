import Messages
import Topology

/// Tries a stage on every promise of the delivery contract.
///
/// Each of its parts tries one promise and tells what was seen. They share one process of the stage.
struct StageCheck: Sendable {
    let harness: StageHarness
    let hands: HandingOut
    let book: Watched<AnswerBook>
    /// How many deliveries the check of memory takes.
    let deliveries: Int

    /// How long what should happen at once may take on a machine with much to do.
    static let patience: Duration = .seconds(30)

    init(_ harness: StageHarness, book: Watched<AnswerBook>, deliveries: Int) {
        self.harness = harness
        self.book = book
        self.deliveries = deliveries
        let program = harness.programs[0]
        hands = HandingOut(harness.intake, book: book, lease: harness.setup.stage.lease) { program.isAlive }
    }

    var program: HarnessProgram { harness.programs[0] }
    var golden: GoldenDeliveries { harness.golden }

    /// What is tried, in this order: the last ones end, kill and start the process.
    var parts: [CheckPart] {
        [
            CheckPart(title: "starts, and says that it lives", attempt: start),
            CheckPart(title: "settles every golden delivery", attempt: settlesGolden),
            CheckPart(title: "honours its capacity", attempt: honoursCapacity),
            CheckPart(title: "sends heartbeats while it works", attempt: beatsUnderLoad),
            CheckPart(title: "drops a delivery whose time has passed", attempt: dropsExpired),
            CheckPart(title: "survives what is malformed or too large", attempt: survivesBadFrames),
            CheckPart(title: "answers for a type of event that it does not know", attempt: putsOffUnknown),
            CheckPart(title: "has no second effect where a delivery comes again", attempt: hasNoSecondEffect),
            CheckPart(title: "connects again when intake is back", attempt: reconnects),
            CheckPart(title: "keeps its memory over many deliveries", attempt: keepsItsMemory),
            CheckPart(title: "SIGTERM: gives back what is unfinished, ends with 0", attempt: endsInOrder),
            CheckPart(title: "SIGKILL in mid-work and a new start leave nothing wrong", attempt: survivesKill),
            CheckPart(title: "answers as the contract says, throughout") { try await answersAsAgreed() },
        ]
    }

    private func start() async throws -> Finding {
        try await harness.outside.hurry()
        let began = ContinuousClock.now
        try await program.start()
        await beats { !$0.beats.isEmpty }
        guard let (instance, beats) = book.value.beats.first else {
            return .broken("no heartbeat within \(TimeText.length(Self.patience)); \(program.lastWords)")
        }
        guard beats.latest.capacity > 0 else {
            return .broken("its first heartbeat has the capacity 0, so it would never be handed anything")
        }
        return .held(
            "after \(TimeText.length(beats.first - began)): instance \(instance), capacity \(beats.latest.capacity)"
        )
    }

    /// Waits for heartbeats, as long as patience and the process last.
    func beats(_ condition: @escaping @Sendable (AnswerBook) -> Bool) async {
        let end = ContinuousClock.now + Self.patience
        while program.isAlive, ContinuousClock.now < end {
            if await book.wait(within: .milliseconds(250), until: condition) { return }
        }
    }

    private func answersAsAgreed() async throws -> Finding {
        if let trouble = try await stillWorks("last") { return .broken(trouble) }
        return .answers(book.value)
    }

    /// Whether the stage still works: it settles one more delivery.
    ///
    /// - Returns: nil where it does, else what was seen instead.
    func stillWorks(_ name: String) async throws -> String? {
        let delivery = try await golden.typical("still-works-\(name)")
        guard program.isAlive else { return "the process has ended: \(program.lastWords)" }
        if await hands.settle([delivery], within: Self.patience).isEmpty {
            return "it settled nothing more within \(TimeText.length(Self.patience)); \(program.lastWords)"
        }
        return nil
    }
}

extension Finding {
    /// Whether all that came was of the contract.
    static func answers(_ book: AnswerBook) -> Finding {
        let twice = book.settlements.filter { $0.value.count > 1 }.keys.map(\.deliveryID).sorted()
        if let fault = book.faults.first {
            let more = book.faults.count > 1 ? " (and \(book.faults.count - 1) other faults)" : ""
            return .broken(fault + more)
        }
        if let first = twice.first { return .broken("it settled one hand-out of \(first) more than once") }
        if let off = book.beats.values.map(\.clockOffset).max(by: { abs($0) < abs($1) }), abs(off) > 1000 {
            return .broken("its heartbeats tell a clock that is \(off) ms from ours on the same machine")
        }
        return .held("\(book.settlements.count) hand-outs settled, each once; every event valid")
    }
}
