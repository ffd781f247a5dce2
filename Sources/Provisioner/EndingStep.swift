import CoderAPI
import Messages

/// The next step towards a workspace that is stopped, or gone, by what Coder shows of it.
enum EndingStep: Equatable {
    /// It is what was asked for.
    case reached
    /// It is deleted.
    case gone
    /// The start of it must be cancelled first: Coder takes no other build before.
    case cancel(build: String)
    /// Coder is at work.
    case wait(String)
    /// Ask for the build.
    case request(Transition)
    /// The build that was asked for has failed: ask again, and count it as a failure.
    case repeatFailed(Transition, String)

    /// The step towards a stopped workspace.
    static func towardsStop(_ workspace: Workspace) -> EndingStep {
        let build = workspace.latestBuild
        switch (build.transition, build.job.status) {
        case (.delete, .succeeded): return .gone
        case (.stop, .succeeded): return .reached
        case (.start, .pending), (.start, .running): return .cancel(build: build.id)
        case (_, let status) where status.isActive: return .wait(working(build))
        case (.stop, _): return .repeatFailed(.stop, failed(build))
        // A delete that failed leaves in place whatever it had not destroyed.
        default: return .request(.stop)
        }
    }

    /// The step towards a workspace that is gone.
    static func towardsErasure(_ workspace: Workspace) -> EndingStep {
        let build = workspace.latestBuild
        switch (build.transition, build.job.status) {
        case (.delete, .succeeded): return .gone
        case (.start, .pending), (.start, .running): return .cancel(build: build.id)
        case (_, let status) where status.isActive: return .wait(working(build))
        case (.delete, _): return .repeatFailed(.delete, failed(build))
        default: return .request(.delete)
        }
    }

    /// How long to wait before the next look: a quarter of the build's age, 1 to 15 seconds.
    static func pause(buildCreatedAt: String, now: Timestamp) -> Duration {
        let age = Timestamp(buildCreatedAt).map { (now - $0).milliseconds } ?? 0
        return .milliseconds(min(max(age / 4, 1000), 15_000))
    }

    private static func working(_ build: Build) -> String {
        let place = build.job.queuePosition.map { $0 > 0 ? ", place \($0) in the queue" : "" } ?? ""
        return "build \(build.number) of the workspace is \(build.status)\(place)"
    }

    private static func failed(_ build: Build) -> String {
        "\(build.transition.rawValue) build \(build.number) is \(build.job.status.rawValue)"
            + (build.job.error.map { ": \($0)" } ?? "")
    }
}
