import Foundation

/// What stopped a test.
public struct TestFailure: Error, CustomStringConvertible {
    /// What.
    public let description: String

    /// A failure that says this.
    public init(_ description: String) { self.description = description }
}

/// Waits until there is a result.
///
/// - Throws: ``TestFailure`` where there is none in time.
public func eventually<Result>(
    _ what: String,
    within limit: Duration = .seconds(60),
    _ probe: () async throws -> Result?
) async throws -> Result {
    let start = ContinuousClock.now
    while true {
        if let result = try await probe() { return result }
        guard ContinuousClock.now < start + limit else { throw TestFailure("not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// Waits until something holds.
public func eventually(
    _ what: String,
    within limit: Duration = .seconds(60),
    holds condition: () async throws -> Bool
) async throws {
    _ = try await eventually(what, within: limit) { try await condition() ? true : nil }
}

/// Whether a process is gone, or only waits for its parent to notice.
public func isGone(_ pid: Int32) -> Bool {
    guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return true }
    return stat.split(separator: ")").last?.hasPrefix(" Z") ?? true
}
