import Foundation
import HTTPClient
import Messages
import Testing

struct SimulatorError: Error, CustomStringConvertible {
    let description: String
}

/// The incident simulator as a process of its own, on a free port.
struct RunningSimulator {
    static let key = "stream-a-canary-7f3kq2m9"

    let url: String
    let http: HTTPClient

    /// Runs the simulator for the time of the body.
    static func with(_ arguments: [String] = [], _ body: (RunningSimulator) async throws -> Void) async throws {
        let process = Process()
        process.executableURL = try executable()
        process.arguments = ["--listen", "127.0.0.1:0"] + arguments
        process.environment = ["INCIDENT_SIMULATOR_KEY": key]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        defer {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        let line = await firstLine(output.fileHandleForReading)
        let prefix = "listening on "
        guard line.hasPrefix("\(prefix)http://127.0.0.1:") else {
            throw SimulatorError(description: "it said: \(line)")
        }
        let http = HTTPClient()
        do {
            try await body(RunningSimulator(url: String(line.dropFirst(prefix.count)), http: http))
        } catch {
            await http.close()
            throw error
        }
        await http.close()
    }

    /// What the simulator did for an incident.
    func effects(_ incident: String) async throws -> (comments: Int64, patches: Int64) {
        let counts = try await get("/_simulator/counts", authorized: false)
        guard let all = counts["incidents"]?[incident] else { return (0, 0) }
        return (all["comments"]?.integer ?? 0, all["patches"]?.integer ?? 0)
    }

    /// Changes what goes wrong.
    func setFaults(_ json: String) async throws {
        let response = try await http.send(
            HTTPRequest(
                method: .patch,
                url: "\(url)/_simulator/faults",
                headers: [HTTPHeader(name: "Content-Type", value: "application/json")],
                body: Array(json.utf8)
            )
        )
        guard response.status == 200 else {
            throw SimulatorError(description: String(decoding: response.body, as: UTF8.self))
        }
    }

    /// An answer's body.
    func get(_ path: String, authorized: Bool = true) async throws -> JSONValue {
        let headers = authorized ? [HTTPHeader(name: "Authorization", value: "Bearer \(Self.key)")] : []
        let response = try await http.send(HTTPRequest(url: url + path, headers: headers))
        return try MessageCoding.decode(JSONValue.self, from: response.body)
    }

    /// Beside the test's own executable.
    private static func executable() throws -> URL {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let url = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("incident-simulator")
        guard FileManager.default.isExecutableFile(atPath: url.path) else {
            throw SimulatorError(description: "\(url.path) is not built; run swift build first")
        }
        return url
    }

    /// Read on a thread of its own: it waits.
    private static func firstLine(_ handle: FileHandle) async -> String {
        await withCheckedContinuation { continuation in
            Thread {
                var text = Data()
                while !text.contains(UInt8(ascii: "\n")) {
                    let chunk = handle.availableData
                    if chunk.isEmpty { break }
                    text.append(chunk)
                }
                let line = String(decoding: text, as: UTF8.self).trimmingCharacters(in: .newlines)
                continuation.resume(returning: line)
            }.start()
        }
    }
}

extension JSONValue {
    /// The whole number, where this is one.
    var integer: Int64? { if case .integer(let whole) = self { whole } else { nil } }
    /// The elements, where this is an array.
    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
}
