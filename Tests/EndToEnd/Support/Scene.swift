import Foundation
import HTTPClient
import Messages
import Synchronization
import TestSupport
import Testing

/// One test's folder and processes; all is gone at its end, however it ends.
final class Scene: Sendable {
    /// A short path: the sockets below it have at most 107 bytes.
    let folder: String
    let http = HTTPClient()
    private let programs = Mutex<[Program]>([])

    var data: String { folder + "/var" }

    private init() throws {
        folder = "/tmp/mend-" + String(UUID().uuidString.prefix(8))
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
    }

    static func with(_ body: (Scene) async throws -> Void) async throws {
        let scene = try Scene()
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(scene))
        } catch {
            Issue.record("What the processes said last:\n\(scene.lastWords)")
            result = .failure(error)
        }
        // The processes of `mendline up` end with it, by the kernel's hand.
        for program in scene.programs.withLock({ $0 }).reversed() { await program.end() }
        await scene.http.close()
        try? FileManager.default.removeItem(atPath: scene.folder)
        try result.get()
    }

    // MARK: - Processes

    /// Starts one of Mendline's programs; `log` names the file of what it says.
    func start(
        _ name: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        log: String? = nil
    ) throws -> Program {
        let program = try Program(
            name,
            arguments,
            environment: environment,
            output: log ?? "\(folder)/\(name)-\(UUID().uuidString.prefix(8)).out"
        )
        programs.withLock { $0.append(program) }
        return program
    }

    /// Starts a program by its path; `output` names what it says.
    func start(
        path: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        output: String
    ) throws -> Program {
        let program = try Program(path: path, arguments, environment: environment, output: "\(folder)/\(output).out")
        programs.withLock { $0.append(program) }
        return program
    }

    /// Starts `mendline up` on free ports and waits until all its processes run and are ready.
    func up(
        topology: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        hasSimulators: Bool = false,
        waitsForStages: Bool = true
    ) async throws -> Up {
        var all = ["up", "--topology", topology, "--data", data]
        all += ["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"]
        if hasSimulators { all += ["--coder-listen", "127.0.0.1:0", "--incident-listen", "127.0.0.1:0"] }
        let program = try start("mendline", all + arguments, environment: environment)
        let output = try await eventually("mendline up has started everything") {
            guard program.isRunning else { throw TestFailure("mendline up has ended: \(program.output)") }
            return program.output.contains("Ctrl-C ends everything.") ? program.output : nil
        }
        guard let intake = output.firstMatch(of: /(http:\/\/[0-9.:]+)\/incidents/) else {
            throw TestFailure("mendline up does not say where intake is: \(output)")
        }
        let up = Up(
            program: program,
            intake: Caller(base: String(intake.1), http: http, token: environment["MENDLINE_TOKEN"]),
            output: output
        )
        let question = waitsForStages ? "/ready" : "/health"
        try await eventually("intake is ready") { (try? await up.intake.get(question))?.status == 200 }
        return up
    }

    /// Starts `mendline up` with the topology of a local run, or another one with simulators.
    func upLocal(
        _ arguments: [String] = [],
        topology: String = Repository.path("topology/local.yaml"),
        waitsForStages: Bool = true,
        environment: [String: String] = [:]
    ) async throws -> (up: Up, outside: Outside) {
        let up = try await up(
            topology: topology,
            arguments,
            environment: environment,
            hasSimulators: true,
            waitsForStages: waitsForStages
        )
        let urls = up.output.matches(of: /(http:\/\/[0-9.:]+)\/_simulator\/counts/).map { String($0.1) }
        guard urls.count == 2 else {
            throw TestFailure("mendline up does not say where the simulators are: \(up.output)")
        }
        let key = try String(contentsOfFile: data + "/secrets/incident-api-key", encoding: .utf8)
        return (
            up,
            Outside(
                coder: Caller(base: urls[0], http: http),
                incidents: Caller(base: urls[1], http: http, token: key.trimmingCharacters(in: .newlines))
            )
        )
    }

    /// Starts the simulators by themselves, so that they outlive a `mendline up`.
    func simulators(
        coderToken: String = "abcdefghij-0123456789ABCDEFGHIJKL",
        incidentKey: String = "0123456789abcdef0123456789abcdef",
        scripts: String = "none"
    ) async throws -> Outside {
        try makeFolder("secrets")
        try write(coderToken + "\n", to: data + "/secrets/coder-token")
        try write(incidentKey + "\n", to: data + "/secrets/incident-api-key")
        let coder = try start(
            "coder-simulator",
            [
                "--listen", "127.0.0.1:0", "--token-file", data + "/secrets/coder-token", "--scripts", scripts,
                "--work", data + "/workspaces",
            ]
        )
        let incidents = try start(
            "incident-simulator",
            ["--listen", "127.0.0.1:0", "--api-key-file", data + "/secrets/incident-api-key"]
        )
        return Outside(
            coder: Caller(base: try await coder.address(), http: http),
            incidents: Caller(base: try await incidents.address(), http: http, token: incidentKey)
        )
    }

    /// Writes a topology of the test's own and gives its path.
    func write(_ topology: TestTopology, as name: String = "topology.yaml") throws -> String {
        let path = "\(folder)/\(name)"
        try write(topology.text, to: path)
        return path
    }

    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(
            atPath: "\(data)/\(name)",
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    func write(_ text: String, to path: String, mode: Int = 0o600) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    // MARK: - Incidents

    /// Starts `mendline send --wait`.
    func send(_ count: Int, concurrency: Int, id: String, to up: Up, _ arguments: [String] = []) throws -> Program {
        try start(
            "mendline",
            [
                "send", "--wait", "--json", "--count", "\(count)", "--concurrency", "\(concurrency)", "--id", id,
                "--intake", up.intake.base, "--retry-for", "2m", "--wait-for", "3m",
            ] + arguments
        )
    }

    /// Waits for the end of `mendline send` and gives how many incidents ended how.
    func verdicts(of sender: Program) async throws -> [String: Int] {
        let code = try await sender.exitCode()
        let report = sender.output
        guard code == 0, let start = report.firstIndex(of: "{") else {
            throw TestFailure("mendline send has ended with \(code): \(report)")
        }
        let json = try MessageCoding.decode(JSONValue.self, from: Array(report[start...].utf8))
        return (json["verdicts"]?.members ?? [:]).compactMapValues(\.integer)
    }

    /// The last lines of all logs, for the report of a failure.
    private var lastWords: String {
        let logs = (try? FileManager.default.contentsOfDirectory(atPath: data + "/logs")) ?? []
        let outputs = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let files =
            logs.map { "\(data)/logs/\($0)" } + outputs.filter { $0.hasSuffix(".out") }.map { "\(folder)/\($0)" }
        return files.sorted().map { file in
            let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
            let lines = Self.tellingLines(of: text.split(separator: "\n")).map { "    " + $0.prefix(300) }
            return "  \(file)\n" + lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }

    /// The last lines, or those in which Swift's runtime says why and where a program crashed.
    private static func tellingLines(of lines: [Substring]) -> ArraySlice<Substring> {
        let crash = lines.firstIndex { $0.contains("Fatal error") || $0.contains("rogram crashed") }
        return crash.map { lines[$0...].prefix(40) } ?? lines.suffix(8)
    }
}

/// A running `mendline up`.
struct Up: Sendable {
    let program: Program
    let intake: Caller
    /// What it had said when everything had started.
    let output: String

    /// The process ids of what runs now, by name.
    var children: [String: Int32] {
        var children: [String: Int32] = [:]
        for line in program.output.split(separator: "\n") {
            if let match = line.wholeMatch(of: /\s+([a-z0-9-]+)\s+pid (\d+)\s+(running|ready)\b.*/) {
                children[String(match.1)] = Int32(match.2)
            } else if let match = line.wholeMatch(of: /\s+([a-z0-9-]+)\s+-\s+(restarting|ended)\b.*/) {
                children[String(match.1)] = nil
            }
        }
        return children
    }

    /// Kills a process and waits until another has taken its place.
    func killAndAwaitAnother(_ name: String) async throws {
        guard let pid = children[name] else { throw TestFailure("\(name) does not run: \(program.output)") }
        kill(pid, SIGKILL)
        try await eventually("\(name) runs again") { children[name].map { $0 != pid } ?? false }
    }

    /// What is known of an incident.
    func incident(_ id: String) async throws -> JSONValue { try await intake.get("/incidents/\(id)").json }

    /// Waits until the incident has a verdict.
    func verdict(of id: String, within limit: Duration = .seconds(60)) async throws -> String {
        try await eventually("\(id) has a verdict", within: limit) { try await incident(id)["verdict"]?.string }
    }

    /// Waits until nothing about these incidents is left to be told.
    func untilReported(_ ids: [String]) async throws {
        for id in ids {
            try await eventually("\(id) is reported") {
                let deliveries = try await incident(id)["deliveries"] ?? .null
                return !deliveries.elements.contains { $0["stage"]?.string == "reporter" }
            }
        }
    }

    /// The value of a metric without labels; nil where it is not there.
    func metric(_ name: String) async throws -> Double? {
        let lines = try await intake.get("/metrics").text.split(separator: "\n")
        return lines.filter { $0.hasPrefix(name + " ") || $0.hasPrefix(name + "{") }
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.max()
    }
}
