import Foundation
import SimulatorKit

/// The last state that an agent reported of itself.
///
/// It stays when the agent is gone: look at the status too.
enum AgentLifecycle: String, Sendable {
    case created, starting, ready
    case startTimeout = "start_timeout"
    case startError = "start_error"
}

/// Whether the agent is there, as the server sees it.
enum AgentStatus: String, Sendable {
    case connecting, connected, disconnected, timeout
}

/// The process in a workspace that runs its script.
struct Agent: Sendable {
    let id: UUID
    let sourceID: UUID
    let scriptID: UUID
    let createdAt: Timestamp
    /// After so many seconds without a first connection the status is `timeout`; 0 is never.
    let connectionTimeout: Int
    /// The script's time limit in seconds; 0 is none.
    let scriptTimeout: Int
    var lifecycle = AgentLifecycle.created
    var firstConnectedAt: Timestamp?
    /// Of the present agent process; after a restart later than the first one.
    var connectedAt: Timestamp?
    var disconnectedAt: Timestamp?
    var startedAt: Timestamp?
    var readyAt: Timestamp?
    var log = AgentLog()
    /// The script run that is under way.
    var run: UUID?
    var runStartedAt: Timestamp?
    var restarts = 0
    /// A fault keeps it from connecting; it connects when the fault ends.
    var isHeldBack = false

    /// coderd/database/modelmethods.go: an agent that came too late becomes `connected` all the same.
    func status(at now: Timestamp) -> AgentStatus {
        guard firstConnectedAt != nil else {
            guard connectionTimeout > 0 else { return .connecting }
            return now >= createdAt.adding(.seconds(connectionTimeout)) ? .timeout : .connecting
        }
        return disconnectedAt == nil ? .connected : .disconnected
    }

    /// When it was last heard of: agents ping every 15 seconds.
    func lastConnectedAt(at now: Timestamp) -> Timestamp? {
        if let disconnectedAt { return disconnectedAt }
        guard let connectedAt else { return nil }
        return connectedAt.adding(.seconds(pings(at: now) * 15))
    }

    /// How often it has pinged; with it an answer changes without an event.
    func pings(at now: Timestamp) -> Int64 {
        guard disconnectedAt == nil, let connectedAt else { return 0 }
        return max(0, now.since(connectedAt).components.seconds / 15)
    }

    /// Why it counts as unhealthy; nil where it does not (coderd/database/db2sdk/db2sdk.go, first match).
    ///
    /// `connecting`, `starting` and `start_timeout` are healthy.
    func illness(at now: Timestamp) -> String? {
        switch (status(at: now), lifecycle) {
        case (.timeout, _): "agent is taking too long to connect"
        case (.disconnected, _): "agent has lost connection"
        case (_, .startError): "agent startup script exited with an error"
        default: nil
        }
    }
}
