import Foundation
import Logging
import ServiceLifecycle
import SimulatorKit
import TestSupport
import Testing

@testable import CoderSimulator
@testable import IncidentSimulator

let testToken = "abcdefghij-0123456789abcdefghijkl"

/// The folder of the template's scripts.
let templateScripts = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("deploy/template/scripts").path

/// A folder for the body, gone afterwards.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("simulators-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}

/// Runs a service that says its URL when it is ready, for the time of the body.
private func withService(
    _ make: (@escaping @Sendable (String) async -> Void) -> any Service,
    _ body: (String) async throws -> Void
) async throws {
    let (urls, sink) = AsyncStream<String>.makeStream()
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    let group = ServiceGroup(services: [make { sink.yield($0) }], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
            defer { sink.finish() }
            try await group.run()
        }
        var ready = urls.makeAsyncIterator()
        guard let url = await ready.next() else { return try await tasks.waitForAll() }
        do {
            try await body(url)
        } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}

/// A Coder simulator in this process, for the time of the body.
func withCoder(
    scripts: String? = nil,
    profile: CoderFaults = .fast,
    record: Recorder? = nil,
    set: (inout CoderFaults) -> Void = { _ in },
    _ body: (CoderClient) async throws -> Void
) async throws {
    try await withFolder { work in
        var configuration = CoderSimulator.Configuration(token: testToken, scripts: scripts, work: work)
        configuration.faults = profile
        set(&configuration.faults)
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let made = configuration
        try await withService {
            CoderSimulator(configuration: made, logger: logger, onReady: $0)
        } _: { url in
            let client = Client(url: url, headers: ["Coder-Session-Token": testToken], record: record)
            defer { client.close() }
            let template = try await client.get("/api/v2/organizations/default/templates/remediation")
            guard let id = template.at("id")?.text, let version = template.at("active_version_id")?.text else {
                throw TestFailure("there is no template")
            }
            try await body(CoderClient(client: client, template: id, version: version, work: work))
        }
    }
}

/// An incident simulator in this process, for the time of the body.
func withIncidents(
    set: (inout IncidentSimulator.Configuration) -> Void = { _ in },
    _ body: (Client) async throws -> Void
) async throws {
    var configuration = IncidentSimulator.Configuration(key: "stream-a-key")
    set(&configuration)
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    let made = configuration
    try await withService {
        IncidentSimulator(configuration: made, logger: logger, onReady: $0)
    } _: { url in
        let client = Client(url: url, headers: ["Authorization": "Bearer stream-a-key"])
        defer { client.close() }
        try await body(client)
    }
}
