import CCurl

/// A libcurl multi handle that may be named on any thread.
///
/// Unchecked, because a pointer is not `Sendable`: `curl_multi_wakeup` is made to be called from any thread (its manual),
/// and everything else is called on the loop's thread alone, which `CurlEngine` is confined to by not being `Sendable`.
struct MultiHandle: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
}

/// All transfers of a client, on the loop's thread.
final class CurlEngine {
    private let multi: UnsafeMutableRawPointer
    private let configuration: HTTPClient.Configuration
    private let gauges: Gauges
    private var transfers: [TransferID: Transfer] = [:]
    /// Those that libcurl works on, by their easy handle.
    private var working: [UnsafeMutableRawPointer: Transfer] = [:]
    /// Those that wait for a free place, in order; may name ones that have ended.
    private var waiting: [TransferID] = []
    /// No transfer reaches a time limit before this.
    private var earliestCheck: ContinuousClock.Instant?

    init(multi: MultiHandle, configuration: HTTPClient.Configuration, gauges: Gauges) {
        self.multi = multi.pointer
        self.configuration = configuration
        self.gauges = gauges
    }

    /// Whether nobody waits for anything.
    var isEmpty: Bool { transfers.isEmpty }

    func handle(_ command: CurlLoop.Command) {
        switch command {
        case .start(let launch):
            let transfer = Transfer(launch)
            transfers[launch.id] = transfer
            waiting.append(launch.id)
            gauges.began()
            checkTime(of: transfer, .now)
        case .cancel(let id):
            transfers[id].map { end($0, because: Self.cancelled) }
        case .resumeReading(let id):
            transfers[id]?.resumeReading()
        }
    }

    /// Does what can be done without waiting.
    ///
    /// - Returns: A failure of libcurl as a whole, after which no transfer can go on.
    func work() -> Failure? {
        admit()
        var running: CInt = 0
        let result = curl_multi_perform(multi, &running)
        guard result == CURLM_OK else { return Self.failure(result) }
        collect()
        expire()
        return nil
    }

    /// Waits for sockets, for libcurl's timers, for the next time limit, or for a wake-up.
    func wait() -> Failure? {
        var timeout = Int32.max
        if !waiting.isEmpty, working.count < configuration.maximumConcurrentTransfers {
            timeout = 0
        } else if let earliestCheck {
            timeout = Int32(ContinuousClock.now.duration(to: earliestCheck).milliseconds)
        }
        let result = curl_multi_poll(multi, nil, 0, timeout, nil)
        return result == CURLM_OK ? nil : Self.failure(result)
    }

    /// Ends all transfers that are there.
    func endAll(_ failure: Failure) {
        for transfer in Array(transfers.values) {
            end(transfer, because: failure)
        }
    }

    /// Ends those that may go on for ever.
    func endUnlimited(_ failure: Failure) {
        for transfer in Array(transfers.values) where transfer.launch.deadline == nil {
            end(transfer, because: failure)
        }
    }

    static let cancelled = Failure(code: .cancelled, message: "the task that waited for the answer was cancelled")

    // MARK: - Steps

    private func admit() {
        let free = configuration.maximumConcurrentTransfers - working.count
        guard free > 0, !waiting.isEmpty else { return }
        waiting.removeAll { transfers[$0] == nil }
        let admitted = waiting.prefix(free)
        waiting.removeFirst(admitted.count)
        for transfer in admitted.compactMap({ transfers[$0] }) {
            begin(transfer)
        }
    }

    /// Gives the machine's hop to libcurl.
    private func begin(_ transfer: Transfer) {
        do throws(Failure) {
            let handle = try transfer.prepare(configuration)
            let result = curl_multi_add_handle(multi, handle.pointer)
            guard result == CURLM_OK else { throw Self.failure(result) }
            working[handle.pointer] = transfer
        } catch {
            end(transfer, because: error)
        }
    }

    private func collect() {
        var left: CInt = 0
        while let message = curl_multi_info_read(multi, &left) {
            // Copied out first: the message does not survive removing the handle.
            let (kind, easy, result) = (message.pointee.msg, message.pointee.easy_handle, message.pointee.data.result)
            guard kind == CURLMSG_DONE, let easy, let transfer = working[easy] else { continue }
            let detail = transfer.handle?.detail ?? ""
            release(transfer)
            switch transfer.machine.ended(result, detail: detail) {
            case .follow: begin(transfer)
            case let ending: conclude(transfer, ending)
            }
        }
    }

    private func expire() {
        let now = ContinuousClock.now
        guard let earliest = earliestCheck, earliest <= now else { return }
        earliestCheck = nil
        for transfer in Array(transfers.values) {
            checkTime(of: transfer, now)
        }
    }

    private func checkTime(of transfer: Transfer, _ now: ContinuousClock.Instant) {
        switch transfer.checkTime(now) {
        case .over(let message): end(transfer, because: Failure(code: .timedOut, message: message))
        case .checkAgain(let time): earliestCheck = min(earliestCheck ?? time, time)
        case .noLimit: break
        }
    }

    private func end(_ transfer: Transfer, because failure: Failure) {
        release(transfer)
        conclude(transfer, transfer.machine.ended(because: failure))
    }

    /// Takes the transfer out of libcurl's hands; its connection is closed if it is in the middle of an answer.
    private func release(_ transfer: Transfer) {
        guard let handle = transfer.handle, working.removeValue(forKey: handle.pointer) != nil else { return }
        gauges.opened(connections: handle.connectionsOpened)
        let result = curl_multi_remove_handle(multi, handle.pointer)
        precondition(result == CURLM_OK, "libcurl does not give a transfer back: \(Self.failure(result).message)")
    }

    private func conclude(_ transfer: Transfer, _ ending: TransferMachine.Ending) {
        transfers[transfer.launch.id] = nil
        transfer.handle = nil
        gauges.ended()
        transfer.conclude(ending)
    }

    private static func failure(_ result: CURLMcode) -> Failure {
        Failure(
            code: .other,
            message: "libcurl's multi interface failed: \(String(cString: curl_multi_strerror(result)))",
            curlCode: result.rawValue
        )
    }
}
