/// Does a work, and then what must follow it, whatever becomes of the work: a `defer` that may wait.
public func doing<Result>(_ work: () async throws -> Result, finally cleanUp: () async -> Void) async throws -> Result {
    let result: Swift.Result<Result, any Error>
    do {
        result = .success(try await work())
    } catch {
        result = .failure(error)
    }
    await cleanUp()
    return try result.get()
}
