import HTTPClient
import ServiceLifecycleTestKit
import Testing

@Suite("Cancelling and closing", .timeLimit(.minutes(3)))
struct LifecycleTests {
    /// Reads the request, says so, and never answers.
    private static func silent(_ arrived: Gate, _ gone: Gate) -> RawServer.Handler {
        { connection in
            if connection.readRequest() != nil { arrived.signal() }
            connection.waitForClose()
            gone.signal()
        }
    }

    @Test("A cancelled task gives its transfer and its connection up at once")
    func cancel() async throws {
        let (arrived, gone) = (Gate(), Gate())
        try await withServer(Self.silent(arrived, gone)) { server, client in
            let tasks = (0..<10).map { _ in
                Task { try await client.send(HTTPRequest(method: .post, url: server.url())) }
            }
            await arrived.wait(for: 10)
            #expect(client.statistics.transfersInFlight == 10)
            for task in tasks {
                task.cancel()
            }
            for task in tasks {
                let error = await #expect(throws: HTTPClientError.self) { try await task.value }
                #expect(error?.code == .cancelled)
                #expect(error?.mayHaveReachedServer == true)
                #expect(error?.isTransient == false)
            }
            #expect(client.statistics.transfersInFlight == 0)
            await gone.wait(for: 10)
        }
    }

    @Test("A task that is cancelled already sends nothing")
    func cancelledBefore() async throws {
        try await withServer(answering { connection, _ in connection.answer() }) { server, client in
            for _ in 0..<50 {
                let task = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return try await client.send(HTTPRequest(method: .post, url: server.url()))
                }
                let error = await #expect(throws: HTTPClientError.self) { try await task.value }
                #expect(error?.code == .cancelled)
                #expect(error?.mayHaveReachedServer == false)
            }
            #expect(server.accepted == 0)
            #expect(client.statistics.transfersInFlight == 0)
        }
    }

    @Test("Cancels that race with answers leave nothing behind")
    func cancelRace() async throws {
        try await withServer(answering { connection, _ in connection.answer(body: "x") }) { server, client in
            await withTaskGroup { group in
                for number in 0..<300 {
                    group.addTask {
                        let task = Task { try await client.send(HTTPRequest(url: server.url())) }
                        for _ in 0..<(number % 20) {
                            await Task.yield()
                        }
                        task.cancel()
                        switch await task.result {
                        case .success(let response): #expect(response.status == 200)
                        case .failure(let error): #expect((error as? HTTPClientError)?.code == .cancelled)
                        }
                    }
                }
            }
            #expect(client.statistics.transfersInFlight == 0)
            let response = try await client.send(HTTPRequest(url: server.url()))
            #expect(response.status == 200)
        }
    }

    @Test("Closing ends what is in flight and what waits, and what comes later")
    func close() async throws {
        let (arrived, gone) = (Gate(), Gate())
        let configuration = HTTPClient.Configuration(maximumConcurrentTransfers: 5)
        try await withServer(configuration: configuration, Self.silent(arrived, gone)) { server, client in
            let tasks = (0..<10).map { _ in Task { try await client.send(HTTPRequest(url: server.url())) } }
            await arrived.wait(for: 5)
            await client.close()
            var sent = 0
            for task in tasks {
                let error = await #expect(throws: HTTPClientError.self) { try await task.value }
                #expect(error?.code == .stopped)
                if error?.mayHaveReachedServer == true { sent += 1 }
            }
            #expect(sent == 5)
            await gone.wait(for: 5)
            let error = try await failure(of: client, HTTPRequest(url: server.url()))
            #expect(error.code == .stopped)
            #expect(!error.mayHaveReachedServer)
            #expect(throws: HTTPClientError.self) { try client.start() }
            await client.close()
        }
    }

    @Test("Closing while many start loses nobody")
    func closeRace() async throws {
        for _ in 0..<20 {
            try await withServer(answering { connection, _ in connection.answer() }) { server, client in
                await withTaskGroup { group in
                    for number in 0..<50 {
                        if number == 25 { group.addTask { await client.close() } }
                        group.addTask {
                            do {
                                let response = try await client.send(HTTPRequest(url: server.url()))
                                #expect(response.status == 200)
                            } catch {
                                #expect((error as? HTTPClientError)?.code == .stopped)
                            }
                        }
                    }
                }
            }
        }
    }

    @Test("A client that was never used can be closed, and one that is forgotten ends by itself")
    func unused() async throws {
        await HTTPClient().close()
        let gone = Gate()
        let server = try RawServer { connection in
            while connection.readRequest() != nil {
                connection.answer()
            }
            gone.signal()
        }
        do {
            let client = HTTPClient()
            _ = try await client.send(HTTPRequest(url: server.url()))
        }
        // Its kept connection is closed when its thread ends.
        await gone.wait()
        await server.stop()
    }

    @Test("On graceful shutdown what is in flight ends well, nothing new begins, and run returns")
    func gracefulShutdown() async throws {
        let (arrived, answer) = (Gate(), Latch())
        let server = try RawServer(
            answering { connection, _ in
                arrived.signal()
                answer.wait()
                return connection.answer(body: "late")
            }
        )
        let client = HTTPClient()
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await client.run() }
                let inFlight = Task { try await client.send(HTTPRequest(url: server.url())) }
                await arrived.wait()
                trigger.triggerGracefulShutdown()
                var code: HTTPClientError.Code?
                while code != .stopped {
                    // Until the shutdown has been seen a request may still be taken.
                    let brief = HTTPRequest(url: server.url(), timeouts: .init(total: .milliseconds(10)))
                    code = try await failure(of: client, brief).code
                }
                answer.open()
                #expect(text(try await inFlight.value.body) == "late")
                try await group.waitForAll()
            }
        }
        await server.stop()
    }

    @Test("When run is cancelled everything ends")
    func runCancelled() async throws {
        let (arrived, gone) = (Gate(), Gate())
        try await withServer(Self.silent(arrived, gone)) { server, client in
            let running = Task { try await client.run() }
            let inFlight = Task { try await client.send(HTTPRequest(url: server.url())) }
            await arrived.wait()
            running.cancel()
            let error = await #expect(throws: HTTPClientError.self) { try await inFlight.value }
            #expect(error?.code == .stopped)
            try await running.value
        }
    }
}
