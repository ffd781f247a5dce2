/// The chunks of a streamed body between libcurl's thread and the consumer.
///
/// A value without I/O: it says when libcurl has to pause and when it may go on.
struct BodyBuffer: Sendable {
    /// When libcurl pauses and when it goes on, in bytes.
    struct Watermarks: Hashable, Sendable {
        var low: Int
        var high: Int
    }

    /// What the consumer gets.
    enum Taken: Hashable, Sendable {
        /// A chunk; `resume` says that libcurl is paused and may go on.
        case chunk([UInt8], resume: Bool)
        /// The whole body has been taken.
        case end
        case failure(HTTPClientError)
        /// Nothing is there yet.
        case nothing
    }

    /// The most bytes that were ever held.
    private(set) var peakBytes = 0

    private let watermarks: Watermarks
    private var chunks: [[UInt8]] = []
    /// Chunks before this one are taken already.
    private var next = 0
    private var bytes = 0
    private var isPaused = false
    private var ending: Result<Void, HTTPClientError>?

    init(watermarks: Watermarks) {
        self.watermarks = watermarks
    }

    /// Takes a chunk in, or asks for a pause: then the chunk has to be offered again after it.
    mutating func offer(_ chunk: UnsafeBufferPointer<UInt8>) -> Bool {
        guard ending == nil else { return true }
        guard bytes < watermarks.high else {
            isPaused = true
            return false
        }
        chunks.append(Array(chunk))
        bytes += chunk.count
        peakBytes = max(peakBytes, bytes)
        return true
    }

    /// Takes a chunk out.
    mutating func take() -> Taken {
        if case .failure(let error) = ending { return .failure(error) }
        guard next < chunks.count else { return ending == nil ? .nothing : .end }
        let chunk = chunks[next]
        chunks[next] = []
        next += 1
        if next == chunks.count {
            chunks.removeAll(keepingCapacity: true)
            next = 0
        }
        bytes -= chunk.count
        let resume = isPaused && bytes <= watermarks.low
        if resume { isPaused = false }
        return .chunk(chunk, resume: resume)
    }

    /// No more chunks come.
    ///
    /// With an error, what is still held is dropped.
    mutating func finish(_ result: Result<Void, HTTPClientError>) {
        guard ending == nil else { return }
        ending = result
        if case .failure = result {
            chunks = []
            next = 0
            bytes = 0
        }
    }
}
