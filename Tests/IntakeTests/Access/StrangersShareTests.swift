import Testing
import Topology

@testable import Intake

@Suite("The share of those who are not known yet")
struct StrangersShareTests {
    private static func bounds(requests: Int = 4, bodyTime: Duration = .seconds(30)) -> HTTPBounds {
        var bounds = HTTPBounds.standard
        bounds.requests = requests
        bounds.bodyTime = bodyTime
        return bounds
    }

    @Test(arguments: [(1, 1), (3, 1), (4, 1), (7, 1), (8, 2), (1024, 256)])
    func isAQuarterAndAtLeastOne(requests: Int, most: Int) {
        var share = StrangersShare(Self.bounds(requests: requests))
        let begun = (0...most).map { _ in share.begin() }
        #expect(begun == Array(repeating: true, count: most) + [false])
        #expect(share.reading == most)
        share.end()
        let again = [share.begin(), share.begin()]
        #expect(again == [true, false])
    }

    @Test(
        arguments: [
            (.seconds(30), .seconds(10)), (.seconds(10), .seconds(10)), (.seconds(9), .seconds(9)),
            (.milliseconds(100), .milliseconds(100)),
        ] as [(Duration, Duration)]
    )
    func hasTenSecondsABodyAndNoMoreThanOthers(bodyTime: Duration, own: Duration) {
        #expect(StrangersShare(Self.bounds(bodyTime: bodyTime)).bodyTime == own)
    }
}

@Suite("A connection whose body is still to tell who calls")
struct StrangersConnectionTests {
    @Test(
        arguments: [
            ([.head, .stranger], .strangersBody),
            ([.head, .stranger, .end], nil),
            ([.head, .stranger, .answered], .rest),
            ([.head, .stranger, .stuck], .reading),
            ([.head, .stranger, .stuck, .free], .strangersBody),
            // What is said of one request does not count for the next.
            ([.head, .stranger, .end, .answered, .head], .body),
            ([.head, .end, .stranger, .answered, .head], .body),
            ([.head, .end, .stranger], nil),
            ([.stranger, .head], .body),
            // The answer before it has not left yet.
            ([.head, .end, .head, .stranger], nil),
            ([.head, .end, .head, .stranger, .answered], .strangersBody),
        ] as [([ConnectionMove], ConnectionState.Wait?)]
    )
    func waits(moves: [ConnectionMove], wait: ConnectionState.Wait?) {
        #expect(ConnectionState(after: moves).wait == wait)
    }
}
