import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import Topology

/// Keeps one connection within the bounds: cuts off who is slow, and puts off requests over the bound.
///
/// It stands right behind the codec, so that what is put off costs no task and no router.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// What it is told by whoever works on a request; an outbound event of the channel.
    enum Notice: Sendable {
        /// The body is still to tell who calls.
        case readsStranger
    }

    /// So long an answer may take to arrive where its body still comes.
    private static let restTime = TimeAmount.seconds(5)

    private let edge: Edge
    private var state = ConnectionState()
    private var isOpen = false
    /// While idle.
    private var ticket: UInt64?
    private var isBusy = false
    /// The request that is being read was answered here.
    private var isPuttingOff = false
    private var hasBegunAnswer = false
    private var waiting: ConnectionState.Wait?
    private var deadline: Scheduled<Void>?

    init(_ edge: Edge) { self.edge = edge }

    // MARK: - Life

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
        if isOpen { edge.closed(ticket, isBusy: isBusy) }
        isOpen = false
        context.fireChannelInactive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard !isOpen else { return }
        isOpen = true
        switch edge.opened(context.channel) {
        case .room(let ticket): self.ticket = ticket
        case .instead(let other, let ticket):
            self.ticket = ticket
            edge.count(.connectionForNewer)
            other.close(promise: nil)
        case .none:
            edge.count(.connectionRefused)
            return context.close(promise: nil)
        }
        wait(context)
    }

    // MARK: - Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            state.headRead()
            if state.unanswered == 1, !mayBegin(head) { putOff(head.method, context) }
        case .body: break
        case .end: state.endRead()
        }
        wait(context)
        if isPuttingOff {
            if case .end = unwrapInboundIn(data) { isPuttingOff = false }
        } else {
            context.fireChannelRead(data)
        }
    }

    /// Requests behind one another on a connection are worked on one at a time, so only the first of them is counted.
    private func mayBegin(_ head: HTTPRequest) -> Bool {
        guard let ticket else { return false }
        isBusy = edge.begin(ticket, always: head.path == "/health")
        if isBusy { self.ticket = nil }
        return isBusy
    }

    private func putOff(_ method: HTTPRequest.Method, _ context: ChannelHandlerContext) {
        isPuttingOff = true
        edge.count(.requestRefused)
        for part in EdgeAnswer.parts(EdgeAnswer.tooManyRequests, to: method, closes: false) {
            context.write(wrapOutboundOut(part), promise: nil)
        }
        context.flush()
        state.answered()
    }

    // MARK: - Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head: hasBegunAnswer = true
        case .body: break
        case .end:
            hasBegunAnswer = false
            let promise = promise ?? context.eventLoop.makePromise()
            promise.futureResult.assumeIsolated().whenSuccess { [self] in hasAnswered(context) }
            return context.write(data, promise: promise)
        }
        context.write(data, promise: promise)
    }

    /// An answer is in the hands of the system.
    private func hasAnswered(_ context: ChannelHandlerContext) {
        guard isOpen else { return }
        state.answered()
        if state.unanswered == 0, isBusy {
            isBusy = false
            ticket = edge.end(context.channel)
        }
        wait(context)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is Notice else { return context.triggerUserOutboundEvent(event, promise: promise) }
        state.readsStranger()
        wait(context)
        promise?.succeed(())
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        state.becameWritable(context.channel.isWritable)
        wait(context)
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard case HTTPParserError.headerOverflow = error, state.unanswered == 0 else {
            return context.fireErrorCaught(error)
        }
        edge.count(.largeHead)
        answerAndClose(EdgeAnswer.largeHead, context)
    }

    // MARK: - Time

    /// Sets the deadline of what is waited for now; what is waited for still keeps its own.
    private func wait(_ context: ChannelHandlerContext) {
        let wait = state.wait
        guard isOpen, wait != waiting else { return }
        waiting = wait
        deadline?.cancel()
        deadline = wait.map { wait in
            context.eventLoop.assumeIsolated().scheduleTask(in: time(of: wait)) { [self] in isOver(wait, context) }
        }
    }

    private func time(of wait: ConnectionState.Wait) -> TimeAmount {
        switch wait {
        case .head: TimeAmount(edge.bounds.headerTime)
        case .body: TimeAmount(edge.bounds.bodyTime)
        case .strangersBody: TimeAmount(edge.strangersBodyTime)
        case .request, .reading: TimeAmount(edge.bounds.idleTime)
        case .rest: Self.restTime
        }
    }

    private func isOver(_ wait: ConnectionState.Wait, _ context: ChannelHandlerContext) {
        switch wait {
        case .head: edge.count(.slowHead)
        case .reading: edge.count(.slowReader)
        case .request: break
        case .body, .strangersBody, .rest: edge.count(.slowBody)
        }
        guard wait == .body || wait == .strangersBody, !hasBegunAnswer else { return context.close(promise: nil) }
        answerAndClose(EdgeAnswer.slowBody, context)
    }

    private func answerAndClose(_ problem: Problem, _ context: ChannelHandlerContext) {
        for part in EdgeAnswer.parts(problem, to: nil, closes: true) {
            context.write(wrapOutboundOut(part), promise: nil)
        }
        context.flush()
        context.close(promise: nil)
    }
}
