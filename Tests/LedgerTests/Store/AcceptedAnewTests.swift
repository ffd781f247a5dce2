import Foundation
import GRDB
import Messages
import Testing

@testable import Ledger

/// The service removes old incidents beside its work, and what is accepted anew is another remediation.
@Suite("Removing at work", .timeLimit(.minutes(2)))
struct AcceptedAnewTests {
    @Test func aRemovedIdIsAcceptedAnewUnderANameThatNeverWas() async throws {
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            let installation = try await store.load().installation
            try await store.add([EndedIncident(id: "I-1", operatorAttempt: 3), EndedIncident(id: "I-2")])
            try await store.removeAll()
            try await folder.serve(store) { (service) async throws in
                #expect(try await service.accept(LedgerFolder.request("I-1")) == .accepted)
                #expect(try await service.accept(LedgerFolder.request("I-2")) == .accepted)
                #expect(try await service.accept(LedgerFolder.request("I-3")) == .accepted)
                #expect(try await service.accept(LedgerFolder.request("I-1")) == .known, "now it is known again")
            }
            let attempts = try await ["I-1", "I-2", "I-3"].asyncMap {
                try await store.record(ofIncidentOrWorkspace: $0)?.operatorAttempt
            }
            #expect(attempts == [4, 2, 1], "each goes on after the attempts of the one before")
            let timeline = try #require(try await store.detail(of: "I-1")).timeline
            #expect(timeline.map(\.type) == [.incidentAccepted], "nothing of the one before is in its timeline")
            #expect(timeline.map(\.operatorAttempt) == [4])
            let names = (1...4).map {
                WorkspaceName.derive(installation: installation, incident: "I-1", operatorAttempt: $0)
            }
            #expect(Set(names).count == 4)
        }
    }

    @Test func attemptsAddUpFromRemovalToRemoval() async throws {
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            _ = try await store.load()
            try await store.add([EndedIncident(id: "I-1", operatorAttempt: 5)])
            try await store.removeAll()
            let known = try await store.database.read { try LedgerStore.known(of: ["I-1", "I-9"], $0) }
            #expect(known.attempts == ["I-1": 5])
            // One that began lower, as after a copy was put back, does not lower it.
            try await store.add([EndedIncident(id: "I-1", operatorAttempt: 2)])
            try await store.removeAll()
            #expect(try await store.database.read { try LedgerStore.known(of: ["I-1"], $0).attempts } == ["I-1": 5])
        }
    }

    @Test func acceptsGoOnBetweenTheSteps() async throws {
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            _ = try await store.load()
            try await store.add((1...8).map { EndedIncident(id: "old-\($0)", logLines: 20) })
            let retention = Retention(keep: 1000, rowsPerCommit: 20, pause: 1000, lookEvery: 60_000)
            // One step is due at once; each further one only when this clock moves, however slow the machine is.
            let clock = HeldClock()
            try await folder.serve(store, retention: retention, clock: { clock.now }) { (service) async throws in
                var between = 0
                var number = 0
                while try await store.ids().contains(where: { $0.hasPrefix("old-") }) {
                    number += 1
                    #expect(try await service.accept(LedgerFolder.request("new-\(number)")) == .accepted)
                    if try await store.ids().contains(where: { $0.hasPrefix("old-") }) { between += 1 }
                    clock.move(by: retention.pause)
                }
                #expect(between > 1, "something was accepted while something was still to be removed")
            }
            #expect(try await store.count("log_lines") == 0)
            #expect(try await store.ids().allSatisfy { $0.hasPrefix("new-") })
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
