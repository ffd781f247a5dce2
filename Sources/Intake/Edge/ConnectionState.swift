/// Where one connection is: what it waits for, and whether it may be closed for a new one.
///
/// Pure: what was read and written in, what is waited for out.
struct ConnectionState {
    /// What the other side owes; each has its own bound of time.
    enum Wait: Hashable, Sendable {
        /// The head of the connection's first request.
        case head
        /// The rest of a body.
        case body
        /// The rest of a body that is still to tell who calls.
        case strangersBody
        /// Another request.
        case request
        /// The rest of a body that was answered already, so that the answer can arrive.
        case rest
        /// To read what it was answered.
        case reading
    }

    /// Requests whose answer has not left yet.
    private(set) var unanswered = 0
    private var isReadingBody = false
    /// Of the body that is being read.
    private var isOfStranger = false
    private var isNew = true
    private var isWritable = true

    /// What is waited for; nil while the next move is ours.
    var wait: Wait? {
        if !isWritable { return .reading }
        if unanswered == 0 { return isReadingBody ? .rest : isNew ? .head : .request }
        // A body behind requests that are not answered yet waits for us.
        guard unanswered == 1, isReadingBody else { return nil }
        return isOfStranger ? .strangersBody : .body
    }

    /// The head of a request came.
    mutating func headRead() {
        isNew = false
        isReadingBody = true
        isOfStranger = false
        unanswered += 1
    }

    /// The body that is being read is still to tell who calls; too late where it is there already.
    mutating func readsStranger() { isOfStranger = isReadingBody }

    /// A request came to its end.
    mutating func endRead() {
        isReadingBody = false
        isOfStranger = false
    }

    /// An answer has left.
    mutating func answered() { unanswered = max(0, unanswered - 1) }

    /// Whether what is written goes out.
    mutating func becameWritable(_ isWritable: Bool) { self.isWritable = isWritable }
}
