import CZeroMQ
import Synchronization

/// The thread of an admission handler: one question at a time, each answered at once.
final class AdmissionWork: SocketWork {
    let wakeUp = WakeUp()
    /// Why it has ended; nil where it was closed.
    let ended = Promise<ZeroMQError?>()
    private let decide: AdmissionHandler.Decision
    private let isStopping = Atomic<Bool>(false)

    init(decide: @escaping AdmissionHandler.Decision) {
        self.decide = decide
    }

    func serve(_ socket: borrowing RawSocket, wake: CInt) throws(ZeroMQError) {
        while !isStopping.load(ordering: .acquiring) {
            guard let parts = try socket.receiveParts(atMost: ZAP.requestParts) else {
                try socket.wait(for: ZMQ_POLLIN, or: wake)
                wakeUp.clear()
                continue
            }
            try socket.send(parts: ZAP.answer(to: parts, decide))
        }
    }

    func stop() {
        isStopping.store(true, ordering: .releasing)
        wakeUp.signal()
    }

    func end(_ error: ZeroMQError?) { ended.fulfil(error) }
}

/// The frames of ZAP 1.0 (RFC 27).
enum ZAP {
    /// Version, request id, domain, address, routing id, mechanism, and the one credential of CURVE.
    static let requestParts = 7

    /// The answer to a question, which is no for everything but a CURVE key that `decide` admits.
    static func answer(to parts: [[UInt8]], _ decide: (AdmissionRequest) -> Admission) -> [[UInt8]] {
        let id = parts.count > 1 ? parts[1] : []
        guard let request = AdmissionRequest(parts) else { return frames(id, "500", "not a question of ZAP 1.0") }
        guard case .admitted(let userID) = decide(request), (1...255).contains(userID.utf8.count) else {
            return frames(id, "400", "not admitted")
        }
        return frames(id, "200", "admitted", userID: userID)
    }

    private static func frames(_ id: [UInt8], _ status: String, _ text: String, userID: String = "") -> [[UInt8]] {
        [Array("1.0".utf8), id, Array(status.utf8), Array(text.utf8), Array(userID.utf8), []]
    }
}

extension AdmissionRequest {
    /// Reads a question; nil where it is not one about a CURVE key.
    init?(_ parts: [[UInt8]]) {
        guard parts.count == ZAP.requestParts, parts[0] == Array("1.0".utf8), parts[5] == Array("CURVE".utf8),
            let key = CurveKeyPair.text(ofRaw: parts[6])
        else { return nil }
        domain = String(decoding: parts[2], as: UTF8.self)
        address = String(decoding: parts[3], as: UTF8.self)
        publicKey = key
    }
}
