import Foundation
import Ledger
import Messages
import Synchronization

/// A clock that stands until the test moves it.
final class HeldClock: Sendable {
    private let start = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    private let passed = Mutex<Int64>(0)

    var now: Moment {
        let milliseconds = passed.withLock { $0 }
        return Moment(wall: start + .milliseconds(milliseconds), monotonic: milliseconds)
    }

    func move(by milliseconds: Int64) { passed.withLock { $0 += milliseconds } }
}
