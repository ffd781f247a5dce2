import Topology

/// The share of the requests for bodies that are still to tell who calls.
///
/// Pure. A signature is checked against the body, so until the body is there its sender is a stranger. Without a share
/// of their own anybody who reaches the port could take every request with heads that no body follows.
struct StrangersShare {
    /// So many of their bodies are read at once.
    let most: Int
    /// So long each of them may take.
    let bodyTime: Duration
    /// Bodies that are being read.
    private(set) var reading = 0

    private static let longest = Duration.seconds(10)

    init(_ bounds: HTTPBounds) {
        most = max(1, bounds.requests / 4)
        bodyTime = min(bounds.bodyTime, Self.longest)
    }

    /// A body is to be read.
    ///
    /// - Returns: false where there are too many.
    mutating func begin() -> Bool {
        guard reading < most else { return false }
        reading += 1
        return true
    }

    /// A body was read, or will not come any more.
    mutating func end() { reading -= 1 }
}
