import Dispatch
import Logging
import Secrets
import ServiceLifecycle
import Synchronization

/// The tokens and signature keys that are valid now.
///
/// What is read anew and cannot be used changes nothing: the old ones stay in force.
final class AccessStore: Sendable {
    /// What callers may show.
    struct Valid: Sendable {
        /// Nil where intake was given none.
        var tokens: AccessTokens?
        /// Nil where intake was given none.
        var keys: SignatureKeys?

        /// Whether a caller must show something.
        var isAsked: Bool { tokens != nil || keys != nil }
    }

    /// What a look at the sources brought.
    enum News: Sendable, Hashable {
        case changed(String, names: [String])
        case kept(String, why: String)
    }

    /// What was read last of a source, and what was said of it.
    private struct Known: Sendable {
        var text: String?
        /// So that it is said once.
        var trouble: String?
    }

    private struct State {
        var valid: Valid
        var tokens: Known
        var keys: Known
    }

    /// What a look at one source brought.
    private enum Look<List: Sendable>: Sendable {
        case nothingNew
        case new(List, text: String)
        case wrong(String)
    }

    private let tokens: SecretSource?
    private let keys: SecretSource?
    private let state: Mutex<State>

    /// Reads both sources.
    ///
    /// - Throws: `SecretError` where one cannot be read or used: there are no old ones yet.
    init(tokens: SecretSource?, keys: SecretSource?) throws(SecretError) {
        self.tokens = tokens
        self.keys = keys
        let tokenText = try tokens.map { source throws(SecretError) in try source.read() }
        let keyText = try keys.map { source throws(SecretError) in try source.read() }
        let valid = Valid(
            tokens: try tokenText.map { text throws(SecretError) in try AccessTokens(text) },
            keys: try keyText.map { text throws(SecretError) in try SignatureKeys(text) }
        )
        state = Mutex(State(valid: valid, tokens: Known(text: tokenText), keys: Known(text: keyText)))
    }

    /// What counts now.
    var valid: Valid { state.withLock { $0.valid } }

    /// Looks whether the sources have changed.
    ///
    /// Every request takes the lock, and a file may be on a mount that hangs: so it is read and parsed without.
    ///
    /// - Parameter read: how a source is read.
    /// - Returns: what is new.
    func refresh(
        read: (SecretSource) throws(SecretError) -> String = { source throws(SecretError) in try source.read() }
    ) -> [News] {
        let (knownTokens, knownKeys) = state.withLock { ($0.tokens, $0.keys) }
        let ofTokens = Self.look(tokens, knownTokens, read) { text throws(SecretError) in try AccessTokens(text) }
        let ofKeys = Self.look(keys, knownKeys, read) { text throws(SecretError) in try SignatureKeys(text) }
        return state.withLock { state in
            if case .new(let list, _) = ofTokens { state.valid.tokens = list }
            if case .new(let list, _) = ofKeys { state.valid.keys = list }
            return [
                Self.news("tokens", ofTokens, &state.tokens) { $0.all.map { $0.name ?? "(no name)" } },
                Self.news("signature keys", ofKeys, &state.keys) { $0.all.map(\.name) },
            ].compactMap { $0 }
        }
    }

    private static func look<List: Sendable>(
        _ source: SecretSource?,
        _ known: Known,
        _ read: (SecretSource) throws(SecretError) -> String,
        _ parse: (String) throws(SecretError) -> List
    ) -> Look<List> {
        guard let source else { return .nothingNew }
        do throws(SecretError) {
            let text = try read(source)
            guard text != known.text || known.trouble != nil else { return .nothingNew }
            return .new(try parse(text), text: text)
        } catch {
            return .wrong(error.what)
        }
    }

    private static func news<List: Sendable>(
        _ what: String,
        _ look: Look<List>,
        _ known: inout Known,
        _ names: (List) -> [String]
    ) -> News? {
        switch look {
        case .nothingNew: return nil
        case .new(let list, let text):
            known = Known(text: text)
            return .changed(what, names: names(list))
        case .wrong(let why):
            guard known.trouble != why else { return nil }
            known.trouble = why
            return .kept(what, why: why)
        }
    }
}

/// Looks once a second whether tokens or keys were replaced, and says so in the log.
struct AccessWatch: Service {
    let store: AccessStore
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: .seconds(1))
                for news in await look() { tell(news) }
            }
        }
    }

    /// Looks on a thread of Dispatch: a file may hang, and the threads of tasks are few.
    ///
    /// - Returns: the news; none where the process ends before the file is read.
    private func look() async -> [AccessStore.News] {
        let (stream, told) = AsyncStream<[AccessStore.News]>.makeStream()
        DispatchQueue.global().async {
            told.yield(store.refresh())
            told.finish()
        }
        var iterator = stream.makeAsyncIterator()
        return await iterator.next() ?? []
    }

    private func tell(_ news: AccessStore.News) {
        switch news {
        case .changed(let what, let names):
            logger.notice("the \(what) were read anew", metadata: ["names": "\(names.joined(separator: " "))"])
        case .kept(let what, let why):
            logger.error("the new \(what) cannot be used; the old ones stay in force", metadata: ["error": "\(why)"])
        }
    }
}
