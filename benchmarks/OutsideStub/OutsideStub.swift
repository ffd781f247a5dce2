import ArgumentParser
import Foundation
import NIOCore
import NIOPosix

/// Written as `outside-stub`.
@main
struct OutsideStub: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outside-stub",
        abstract: "Plays Coder and the incident system for measurements, as cheaply as it can.",
        discussion: """
            Every workspace is ready at once, its script has ended with 0 and two lines of output, and every comment and \
            update is taken. What costs time or room is left out: no faults, no rate limits, no tokens, nothing kept of \
            what is told to the incident system. For anything but measurements use coder-simulator and \
            incident-simulator.

            A list of workspaces holds those whose script timings nobody has read yet: whoever has read them knows the \
            outcome, and Coder would have deleted such a workspace in the end.

            When it is ready it prints one line, "listening on http://127.0.0.1:PORT". GET /counts tells how many \
            requests of each kind have come. SIGTERM ends it.

            example: outside-stub --port 8080 --latency 5ms
            """
    )

    @Option(help: "The port on 127.0.0.1; 0 lets the system choose.")
    var port = 0
    @Option(help: ArgumentHelp("How long each answer is kept back: 0ms, 5ms, 1s.", valueName: "time"))
    var latency = Latency.none
    @Option(help: "How many threads answer.")
    var threads = 1
    @Option(help: "The name of the one template.")
    var template = "remediation"

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port \(port) is not one of 0 to 65535") }
        guard (1...64).contains(threads) else { throw ValidationError("--threads \(threads) is not one of 1 to 64") }
    }

    func run() async throws {
        signal(SIGTERM) { _ in _exit(0) }
        let desk = Desk(template: template)
        let latency = TimeAmount.milliseconds(latency.milliseconds)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: threads))
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try RequestHandler.add(to: channel.pipeline.syncOperations, desk: desk, latency: latency)
                }
            }
            .bind(host: "127.0.0.1", port: port)
            .get()
        let bound = channel.localAddress?.port ?? port
        FileHandle.standardOutput.write(Data("listening on http://127.0.0.1:\(bound)\n".utf8))
        try await channel.closeFuture.get()
    }
}

/// A length of time as a whole number of `ms` or `s`.
struct Latency: ExpressibleByArgument {
    /// No time at all.
    static let none = Latency(milliseconds: 0)

    let milliseconds: Int64

    private init(milliseconds: Int64) { self.milliseconds = milliseconds }

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), number <= 60_000 else { return nil }
        switch argument.dropFirst(digits.count) {
        case "ms": milliseconds = number
        case "s": milliseconds = number * 1000
        default: return nil
        }
    }

    var defaultValueDescription: String { "\(milliseconds)ms" }
}
