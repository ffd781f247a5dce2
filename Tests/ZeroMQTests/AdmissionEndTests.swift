import CZeroMQ
import Glibc
import Testing

@testable import ZeroMQ

/// How an admission handler ends, which nobody may miss: from then on nobody new is let in.
@Suite("The end of admission", .timeLimit(.minutes(3)))
struct AdmissionEndTests {
    @Test("a close is no failure, whether it was started or not", arguments: [true, false])
    func closed(isStarted: Bool) async throws {
        try await Bench.run { bench in
            let handler = AdmissionHandler(context: bench.context) { _ in .refused }
            if isStarted { try await handler.start() }
            let waiting = Task { await handler.failure() }
            await handler.close()
            let told = await waiting.value
            #expect(told == nil)
            let toldAgain = await handler.failure()
            #expect(toldAgain == nil)
        }
    }

    @Test("what ends it is told to all who wait, then and later")
    func failed() async throws {
        let context = try ZeroMQContext()
        let handler = AdmissionHandler(context: context) { _ in .refused }
        try await handler.start()
        let waiting = Task { await handler.failure() }
        await context.terminate()
        let told = await waiting.value
        #expect(told?.code == .contextTerminated)
        await handler.close()
        let toldLater = await handler.failure()
        #expect(toldLater == told, "a close afterwards changes nothing")
    }

    @Test("what kept it from starting is told too")
    func neverStarted() async throws {
        try await Bench.run { bench in
            let first = AdmissionHandler(context: bench.context) { _ in .refused }
            try await first.start()
            let second = AdmissionHandler(context: bench.context) { _ in .refused }
            await #expect(throws: ZeroMQError.self) { try await second.start() }
            let told = await second.failure()
            #expect(told?.code == .addressInUse)
            await first.close()
        }
    }

    @Test("an answer that is not taken is an error, since the socket stays in the middle of it")
    func unsent() async throws {
        try await onThread {
            let context = try #require(zmq_ctx_new())
            defer { zmq_ctx_term(context) }
            // A PUSH to whom nobody has connected: libzmq takes nothing.
            let error = #expect(throws: ZeroMQError.self) {
                let socket = try RawSocket(.push, context: ContextHandle(pointer: context), name: "alone")
                try socket.send(parts: [[1], [2]])
            }
            #expect(error?.code == .failed && error?.number == EAGAIN)
            #expect(error?.operation == "send part 1 of 2 of an answer on")
        }
    }
}
