import Dispatch
import Glibc

/// The signals that ask a program to end, as a sequence.
struct SignalWatch {
    let signals: AsyncStream<Int32>
    private let sources: [any DispatchSourceSignal]

    /// From now on the signals do nothing but appear here.
    init(_ numbers: [Int32] = [SIGINT, SIGTERM, SIGHUP]) {
        let (signals, feed) = AsyncStream<Int32>.makeStream()
        self.signals = signals
        sources = numbers.map { number in
            // The source sees what the process would otherwise die of.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { feed.yield(number) }
            source.resume()
            return source
        }
    }
}
