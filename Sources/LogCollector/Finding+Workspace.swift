import CoderAPI
import Messages

/// Findings about workspaces and agents.
extension Finding {
    /// Somebody else stopped or deleted it.
    static func ended(by build: Build) -> Finding {
        let what = build.transition == .delete ? "deleted" : "stopped"
        let who =
            switch build.reason {
            case "autostop": "by Coder, as its time to live was over"
            case "dormancy": "by Coder, as it counted as unused"
            default: build.initiatorName.isEmpty ? "by somebody else" : "by \(build.initiatorName)"
            }
        return Finding(
            verdict: .workspaceLost,
            diagnosis: Diagnosis(
                summary: "The workspace was \(what) \(who) before its script had ended; look at what the script did "
                    + "before retrying.",
                evidence: [
                    "build \(build.number): \(build.transition.rawValue), reason \(build.reason), \(build.status)"
                ]
            )
        )
    }

    /// Coder does not have it any more; where the scripts had ended before, what was known by then is the verdict.
    static func gone(after ended: WatchMemory.End?, _ timings: [ScriptTiming], evidence: String) -> Finding {
        if let ended {
            return ScriptResult(timings).map { .byExitCode($0, isComplete: true) } ?? .byLifecycle(ended.end)
        }
        return Finding(
            verdict: .workspaceLost,
            diagnosis: Diagnosis(
                summary:
                    "The workspace was deleted by somebody else before its script had ended; look at what the script "
                    + "did before retrying.",
                evidence: [evidence]
            )
        )
    }

    /// The start build does not come to an end.
    static func slowBuild(_ build: Build, after limit: Duration) -> Finding {
        let seconds = limit.components.seconds
        let place = build.job.queuePosition ?? 0
        let summary =
            if build.job.status == .pending && build.matchedProvisioners == 0 {
                "No provisioner of Coder can take the build; start one, or correct the template's provisioner tags."
            } else if build.job.status == .pending {
                "The build has waited for a provisioner for \(seconds) s"
                    + (place > 0 ? " and is in place \(place) of the queue" : "")
                    + "; give Coder more provisioners (CODER_PROVISIONER_DAEMONS)."
            } else {
                "The build has not ended within \(seconds) s; see its log for what Terraform waits for, or raise the "
                    + "playbook's provision_within."
            }
        return Finding(
            verdict: .provisioningFailed,
            diagnosis: Diagnosis(summary: summary, evidence: ["build \(build.number): \(build.status)"])
        )
    }

    /// The template has no agent.
    static let noAgent = Finding(
        verdict: .agentUnreachable,
        diagnosis: Diagnosis(
            summary: "The template makes no agent, so no script can run; add a coder_agent to the template."
        )
    )

    /// The agent was never seen; the build's and the agent's log may say why.
    static func neverConnected(_ agent: Agent, after limit: Duration) -> Finding {
        Finding(
            verdict: .agentUnreachable,
            diagnosis: Diagnosis(
                summary:
                    "The workspace's agent did not connect within \(limit.components.seconds) s; likely the pod does "
                    + "not start (image, capacity) or cannot reach Coder's access URL: look at the pod's events.",
                evidence: [state(of: agent)]
            )
        )
    }

    /// The agent was there and is gone.
    static func disconnected(_ agent: Agent, for time: Duration) -> Finding {
        Finding(
            verdict: .agentUnreachable,
            diagnosis: Diagnosis(
                summary:
                    "The workspace's agent has been disconnected for \(time.components.seconds) s while its script "
                    + "ran; likely the pod was evicted, killed or cut off: look at the pod, and at what the script did.",
                evidence: [state(of: agent)]
            )
        )
    }
}
