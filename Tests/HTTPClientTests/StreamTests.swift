import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

@testable import HTTPClient

@Suite("Streamed answers", .timeLimit(.minutes(3)))
struct StreamTests {
    private static let endless = HTTPRequest.Timeouts(total: nil)

    @Test("Head first, then each piece as it is sent")
    func events() async throws {
        let go = Semaphore()
        try await withServer({ connection in
            guard let request = connection.readRequest() else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            for number in 0..<3 {
                go.wait()
                connection.write("7\r\ndata:\(number)\n\r\n")
            }
            go.wait()
            connection.write("0\r\n\r\n")
            #expect(request.headers["accept"] == "text/event-stream")
        }) { server, client in
            let accept = HTTPHeader(name: "Accept", value: "text/event-stream")
            let request = HTTPRequest(url: server.url(), headers: [accept], timeouts: Self.endless)
            let (head, body) = try await client.stream(request)
            #expect(head.status == 200)
            #expect(head.headers.first("content-type") == "text/event-stream")
            #expect(head.url == server.url())
            var iterator = body.makeAsyncIterator()
            for number in 0..<3 {
                go.signal()
                #expect(try await iterator.next().map(text) == "data:\(number)\n")
            }
            go.signal()
            #expect(try await iterator.next() == nil)
            #expect(try await iterator.next() == nil)
            #expect(client.statistics.transfersInFlight == 0)
        }
    }

    @Test("Other statuses and failures before the head", arguments: [401, 302, 0])
    func otherHeads(status: Int) async throws {
        try await withServer(
            answering { connection, _ in
                guard status > 0 else { return false }
                return connection.answer(status, headers: ["Location: /x"], body: "told")
            }
        ) { server, client in
            let request = HTTPRequest(method: .post, url: server.url())
            switch status {
            case 401:
                let (head, body) = try await client.stream(request)
                #expect(head.status == 401)
                #expect(text(try await collect(body)) == "told")
            default:
                let error = try await #require(throws: HTTPClientError.self) { _ = try await client.stream(request) }
                #expect(error.code == (status == 302 ? .redirectRefused : .cut))
            }
        }
    }

    @Test("Redirects are followed before the head is handed over")
    func redirected() async throws {
        try await withServer(
            answering { connection, request in
                request.target == "/a"
                    ? connection.answer(302, headers: ["Location: /b"], body: "moved") : connection.answer(body: "b")
            }
        ) { server, client in
            let (head, body) = try await client.stream(HTTPRequest(url: server.url("/a"), redirects: 1))
            #expect(head.url == server.url("/b"))
            #expect(text(try await collect(body)) == "b")
        }
    }

    @Test(
        "A consumer that does not read stops the server, and gets every byte in the end",
        arguments: ["Content-Length: \(1024 * 32749)", "Connection: close", "Transfer-Encoding: chunked"]
    )
    func slowConsumer(framing: String) async throws {
        // Its length is a prime, so that no block of a power of two fits into the place of another.
        let pattern = (0..<32749).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let expected = pattern + pattern
        let repetitions = 1024
        let total = repetitions * pattern.count
        let sent = Atomic<Int>(0)
        let isChunked = framing.contains("chunked")
        let configuration = HTTPClient.Configuration(streamLowWatermark: 16 << 10, streamHighWatermark: 64 << 10)
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n")
            let size = String(pattern.count, radix: 16)
            let framed = isChunked ? Array("\(size)\r\n".utf8) + pattern + Array("\r\n".utf8) : pattern
            for _ in 0..<repetitions {
                guard connection.write(framed) else { return }
                sent.add(pattern.count, ordering: .relaxed)
            }
            if isChunked { connection.write("0\r\n\r\n") }
        }
        let client = HTTPClient(configuration: configuration)
        let (_, body) = try await client.stream(HTTPRequest(url: server.url(), timeouts: Self.endless))
        // Another transfer on the same thread goes on while the stream is not read, and gives the server time to
        // run ahead as far as it can.
        let other = try RawServer(answering { connection, _ in connection.answer(body: "y") })
        for _ in 0..<200 {
            _ = try await client.send(HTTPRequest(url: other.url()))
        }
        // It cannot have sent all: what is not in our buffer is in the two sockets' buffers.
        #expect(sent.load(ordering: .relaxed) < total)
        var received = 0
        var wrong = 0
        for try await chunk in body {
            #expect(!chunk.isEmpty)
            let start = received % pattern.count
            // memcmp, because 100 MiB compared byte by byte take long in a debug build.
            let isSame = expected.withUnsafeBytes { bytes in
                bytes.baseAddress.map { memcmp($0 + start, chunk, chunk.count) == 0 } ?? false
            }
            if !isSame { wrong += 1 }
            received += chunk.count
            if received % 10 == 0 { await Task.yield() }
        }
        #expect(received == total)
        #expect(wrong == 0)
        #expect(body.source.channel.peakBytes < (64 << 10) + (16 << 10))
        await client.close()
        await other.stop()
        await server.stop()
    }

    @Test("The time in which nobody reads is not the server's idleness")
    func idleConsumer() async throws {
        let silent = try RawServer { $0.waitForClose() }
        try await withServer({ connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(32 << 20)\r\n\r\n")
            let piece = [UInt8](repeating: 1, count: 1 << 20)
            for _ in 0..<32 {
                connection.write(piece)
            }
        }) { server, client in
            let idle = HTTPRequest.Timeouts(total: nil, idle: .milliseconds(100))
            let (_, body) = try await client.stream(HTTPRequest(url: server.url(), timeouts: idle))
            // A request that runs into a longer limit measures the time.
            let longer = HTTPRequest(url: silent.url(), timeouts: .init(total: .milliseconds(500)))
            let error = await #expect(throws: HTTPClientError.self) { try await client.send(longer) }
            #expect(error?.code == .timedOut)
            var count = 0
            for try await chunk in body {
                count += chunk.count
            }
            #expect(count == 32 << 20)
        }
        await silent.stop()
    }

    @Test("When the consumer goes away the transfer ends")
    func consumerGone() async throws {
        let gone = Gate()
        try await withServer({ connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nfirst")
            connection.waitForClose()
            gone.signal()
        }) { server, client in
            // Left unread, left after the first piece, and left by an error of the consumer's own.
            do {
                _ = try await client.stream(HTTPRequest(url: server.url(), timeouts: Self.endless))
            }
            await gone.wait(for: 1)
            do {
                let (_, body) = try await client.stream(HTTPRequest(url: server.url(), timeouts: Self.endless))
                for try await chunk in body {
                    #expect(text(chunk) == "first")
                    break
                }
            }
            await gone.wait(for: 2)
            #expect(try await client.send(HTTPRequest(method: .head, url: server.url())).status == 200)
        }
    }

    @Test("When the reading task is cancelled the transfer ends")
    func readerCancelled() async throws {
        let gone = Gate()
        let reading = Gate()
        try await withServer({ connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n\r\nfirst")
            connection.waitForClose()
            gone.signal()
        }) { server, client in
            let task = Task {
                let (_, body) = try await client.stream(HTTPRequest(url: server.url(), timeouts: Self.endless))
                for try await _ in body {
                    reading.signal()
                }
            }
            await reading.wait()
            task.cancel()
            let error = await #expect(throws: HTTPClientError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            await gone.wait()
            #expect(client.statistics.transfersInFlight == 0)
        }
    }

    @Test("A body that is cut, out of time, or closed upon says so")
    func brokenBodies() async throws {
        let first = Gate()
        try await withServer({ connection in
            guard let request = connection.readRequest() else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nfirst")
            if request.target == "/stay" { connection.waitForClose() }
        }) { server, client in
            let (_, cut) = try await client.stream(HTTPRequest(url: server.url("/cut")))
            let cutError = await #expect(throws: HTTPClientError.self) { try await collect(cut) }
            #expect(cutError?.code == .cut)
            #expect(cutError?.mayHaveReachedServer == true)

            let short = HTTPRequest.Timeouts(total: .milliseconds(300))
            let (_, late) = try await client.stream(HTTPRequest(url: server.url("/stay"), timeouts: short))
            let lateError = await #expect(throws: HTTPClientError.self) { try await collect(late) }
            #expect(lateError?.code == .timedOut)

            let (_, closed) = try await client.stream(HTTPRequest(url: server.url("/stay"), timeouts: Self.endless))
            let reader = Task {
                for try await _ in closed {
                    first.signal()
                }
            }
            await first.wait()
            await client.close()
            let closedError = await #expect(throws: HTTPClientError.self) { try await reader.value }
            #expect(closedError?.code == .stopped)
        }
    }

    @Test("Draining ends streams without a time limit and lets others end")
    func draining() async throws {
        let go = Semaphore()
        try await withServer({ connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst")
            go.wait()
            connection.write("later")
            connection.waitForClose()
        }) { server, client in
            let limit = HTTPRequest.Timeouts(total: .seconds(150))
            let (_, limited) = try await client.stream(HTTPRequest(url: server.url(), timeouts: limit))
            let (_, endless) = try await client.stream(HTTPRequest(url: server.url(), timeouts: Self.endless))
            client.loop.drain()
            let error = await #expect(throws: HTTPClientError.self) { try await collect(endless) }
            #expect(error?.code == .stopped)
            go.signal()
            go.signal()
            #expect(text(try await collect(limited)) == "firstlater")
            await client.loop.ended()
        }
    }

    private func collect(_ body: HTTPResponseBody) async throws -> [UInt8] {
        try await body.reduce(into: []) { $0 += $1 }
    }
}

@Suite("The buffer of a streamed body")
struct BodyBufferTests {
    private static func offer(_ buffer: inout BodyBuffer, _ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { buffer.offer($0) }
    }

    private static let error = HTTPClientError(code: .cut, message: "")

    @Test("It asks for a pause at the high mark, and says at the low mark that libcurl may go on")
    func watermarks() {
        var buffer = BodyBuffer(watermarks: .init(low: 2, high: 4))
        #expect(buffer.take() == .nothing)
        #expect(Self.offer(&buffer, [1, 2, 3]))
        #expect(Self.offer(&buffer, [4, 5]))
        #expect(!Self.offer(&buffer, [6]))
        #expect(buffer.peakBytes == 5)
        #expect(buffer.take() == .chunk([1, 2, 3], resume: true))
        #expect(Self.offer(&buffer, [6]))
        #expect(buffer.take() == .chunk([4, 5], resume: false))
        buffer.finish(.success(()))
        #expect(buffer.take() == .chunk([6], resume: false))
        #expect(buffer.take() == .end)
        buffer.finish(.failure(Self.error))
        #expect(buffer.take() == .end)
    }

    @Test("An error drops what was not taken, and stays")
    func failure() {
        var buffer = BodyBuffer(watermarks: .init(low: 2, high: 4))
        #expect(Self.offer(&buffer, [1]))
        buffer.finish(.failure(Self.error))
        #expect(Self.offer(&buffer, [2]))
        #expect(buffer.take() == .failure(Self.error))
        buffer.finish(.success(()))
        #expect(buffer.take() == .failure(Self.error))
    }

    @Test("However it is filled and emptied, order, bounds and the pause hold", arguments: 0..<50 as Range<UInt64>)
    func random(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var buffer = BodyBuffer(watermarks: .init(low: 10, high: 40))
        var (offered, taken): (UInt8, UInt8) = (0, 0)
        var isPaused = false
        for _ in 0..<2000 {
            if Bool.random(using: &random), !isPaused {
                let chunk = (0..<Int.random(in: 1...16, using: &random)).map { offered &+ UInt8($0) }
                if Self.offer(&buffer, chunk) { offered &+= UInt8(chunk.count) } else { isPaused = true }
            } else if case .chunk(let chunk, let resume) = buffer.take() {
                #expect(chunk == (0..<chunk.count).map { taken &+ UInt8($0) })
                taken &+= UInt8(chunk.count)
                #expect(!resume || isPaused)
                if resume { isPaused = false }
            } else {
                // Empty and paused would be a stream that nobody wakes again.
                #expect(!isPaused)
            }
        }
        #expect(buffer.peakBytes < 40 + 16)
    }
}
