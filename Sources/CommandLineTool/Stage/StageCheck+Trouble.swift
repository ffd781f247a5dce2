import Messages
import ZeroMQ

/// What a stage does with what is not as it should be.
extension StageCheck {
    func dropsExpired() async throws -> Finding {
        let late = try await golden.typical("expired")
        let before = try await harness.outside.effects()[late.incidentID] ?? .init()
        let handle = await hands.handOut(late, right: .seconds(-5))
        if let trouble = try await stillWorks("expired") { return .broken(trouble) }
        let book = book.value
        if case .done = book.outcome(of: handle) { return .broken("it did what it had no right to do any more") }
        if book.isClaimed(handle) { return .broken("a heartbeat says that it is held") }
        guard before == (try await harness.outside.effects()[late.incidentID] ?? .init()) else {
            return .broken("it had an outside effect")
        }
        let answer = book.outcome(of: handle).map { "answered \($0.word)" } ?? "no answer"
        return .held("\(answer), no effect; the next one was settled")
    }

    func survivesBadFrames() async throws -> Finding {
        let instances = Set(book.value.beats.keys)
        let good = try await golden.typical("bad-frames").message(
            Attempt(epoch: 1, number: 1),
            now: .now,
            right: hands.right
        )
        let frames = try BadFrames.all(from: good)
        for frame in frames {
            await harness.intake.send(frame)
            guard program.isAlive else { return .broken("it ended: \(program.lastWords)") }
        }
        if let trouble = try await stillWorks("bad-frames") { return .broken(trouble) }
        // Whoever takes only what is allowed disconnects from a sender of more, and connects again.
        await harness.intake.send([UInt8](repeating: UInt8(ascii: " "), count: Message.maximumBytes + 1))
        if let trouble = try await stillWorks("too-large") {
            return .broken("after a frame over 1 MiB: \(trouble)")
        }
        guard Set(book.value.beats.keys) == instances else {
            return .broken("it ended and was another process afterwards")
        }
        return .held("\(frames.count) kinds of bad frames and one over 1 MiB")
    }

    func putsOffUnknown() async throws -> Finding {
        // A stage may take types of others, so the unknown one is of a later version of the contract.
        var delivery = try await golden.typical("unknown-type")
        delivery.type = EventType(rawValue: "mendline.unheard-of.v9")
        delivery.data = .object(["something": .string("new")])
        let handle = await hands.handOut(delivery)
        guard await book.wait(within: hands.lease, until: { $0.outcome(of: handle) != nil }) else {
            return .broken("no answer within the lease: it must be put off (`deferred`), or fail with a reason")
        }
        if let trouble = try await stillWorks("unknown-type") { return .broken(trouble) }
        return .held("answered \(book.value.outcome(of: handle)?.word ?? "")")
    }

    func reconnects() async throws -> Finding {
        let instances = Set(book.value.beats.keys)
        await harness.intake.close()
        // As long as an intake takes that is started anew.
        try await Task.sleep(for: .seconds(3))
        guard program.isAlive else { return .broken("it ended when intake went away: \(program.lastWords)") }
        hands.beginEpoch()
        try await harness.intake.open()
        let opened = ContinuousClock.now
        guard
            await book.wait(
                within: Self.patience,
                until: { book in
                    book.beats.values.contains { $0.last > opened }
                }
            )
        else { return .broken("no heartbeat within \(TimeText.length(Self.patience)) of intake's return") }
        let back = ContinuousClock.now - opened
        if let trouble = try await stillWorks("reconnected") { return .broken(trouble) }
        guard Set(book.value.beats.keys) == instances else {
            return .broken("it ended and was another process afterwards")
        }
        return .held("heartbeat after \(TimeText.length(back))")
    }
}

/// Frames that are no deliveries.
enum BadFrames {
    /// Each another way of being wrong, made from a good delivery.
    static func all(from good: Message) throws -> [[UInt8]] {
        let whole = try JSONValue(encoding: good)
        var frames: [[UInt8]] = [
            [], Array("not json".utf8), Array("[]".utf8), Array("null".utf8), Array("{}".utf8), [0xFF, 0xFE, 0x00],
            Array(#"{"specversion":"1.0","type":"x"#.utf8), Array(repeating: UInt8(ascii: "["), count: 100_000),
            Array(#"{"specversion":"1.0","type":"incident.accepted","source":"/ledger"}"#.utf8),
        ]
        guard case .object(let members) = whole else { return frames }
        for name in ["type", "id", "time", "deliveryid", "attempt", "expirytime", "context", "subject"] {
            var missing = members
            missing[name] = nil
            frames.append(try MessageCoding.encode(JSONValue.object(missing)))
            var wrong = members
            wrong[name] = .array([.integer(7)])
            frames.append(try MessageCoding.encode(JSONValue.object(wrong)))
        }
        return frames
    }
}

extension Outcome {
    /// Its word on the wire.
    var word: String {
        switch self {
        case .done: "done"
        case .failed(let failure): "failed (\(failure.code))"
        case .deferred: "deferred"
        case .returned(let reason): "returned (\(reason))"
        }
    }
}
