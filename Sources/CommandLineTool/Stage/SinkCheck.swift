import Glibc
import Messages

/// Tries a metrics-sink on what every process of a topology relies on.
struct SinkCheck: Sendable {
    let harness: SinkHarness
    /// How many messages the check of memory takes.
    let messages: Int

    private static let patience: Duration = .seconds(30)
    /// What is tried, in this order.
    var parts: [CheckPart] {
        [
            CheckPart(title: "starts, and answers whoever scrapes", attempt: start),
            CheckPart(title: "shows what is counted", attempt: shows),
            CheckPart(title: "counts what is said again once", attempt: again),
            CheckPart(title: "survives what is malformed or too large", attempt: survivesBadFrames),
            CheckPart(title: "keeps its memory over many samples", attempt: keepsItsMemory),
            CheckPart(title: "SIGTERM: ends with 0", attempt: endsInOrder),
            CheckPart(title: "SIGKILL and a new start leave nothing wrong", attempt: survivesKill),
        ]
    }

    private func start() async throws -> Finding {
        try await harness.program.start()
        let began = ContinuousClock.now
        while ContinuousClock.now - began < Self.patience, harness.program.isAlive {
            if await harness.scrape() != nil {
                return .held("after \(TimeText.length(ContinuousClock.now - began))")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        return .broken(
            "nobody answers at http://\(harness.listen)/metrics; \(harness.program.lastWords)"
        )
    }

    private func shows() async throws -> Finding {
        try await harness.send(try batch(counted: 3, "a"))
        return try await expect(
            "check_things_total 7",
            counted: 4,
            "counts of two processes, added up"
        )
    }

    private func again() async throws -> Finding {
        for _ in 0..<3 { try await harness.send(try batch(counted: 3, "a")) }
        return try await expect("check_things_total 8", counted: 5, "samples are cumulative")
    }

    private func survivesBadFrames() async throws -> Finding {
        let good = message(batchData(counted: 0, "bad"), id: "bad")
        var frames = try BadFrames.all(from: good)
        frames.append([UInt8](repeating: UInt8(ascii: " "), count: Message.maximumBytes + 1))
        for frame in frames { try await harness.send(frame) }
        return try await expect(
            "check_things_total 9",
            counted: 6,
            "\(frames.count) kinds of bad frames"
        )
    }

    private func keepsItsMemory() async throws -> Finding {
        var growth = MemoryGrowth()
        let each = max(messages / MemoryGrowth.rounds, 1)
        for round in 1...MemoryGrowth.rounds {
            for _ in 0..<each { try await harness.send(try batch(counted: 6, "b")) }
            let shown = try await expect("check_things_total \(9 + round)", counted: 6 + round, "")
            guard shown.isHeld else { return shown }
            guard let bytes = harness.program.usage?.residentBytes else {
                return .broken("the process has ended")
            }
            growth.note(bytes)
        }
        let seen = "\(growth) after each \(each) messages"
        return growth.isGrowing ? .broken(seen) : .held(seen)
    }

    private func endsInOrder() async throws -> Finding {
        let began = ContinuousClock.now
        guard let end = await harness.program.end(by: SIGTERM, within: .seconds(15)) else {
            return .broken("it still runs 15 s after SIGTERM")
        }
        return end == .exit(code: 0)
            ? .held("after \(TimeText.length(ContinuousClock.now - began))")
            : .broken("it ended with \(SupervisionText.text(end)); \(harness.program.lastWords)")
    }

    private func survivesKill() async throws -> Finding {
        try await harness.program.start()
        guard try await expect("check_things_total 1", counted: 1, "").isHeld else {
            return .broken("started again it does not show what is sent")
        }
        _ = await harness.program.end(by: SIGKILL, within: .seconds(5))
        try await harness.program.start()
        return try await expect("check_things_total 2", counted: 2, "it shows what processes say next")
    }

    /// Says what a process has counted, as often as it takes: processes say all of it again once a second.
    private func expect(
        _ line: String,
        counted: Int,
        _ seen: String
    ) async throws -> Finding {
        let end = ContinuousClock.now + Self.patience
        while ContinuousClock.now < end, harness.program.isAlive {
            try await harness.send(try batch(counted: counted, "b"))
            if await harness.shows(line, within: .seconds(1)) { return .held(seen) }
        }
        let shown = await harness.scrape()?.split(separator: "\n").first { $0.hasPrefix("check_things_total") }
        return .broken(
            "`\(line)` is not shown, but \(shown.map { "`\($0)`" } ?? "nothing of it"); \(harness.program.lastWords)"
        )
    }

    private func batch(counted: Int, _ instance: String) throws -> [UInt8] {
        try message(batchData(counted: counted, instance), id: "\(instance)-\(counted)").frame()
    }

    private func batchData(counted: Int, _ instance: String) -> JSONValue {
        .object([
            "instance": .string("check-\(instance)"), "stage": .string("check"),
            "started": .string("2026-01-01T00:00:00Z"), "sequence": .integer(harness.nextSequence()),
            "samples": .array([
                .object([
                    "name": .string("check_things_total"), "help": .string("Things that the check has counted."),
                    "kind": .string("counter"), "labels": .object([:]), "value": .integer(Int64(counted)),
                ])
            ]),
        ])
    }

    private func message(_ data: JSONValue, id: String) -> Message {
        Message(type: .metricsSample, source: "/check/\(id)", id: id, subject: nil, time: .now, data: data)
    }
}
