import Foundation
import Secrets
import Testing

@testable import Intake

/// Lists in files: what is new counts, what is wrong changes nothing.
@Suite("Lists that are replaced")
struct AccessStoreTests {
    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    @Test func aNewListCountsAndAWrongOneChangesNothing() throws {
        try withFolder { folder in
            let tokens = folder.appending(path: "tokens")
            let keys = folder.appending(path: "keys")
            try Data("am send one\n".utf8).write(to: tokens)
            try Data("gh github one\n".utf8).write(to: keys)
            let store = try AccessStore(
                tokens: .file(SecretFile(path: tokens.path, hasLines: true)),
                keys: .file(SecretFile(path: keys.path, hasLines: true))
            )
            #expect(store.refresh() == [])
            #expect(store.valid.tokens?.entry(of: "one") != nil)

            try Data("am send two\nops operate three\n".utf8).write(to: tokens)
            #expect(store.refresh() == [.changed("tokens", names: ["am", "ops"])])
            #expect(store.valid.tokens?.entry(of: "one") == nil)
            #expect(store.valid.tokens?.entry(of: "two") != nil)
            #expect(store.valid.tokens?.entry(of: "three") != nil)

            for wrong in ["", "a b", "x send y\u{7}"] {
                try Data(wrong.utf8).write(to: tokens)
                let news = store.refresh()
                guard case .kept("tokens", let why)? = news.first, news.count == 1 else {
                    Issue.record("\(wrong): \(news)")
                    continue
                }
                #expect(!why.isEmpty)
                #expect(store.refresh() == [], "it is said once")
                #expect(store.valid.tokens?.entry(of: "two") != nil)
            }
            try FileManager.default.removeItem(at: tokens)
            #expect(store.refresh().count == 1)
            #expect(store.valid.tokens?.entry(of: "two") != nil)

            try Data("am send two\nops operate three\n".utf8).write(to: tokens)
            #expect(
                store.refresh() == [.changed("tokens", names: ["am", "ops"])],
                "that it is right again is said, too"
            )

            try Data("gh github one\ngh github two\n".utf8).write(to: keys)
            #expect(store.refresh() == [.changed("signature keys", names: ["gh", "gh"])])
        }
    }

    @Test func requestsGoOnWhileAListIsRead() throws {
        let store = try AccessStore(tokens: .fixed("am send one"), keys: .fixed("gh github one"))
        var seen: [Bool] = []
        let news = store.refresh { (source: SecretSource) throws(SecretError) -> String in
            // A request comes while the mount takes its time.
            let valid = store.valid
            seen.append(valid.tokens?.entry(of: "one") != nil && valid.keys?.all.map(\.name) == ["gh"])
            return seen.count == 1 ? "am send two" : "gh github one\npd pagerduty two"
        }
        #expect(seen == [true, true], "until the new one is read the old one counts")
        #expect(news == [.changed("tokens", names: ["am"]), .changed("signature keys", names: ["gh", "pd"])])
        #expect(store.valid.tokens?.entry(of: "two") != nil)
        #expect(store.valid.tokens?.entry(of: "one") == nil)
    }

    @Test func atTheStartThereAreNoOldOnes() throws {
        try withFolder { folder in
            let path = folder.appending(path: "tokens").path
            #expect(throws: SecretError.self) {
                _ = try AccessStore(tokens: .file(SecretFile(path: path, hasLines: true)), keys: nil)
            }
            #expect(throws: SecretError.self) { _ = try AccessStore(tokens: nil, keys: .fixed("nonsense")) }
            let open = try AccessStore(tokens: nil, keys: nil)
            #expect(!open.valid.isAsked)
            let signed = try AccessStore(tokens: nil, keys: .fixed("a github b"))
            #expect(signed.valid.isAsked)
        }
    }
}
