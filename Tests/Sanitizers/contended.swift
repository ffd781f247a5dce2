// Four threads and one lock, rightly used: without mutex.c the thread sanitizer reports a race here.
// With an argument the last access is made without the lock: a race that must be reported in any case.
import Foundation
import Synchronization

final class Shared: Sendable {
    let numbers = Mutex<[Int]>([])
}

/// What nobody guards, on purpose.
///
/// Unchecked, because the race that it allows is what the thread sanitizer must report.
final class Unguarded: @unchecked Sendable {
    var number = 0
}

let shared = Shared()
let unguarded = Unguarded()
let isWrong = CommandLine.arguments.count > 1
let group = DispatchGroup()
for thread in 0..<4 {
    group.enter()
    Thread.detachNewThread {
        for number in 0..<20_000 {
            shared.numbers.withLock {
                $0.append(number + thread)
                if $0.count > 100 { $0.removeAll() }
            }
            if isWrong { unguarded.number += 1 }
        }
        group.leave()
    }
}
group.wait()
print(shared.numbers.withLock { $0.count }, unguarded.number)
