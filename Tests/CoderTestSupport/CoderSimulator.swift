public import CoderAPI
import Foundation
public import HTTPClient
import TestSupport

/// A coder-simulator as a process of its own, with a folder of its own; both end with the test.
public final class CoderSimulator: Sendable {
    /// The session token that it takes.
    public static let token = "abcdefghij-0123456789ABCDEFGHIJKL"

    /// Where it listens.
    public let url: String
    /// Sends the test's own requests, and those of the clients it gives.
    public let http: HTTPClient

    private init(url: String, http: HTTPClient) {
        self.url = url
        self.http = http
    }

    /// Starts one with these further flags for the time of a body.
    ///
    /// Workspaces run the script after `#!/bin/bash`; nil runs nothing, and every script ends with 0.
    public static func with<Result>(
        _ arguments: [String] = [],
        script: String? = nil,
        _ body: (CoderSimulator) async throws -> Result
    ) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mendline-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        if let script {
            let file = folder.appendingPathComponent("run.sh")
            try Data("#!/bin/bash\n\(script)\n".utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        }
        let program = try Program(
            "coder-simulator",
            [
                "--listen", "127.0.0.1:0", "--scripts", script == nil ? "none" : folder.path, "--work",
                "\(folder.path)/work",
            ] + arguments,
            environment: ["CODER_SIMULATOR_TOKEN": token],
            output: folder.appendingPathComponent("output").path
        )
        let simulator = CoderSimulator(url: try await program.address(), http: HTTPClient())
        return try await doing {
            try await body(simulator)
        } finally: {
            await simulator.http.close()
            await program.end()
        }
    }

    /// A client of it, whose requests may take so long.
    public func client(
        total: Duration = .seconds(10),
        token: @escaping @Sendable () throws -> String = { CoderSimulator.token }
    ) -> CoderClient {
        CoderClient(
            http: http,
            configuration: CoderClient.Configuration(
                baseURL: url,
                timeouts: HTTPRequest.Timeouts(total: total),
                token: token
            )
        )
    }

    /// Changes its faults and delays.
    public func setFaults(_ json: String) async throws {
        let response = try await http.send(
            HTTPRequest(
                method: .patch,
                url: "\(url)/_simulator/faults",
                headers: [HTTPHeader(name: "Content-Type", value: "application/json")],
                body: Array(json.utf8)
            )
        )
        guard response.status == 200 else {
            throw TestFailure("faults were refused: \(String(decoding: response.body, as: UTF8.self))")
        }
    }

    /// What `/_simulator/counts` says.
    public func counts() async throws -> Counts {
        let response = try await http.send(HTTPRequest(url: "\(url)/_simulator/counts"))
        return try JSONDecoder().decode(Counts.self, from: Data(response.body))
    }

    /// Lets something happen to a workspace: vanish, restart-agent, lose-agent.
    public func blow(_ what: String, to workspace: String) async throws {
        let response = try await http.send(
            HTTPRequest(method: .post, url: "\(url)/_simulator/workspaces/\(workspace)/\(what)")
        )
        guard response.status == 204 else { throw TestFailure("\(what) answered \(response.status)") }
    }
}

/// What a simulator counted.
public struct Counts: Decodable, Sendable {
    /// What came of requests.
    public struct Effects: Decodable, Sendable {
        /// Workspaces made.
        public var creates: Int
        /// Start scripts begun.
        public var scriptStarts: Int
        /// Workspaces stopped.
        public var stops: Int
        /// Workspaces deleted.
        public var deletes: Int
        /// Workspaces that are there.
        public var existing: Int

        private enum CodingKeys: String, CodingKey {
            case creates, stops, deletes, existing
            case scriptStarts = "script_starts"
        }
    }

    /// One route.
    public struct Route: Decodable, Sendable {
        /// Requests that came in.
        public var received: Int
    }

    /// By method and path pattern.
    public var requests: [String: Route]
    /// In all.
    public var effects: Effects

    /// How many requests came in whose method and path end so.
    public func requests(_ ending: String) -> Int {
        requests.filter { $0.key.hasSuffix(ending) }.values.reduce(0) { $0 + $1.received }
    }
}
