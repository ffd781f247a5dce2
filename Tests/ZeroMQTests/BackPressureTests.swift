import Testing

@testable import ZeroMQ

@Suite("Back-pressure, by exact counts", .timeLimit(.minutes(3)))
struct BackPressureTests {
    @Test("without a peer exactly the high mark is queued, and the next sender waits until it is cancelled")
    func noPeer() async throws {
        try await Bench.run { bench in
            let push = try await bench.push(
                .bind(bench.address(.tcp)),
                buffer: Watermarks(low: 2, high: 8)
            )
            let accepted = (0..<20).count { push.offer([frame($0)]) }
            #expect(accepted == 8)
            #expect(push.queuedFrames == 8)

            let sender = Task { try await push.send(contentsOf: frames(100..<103)) }
            sender.cancel()
            let error = await #expect(throws: ZeroMQError.self) { try await sender.value }
            #expect(error?.code == .cancelled)
            #expect(push.queuedFrames == 8)

            // None of the cancelled batch arrives, and all before and after it does.
            let late = Task { try await push.send(contentsOf: frames(200..<203)) }
            let pull = try await bench.pull(.connect(push.address))
            #expect(try await pull.frames(11) == frames(0..<8) + frames(200..<203))
            try await late.value
        }
    }

    @Test("a suspended sender that is cancelled leaves the queue as it was")
    func cancelledWhileSuspended() async throws {
        let work = PushWork(marks: Watermarks(low: 0, high: 1), maximumBatch: 1, linger: .zero, name: "push")
        #expect(work.offer([frame(0)]) == .queued(wakesThread: true))
        let sender = Task { try await work.send([frame(1)]) }
        try await eventually { work.suspendedSenders == 1 }
        sender.cancel()
        let result = await sender.result
        #expect(throws: ZeroMQError.self) { try result.get() }
        #expect(work.suspendedSenders == 0)
        #expect(work.unsent == 1)
    }

    @Test(
        "a slow consumer's buffer stops at the high mark, and everything arrives in the end",
        arguments: Transport.allCases
    )
    func slowConsumer(_ transport: Transport) async throws {
        try await Bench.run { bench in
            var options = SocketOptions()
            options.highWaterMark = 1
            options.kernelBufferBytes = 4_096
            // A receiver that does not read answers no heartbeat either, and on a busy machine it may stand for long.
            options.heartbeatInterval = .zero
            let pull = try await bench.pull(
                transport,
                options: options,
                buffer: Watermarks(low: 4, high: 16),
                maximumBatch: 5
            )
            let push = try await bench.push(
                .connect(pull.address),
                options: options,
                buffer: Watermarks(low: 4, high: 16)
            )
            // 1 KiB each, so that not all fits into what lies between the two buffers.
            let padding = [UInt8](repeating: 0x20, count: 1_024)
            let sending = Task {
                for number in 0..<2_000 { try await push.send(frame(number) + padding) }
            }
            // The receiver has stopped reading, and the sender waits for its queue to come down to the low mark.
            try await eventually { pull.bufferedFrames == 16 && push.queuedFrames > 4 }

            var received = 0
            for try await batch in pull.messages {
                #expect(batch.count <= 5)
                #expect(pull.bufferedFrames <= 16)
                #expect(push.queuedFrames <= 16)
                let expected = (received..<received + batch.count).map { frame($0) + padding }
                try #require(batch.map(summary) == expected.map(summary))
                received += batch.count
                if received == 2_000 { break }
            }
            try await sending.value
            #expect(pull.peakBufferedFrames == 16)
        }
    }

    @Test("a consumer whose task is cancelled stops waiting, and the next one goes on where it stopped")
    func cancelledConsumer() async throws {
        try await Bench.run { bench in
            let pull = try await bench.pull()
            let first = Task { try await pull.frames(1) }
            first.cancel()
            #expect(try await first.value == [])
            let push = try await bench.push(.connect(pull.address))
            try await push.send(frame(7))
            #expect(try await pull.frames(1) == [frame(7)])
        }
    }

    @Test("drain tells how many frames are left")
    func drain() async throws {
        try await Bench.run { bench in
            let push = try await bench.push(.bind(bench.address(.tcp)))
            #expect(await push.drain(within: .seconds(30)) == 0)
            try await push.send(contentsOf: frames(0..<3))
            #expect(await push.drain(within: .milliseconds(1)) == 3)
            let pull = try await bench.pull(.connect(push.address))
            #expect(await push.drain(within: .seconds(30)) == 0)
            #expect(try await pull.frames(3) == frames(0..<3))
        }
    }
}
