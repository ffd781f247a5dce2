import Testing

@testable import Intake

/// What a connection waits for, move by move.
@Suite("Where a connection is")
struct ConnectionStateTests {
    @Test(
        arguments: [
            ([], .head),
            ([.head], .body),
            ([.head, .end], nil),
            ([.head, .end, .answered], .request),
            ([.head, .end, .answered, .head], .body),
            ([.head, .answered], .rest),
            ([.head, .answered, .end], .request),
            // Behind an unanswered request the next one waits for us, then for its sender.
            ([.head, .end, .head], nil),
            ([.head, .end, .head, .answered], .body),
            ([.head, .end, .head, .end, .answered], nil),
            ([.head, .end, .head, .end, .answered, .answered], .request),
            ([.head, .end, .stuck], .reading),
            ([.head, .end, .stuck, .free], nil),
            ([.answered, .head], .body),
        ] as [([ConnectionMove], ConnectionState.Wait?)]
    )
    func waits(moves: [ConnectionMove], wait: ConnectionState.Wait?) {
        #expect(ConnectionState(after: moves).wait == wait)
    }
}

@Suite("Which connection makes room")
struct ConnectionBookTests {
    private func ticket(_ opening: ConnectionBook<String>.Opening) throws -> UInt64 {
        switch opening {
        case .room(let ticket), .instead(_, let ticket): return ticket
        case .none: throw Unexpected()
        }
    }

    private struct Unexpected: Error {}

    @Test func theLongestIdleMakesRoom() throws {
        var book = ConnectionBook<String>(connections: 2, requests: 1)
        let a = try ticket(book.opened("a"))
        let b = try ticket(book.opened("b"))
        var begins = [book.begin(a)]
        let again = book.end("a")
        guard case .instead(of: "b", let c) = book.opened("c") else {
            Issue.record("a has worked last")
            return
        }
        begins.append(book.begin(b))
        book.closed(b, isBusy: false)
        #expect(book.open == 2)
        begins += [book.begin(again), book.begin(c), book.begin(c, always: true)]
        #expect(
            begins == [true, false, true, false, true],
            "what is being closed begins nothing, and one request is at work at a time unless it must be"
        )
        guard case .none = book.opened("d") else {
            Issue.record("all are at work")
            return
        }
        book.closed(nil, isBusy: false)
        book.closed(nil, isBusy: true)
        book.closed(nil, isBusy: true)
        #expect(book.open == 0)
        #expect(book.busy == 0)
    }

    @Test func aLongLifeOfOneConnectionCostsNothing() throws {
        var book = ConnectionBook<String>(connections: 2, requests: 1)
        let first = try ticket(book.opened("old"))
        var own = try ticket(book.opened("busy"))
        var count = 0
        for _ in 0..<10_000 where book.begin(own) {
            count += 1
            own = book.end("busy")
        }
        #expect(count == 10_000)
        guard case .instead(of: "old", _) = book.opened("new") else {
            Issue.record("the old one was forgotten")
            return
        }
        let hasBegun = book.begin(first)
        #expect(!hasBegun)
        #expect(book.remembered < 200)
    }
}
