import NIOCore
import NIOHTTP1

/// Reads requests of one connection and writes their answers, which are bytes already.
final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private struct Pending {
        var call: Call
        var isKeepAlive: Bool
        /// Only of calls that look at it.
        var body = ByteBuffer()
    }

    private let desk: Desk
    private let latency: TimeAmount
    private var pending: Pending?

    private init(desk: Desk, latency: TimeAmount) {
        self.desk = desk
        self.latency = latency
    }

    /// Makes a connection one that answers; there is no encoder, since answers come with their heads.
    static func add(
        to pipeline: ChannelPipeline.SynchronousOperations,
        desk: Desk,
        latency: TimeAmount
    ) throws {
        try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
        try pipeline.addHandler(RequestHandler(desk: desk, latency: latency))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            pending = Pending(call: Call(head.method, head.uri), isKeepAlive: head.isKeepAlive)
        case .body(var part):
            if pending?.call.kind.readsBody == true { pending?.body.writeBuffer(&part) }
        case .end:
            guard let request = pending else { return }
            pending = nil
            let answer = desk.answer(to: request.call, body: request.body)
            guard latency > .zero else { return Self.write(answer, request.isKeepAlive, context) }
            // Equal delays end in the order in which they began, and so answers keep the order of their requests.
            context.eventLoop.assumeIsolated().scheduleTask(in: latency) {
                Self.write(answer, request.isKeepAlive, context)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private static func write(_ answer: ByteBuffer, _ isKeepAlive: Bool, _ context: ChannelHandlerContext) {
        context.writeAndFlush(NIOAny(answer), promise: nil)
        if !isKeepAlive { context.close(promise: nil) }
    }
}
