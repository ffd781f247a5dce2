import TestSupport
import HTTPClient
import Messages

/// The two simulators of a run: what happened in the world outside of Mendline.
struct Outside: Sendable {
    var coder: Caller
    var incidents: Caller

    /// What the world has seen.
    struct Effects: Hashable, Sendable {
        var creates: Int
        var scriptStarts: Int
        var patches: Int
        var comments: Int

        /// Exactly one of each for every incident.
        static func once(each count: Int) -> Effects {
            Effects(creates: count, scriptStarts: count, patches: count, comments: count)
        }
    }

    func effects() async throws -> Effects {
        let coder = try await coder.get("/_simulator/counts").json["effects"]
        let incidents = try await incidents.get("/_simulator/counts").json["effects"]
        guard let creates = coder?["creates"]?.integer, let starts = coder?["script_starts"]?.integer,
            let patches = incidents?["patches"]?.integer, let comments = incidents?["comments"]?.integer
        else { throw TestFailure("the simulators count otherwise than expected") }
        return Effects(creates: creates, scriptStarts: starts, patches: patches, comments: comments)
    }

    /// Changes faults and delays of both.
    func setFaults(_ faults: JSONValue) async throws {
        try await Self.setFaults(faults, of: coder)
        try await Self.setFaults(faults, of: incidents)
    }

    static func setFaults(_ faults: JSONValue, of simulator: Caller) async throws {
        let answer = try await simulator.call(
            .patch,
            "/_simulator/faults",
            body: try MessageCoding.encode(faults)
        )
        guard answer.status == 200 else { throw TestFailure("the faults were refused: \(answer.text)") }
    }
}
