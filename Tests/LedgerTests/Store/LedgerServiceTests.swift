import Foundation
import GRDB
import Messages
import Synchronization
import Testing

@testable import Ledger

/// The ledger at work on a real file.
@Suite("The ledger's service", .timeLimit(.minutes(2)))
struct LedgerServiceTests {
    /// Counts the transactions that have changed something.
    private final class Commits: TransactionObserver, Sendable {
        private let number = Mutex(0)

        var count: Int { number.withLock { $0 } }
        func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
        func databaseDidChange(with event: DatabaseEvent) {}
        func databaseDidCommit(_ db: Database) { number.withLock { $0 += 1 } }
        func databaseDidRollback(_ db: Database) {}
    }

    private final class Flag: Sendable {
        private let state = Mutex(false)

        var isUp: Bool { state.withLock { $0 } }
        func raise() { state.withLock { $0 = true } }
    }

    @Test func manyShareACommitAndNobodyIsAnsweredBeforeIt() async throws {
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            let commits = Commits()
            store.database.add(transactionObserver: commits, extent: .databaseLifetime)
            try await folder.serve(store) { (service) async throws in
                let before = commits.count
                // Somebody else has the file: nothing can be committed as long as this lasts.
                let other = try folder.stranger()
                let isFree = Flag()
                try await other.execute("BEGIN IMMEDIATE")
                try await withThrowingTaskGroup { group in
                    for number in 1...50 {
                        group.addTask {
                            let answer = try await service.accept(LedgerFolder.request("I-\(number)"))
                            #expect(answer == .accepted)
                            #expect(isFree.isUp, "answered before anything could be stored")
                        }
                    }
                    try await Task.sleep(for: .milliseconds(300))
                    isFree.raise()
                    try await other.execute("ROLLBACK")
                    try await group.waitForAll()
                }
                #expect(try await store.ids().count == 50)
                #expect(commits.count - before < 10, "50 incidents share a few commits")
            }
        }
    }

    @Test func aFullDiskRefusesAndKeepsWhatWasAnswered() async throws {
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            try await folder.serve(store) { (service) async throws in
                let epoch = try await store.epoch()
                let room = try await store.database.write { db in
                    let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
                    return try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(pages + 40)")
                }
                #expect(room != nil)
                let text = String(repeating: "x", count: 8000)
                var answered: [String] = []
                var refusal: LedgerError?
                for number in 1...200 where refusal == nil {
                    do throws(LedgerError) {
                        _ = try await service.accept(LedgerFolder.request("I-\(number)", description: text))
                        answered.append("I-\(number)")
                    } catch {
                        refusal = error
                    }
                }
                #expect(!answered.isEmpty)
                #expect(refusal?.code == .cannotWrite)
                #expect(
                    refusal?.message.contains("see that the disk has room") == true,
                    "\(String(describing: refusal))"
                )

                try await store.database.write { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
                let last = "I-\(answered.count + 1)"
                var again: Acceptance?
                while again == nil {
                    again = try? await service.accept(LedgerFolder.request(last, description: text))
                }
                #expect(again == .accepted, "what was refused was not stored")
                #expect(try await store.ids() == [last] + answered.reversed())
                #expect(try await store.epoch() > epoch, "it went on as after a restart")
                #expect(try await service.accept(LedgerFolder.request("I-1", description: text)) == .known)
            }
        }
    }

    @Test func whatWaitsAtTheEndIsAnswered() async throws {
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            try await folder.serve(store) { (service) async throws in
                #expect(try await service.accept(LedgerFolder.request("I-1")) == .accepted)
                service.stop()
                let error = await #expect(throws: LedgerError.self) {
                    _ = try await service.accept(LedgerFolder.request("I-2"))
                }
                #expect(error?.code == .stopped)
            }
            #expect(try await store.ids() == ["I-1"])
        }
    }

    @Test func beyondItsQueueItRefuses() async throws {
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            let other = try folder.stranger()
            try await folder.serve(store, queueLimit: 5) { service in
                try await other.execute("BEGIN IMMEDIATE")
                let answers = try await withThrowingTaskGroup(of: Result<Acceptance, any Error>.self) { group in
                    for number in 1...50 {
                        group.addTask {
                            do {
                                return .success(try await service.accept(LedgerFolder.request("I-\(number)")))
                            } catch {
                                return .failure(error)
                            }
                        }
                    }
                    // The first that are answered are the refused ones: the others wait for the file.
                    var answers: [Result<Acceptance, any Error>] = []
                    if let first = try await group.next() { answers.append(first) }
                    try await other.execute("ROLLBACK")
                    for try await answer in group { answers.append(answer) }
                    return answers
                }
                let accepted = answers.count { (try? $0.get()) == .accepted }
                let codes = answers.compactMap { answer in
                    if case .failure(let error) = answer { (error as? LedgerError)?.code } else { nil }
                }
                #expect(codes.allSatisfy { $0 == .overloaded })
                #expect(!codes.isEmpty)
                #expect(accepted + codes.count == 50)
                #expect(try await store.ids().count == accepted)
            }
        }
    }

    @Test func newsComeAfterTheCommit() async throws {
        try await LedgerFolder.with { folder in
            let store = try folder.open()
            try await folder.serve(store) { (service) async throws in
                var news = service.news(of: "I-1").makeAsyncIterator()
                #expect(try await service.accept(LedgerFolder.request("I-1")) == .accepted)
                await news.next()
                #expect(try await store.ids() == ["I-1"])
            }
        }
    }
}

extension LedgerFolder {
    /// Another program that has the file open, and may hold it for itself.
    fileprivate func stranger() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        return try DatabaseQueue(path: path, configuration: configuration)
    }
}

extension DatabaseQueue {
    /// Runs one statement outside of any transaction of GRDB's own.
    fileprivate func execute(_ sql: String) async throws {
        try await writeWithoutTransaction { try $0.execute(sql: sql) }
    }
}

extension LedgerStore {
    fileprivate func epoch() async throws -> Int {
        try await database.read { db in
            try Int.fetchOne(db, sql: "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'epoch'") ?? 0
        }
    }
}
