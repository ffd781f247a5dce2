import HTTPClient
import Testing

@testable import CoderAPI

/// Creates against Coder's way of counting, in virtual time.
@Suite struct CreatePaceTests {
    /// go-chi/httprate: a sliding estimate over windows that begin with the minute.
    private struct Limiter {
        var limit = 512
        var minute: Int64 = 0
        var current = 0
        var previous = 0
        var most = 0

        mutating func count(at now: Int64, others: Int = 0) -> CreatePace.Reply {
            let minute = now / 60_000
            if minute != self.minute {
                previous = minute == self.minute + 1 ? current : 0
                (current, self.minute) = (0, minute)
            }
            current += 1 + others
            let elapsed = Double(now % 60_000) / 60_000
            let used = Int((Double(previous) * (1 - elapsed) + Double(current)).rounded())
            most = max(most, used)
            return CreatePace.Reply(limit: limit, remaining: max(0, limit - used), resets: (minute + 1) * 60_000)
        }
    }

    /// Creates as many as may be within some minutes, at most 64 at once, each with an answer after 50 ms; all are there
    /// from the beginning.
    ///
    /// - Returns: when each went, and what Coder counted at most.
    private func run(_ count: Int, minutes: Int64, from start: Int64, limit: Int = 512) -> (sent: [Int64], most: Int) {
        var pace = CreatePace()
        var limiter = Limiter(limit: limit, minute: start / 60_000)
        // By the time at which they come; whether they have waited for their turn then.
        var visits: [Int64: [Bool]] = [start: Array(repeating: false, count: count)]
        var replies: [(at: Int64, reply: CreatePace.Reply)] = []
        var sent: [Int64] = []
        for now in start..<start + minutes * 60_000 {
            while let first = replies.first, first.at <= now {
                pace.ended(first.reply, at: now)
                replies.removeFirst()
            }
            for hasTurn in visits.removeValue(forKey: now) ?? [] {
                guard replies.count < 64 else {
                    visits[now + 1, default: []].append(hasTurn)
                    continue
                }
                let wait = hasTurn ? 0 : pace.turn(at: now)
                guard wait == 0 else {
                    visits[now + wait, default: []].append(wait <= CreatePace.patience)
                    continue
                }
                pace.began()
                sent.append(now)
                replies.append((now + 50, limiter.count(at: now)))
            }
        }
        return (sent, limiter.most)
    }

    @Test(arguments: [0, 1000, 30_000, 59_500] as [Int64])
    func `creates take their share of the limit and no more`(offset: Int64) {
        let (sent, most) = run(1500, minutes: 4, from: 600_000 + offset)
        #expect(most <= 307, "60 % of 512")
        #expect(sent.count >= 4 * 270, "and they do take it")
        let firstSeconds = sent.count { $0 < 600_000 + offset + 2000 }
        #expect(firstSeconds >= 290, "what Coder has room for goes at once")
    }

    @Test func `few creates never wait, whatever came before`() {
        let (sent, _) = run(290, minutes: 1, from: 600_000)
        #expect(sent.last.map { $0 < 600_500 } == true)
    }

    @Test func `an idle minute is forgotten`() {
        var pace = CreatePace()
        pace.began()
        pace.ended(CreatePace.Reply(limit: 512, remaining: 0, resets: 660_000), at: 610_000)
        #expect(pace.turn(at: 611_000) > CreatePace.patience)
        #expect(pace.turn(at: 661_000 + 60_000) == 0)
    }

    @Test func `without a limit nothing waits`() {
        var pace = CreatePace()
        for _ in 0..<10_000 {
            #expect(pace.turn(at: 600_000) == 0)
            pace.began()
            pace.ended(nil, at: 600_000)
        }
    }

    @Test func `what others use counts, too`() {
        var pace = CreatePace()
        var limiter = Limiter()
        pace.began()
        pace.ended(limiter.count(at: 600_000, others: 400), at: 600_000)
        #expect(pace.turn(at: 600_001) > CreatePace.patience)
    }

    @Test(arguments: [
        (["X-RateLimit-Limit": "512", "X-RateLimit-Remaining": "500", "X-RateLimit-Reset": "60"], 12),
        (["X-RateLimit-Limit": "512"], nil), ([:], nil),
        (["X-RateLimit-Limit": "-1", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "0"], nil),
        (["X-RateLimit-Limit": "512", "X-RateLimit-Remaining": "513", "X-RateLimit-Reset": "0"], nil),
        (["X-RateLimit-Limit": "512", "X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "9223372036854775807"], nil),
    ])
    func `the headers are read`(headers: [String: String], used: Int?) {
        let reply = CreatePace.Reply(HTTPHeaders(headers.map { HTTPHeader(name: $0.key, value: $0.value) }))
        #expect(reply?.used == used)
    }
}
