import Foundation
import HTTPClient
import Synchronization

/// When the next workspace may be created, so that creates take a share of Coder's rate limit and leave the rest to people.
///
/// All creates of an owner have one path, which Coder counts by the minute and the client's address, whoever they are of
/// (coderd/httpmw/ratelimit.go); beyond the limit it refuses for a whole minute. A value without a clock: times are
/// milliseconds since 1970.
struct CreatePace: Sendable {
    /// What is taken at most.
    static let share = 0.6
    /// Up to here a turn is worth waiting for; whoever would wait longer comes again.
    static let patience: Int64 = 600
    private static let window: Int64 = 60_000

    /// What a reply tells of the limit; nothing where Coder has none.
    struct Reply: Sendable, Hashable {
        /// Requests a minute.
        var limit: Int
        /// How many of them are left in the sliding minute that Coder counts by (go-chi/httprate).
        var remaining: Int
        /// When Coder's minute ends.
        var resets: Int64

        var used: Int { max(limit - remaining, 0) }
    }

    private var latest: Reply?
    private var underWay = 0
    /// From when on the next create may go where they go one by one.
    private var nextTurn: Int64 = 0
    /// When the next of those who come again should do so.
    private var nextVisit: Int64 = 0

    /// How long the next create must wait.
    ///
    /// - Returns: milliseconds; of more than ``patience`` no turn was kept.
    mutating func turn(at now: Int64) -> Int64 {
        guard let latest else { return 0 }
        let top = Int(Double(latest.limit) * Self.share)
        // What goes one by one is told of later than it went, and Coder rounds, so there must be room for a few.
        let band = max(1, latest.limit / 100)
        let used = used(latest, at: now)
        guard used + underWay >= top - 2 * band else { return 0 }
        var earliest = max(now, nextTurn)
        // Where Coder's minute began empty nothing of the count fades before its end.
        if now < latest.resets ? used >= top : used >= top - band {
            earliest = max(earliest, latest.resets + timeToFade(from: latest.used, to: top - band))
        }
        let gap = Self.window / Int64(max(top, 1))
        if earliest - now <= Self.patience {
            nextTurn = earliest + gap
            return earliest - now
        }
        nextVisit = max(earliest, nextVisit + gap)
        return nextVisit - now
    }

    /// A create is sent.
    mutating func began() { underWay += 1 }

    /// A create was answered, or nothing came back.
    mutating func ended(_ reply: Reply?, at now: Int64) {
        underWay -= 1
        guard var reply else { return }
        // By our clock, which may differ from Coder's.
        reply.resets = min(max(reply.resets, now), now + Self.window)
        latest = reply
    }

    /// How much of the limit is used: after the end of Coder's minute what was counted in it fades.
    private func used(_ reply: Reply, at now: Int64) -> Int {
        guard now > reply.resets else { return reply.used }
        return Int(Double(reply.used) * max(0, 1 - Double(now - reply.resets) / Double(Self.window)))
    }

    private func timeToFade(from used: Int, to wanted: Int) -> Int64 {
        guard used > wanted else { return 0 }
        return Int64((Double(Self.window) * (1 - Double(wanted) / Double(used))).rounded(.up))
    }
}

extension CreatePace.Reply {
    /// What the headers of a reply tell; nil where Coder limits nothing.
    init?(_ headers: HTTPHeaders) {
        func number(_ name: String) -> Int64? { headers.first(name).flatMap { Int64($0) } }
        guard let limit = number("X-RateLimit-Limit"), let remaining = number("X-RateLimit-Remaining"),
            let resets = number("X-RateLimit-Reset"), (1...1_000_000).contains(limit), (0...limit).contains(remaining),
            (0...Int64.max / 1000).contains(resets)
        else { return nil }
        self.init(limit: Int(limit), remaining: Int(remaining), resets: resets * 1000)
    }
}

/// The pace of all creates of a client and its copies.
public final class CreateTurns: Sendable {
    private let pace = Mutex(CreatePace())

    /// The longest wait that ``turn()`` keeps a turn for.
    public static let patience = Duration.milliseconds(CreatePace.patience)

    /// How long the next create must wait; whoever is told more than ``patience`` has no turn and comes again then.
    public func turn() -> Duration { .milliseconds(pace.withLock { $0.turn(at: Self.now) }) }

    func began() { pace.withLock { $0.began() } }

    func ended(_ headers: HTTPHeaders?) {
        pace.withLock { $0.ended(headers.flatMap(CreatePace.Reply.init), at: Self.now) }
    }

    private static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}
