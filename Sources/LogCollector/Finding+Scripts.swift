import CoderAPI
import Messages

/// Findings about scripts.
extension Finding {
    /// The exit codes tell.
    static func byExitCode(_ result: ScriptResult, isComplete: Bool) -> Finding {
        switch result {
        case .succeeded:
            return Finding(verdict: .succeeded, exitCode: isComplete ? 0 : nil, awaitsLines: true)
        case .leftPipesOpen:
            return Finding(
                verdict: .succeeded,
                exitCode: 0,
                diagnosis: Diagnosis(
                    summary:
                        "The script ended with 0 but left a process behind that keeps its output open; redirect the "
                        + "output of background processes in the script."
                ),
                awaitsLines: true
            )
        case .failed(let exitCode):
            return Finding(
                verdict: .scriptFailed,
                exitCode: exitCode,
                diagnosis: Diagnosis(summary: failure(exitCode)),
                awaitsLines: true
            )
        case .interrupted:
            return Finding(
                verdict: .unknown,
                exitCode: ScriptResult.markFound,
                diagnosis: Diagnosis(
                    summary:
                        "The workspace was restarted and its script had begun before, so it was not run again; look "
                        + "at what it did before retrying."
                ),
                awaitsLines: true
            )
        case .timedOut:
            return Finding(
                verdict: .scriptTimedOut,
                diagnosis: Diagnosis(
                    summary:
                        "The script was ended because it ran longer than its time limit; see its last lines for where "
                        + "it hung."
                ),
                awaitsLines: true
            )
        }
    }

    /// No exit code came; the lifecycle that the agent reported is all there is.
    static func byLifecycle(_ end: ScriptEnd) -> Finding {
        let missing = "Coder did not report the exit code"
        switch end {
        case .ready:
            return Finding(
                verdict: .succeeded,
                diagnosis: Diagnosis(
                    summary: "\(missing); the agent reported that all start scripts ended well.",
                    evidence: ["agent lifecycle: ready"]
                ),
                awaitsLines: true
            )
        case .startError:
            return Finding(
                verdict: .scriptFailed,
                diagnosis: Diagnosis(
                    summary: "The script failed, and \(missing); see its last lines.",
                    evidence: ["agent lifecycle: start_error"]
                ),
                awaitsLines: true
            )
        case .startTimeout:
            return Finding(
                verdict: .scriptTimedOut,
                diagnosis: Diagnosis(
                    summary: "The script was ended because it ran longer than its time limit; see its last lines.",
                    evidence: ["agent lifecycle: start_timeout"]
                ),
                awaitsLines: true
            )
        }
    }

    /// By our clock it has run too long.
    static func overdue(_ agent: Agent, limit: Duration) -> Finding {
        Finding(
            verdict: .scriptTimedOut,
            diagnosis: Diagnosis(
                summary:
                    "The script has not ended within the \(limit.components.seconds) s that its playbook allows, and "
                    + "may still run until the workspace is stopped; see its last lines for where it hangs.",
                evidence: [state(of: agent)]
            )
        )
    }

    /// Nothing was there to run.
    static let noScript = Finding(
        verdict: .unknown,
        diagnosis: Diagnosis(
            summary:
                "The template's agent has no start script, so nothing was run; give the template the remediation's "
                + "start script."
        )
    )

    private static func failure(_ exitCode: Int?) -> String {
        switch exitCode {
        case nil: "The script could not be run or had no exit status; see its last lines."
        case -1: "The script was killed by a signal, perhaps for want of memory; see its last lines."
        case 64: "The template's wrapper was called wrongly (exit code 64), nothing was done; its last line says why."
        case 73: "The run-once mark could not be made (exit code 73), nothing was done; see that the disk is writable."
        case 126: "The script could not be executed (exit code 126); see that it may be run and has an interpreter."
        case 127: "A command was not found (exit code 127); see the last lines for which one the image lacks."
        case let code?: "The script ended with exit code \(code); see its last lines."
        }
    }

    /// What Coder shows of an agent, as evidence.
    static func state(of agent: Agent) -> String {
        "agent \(agent.name): status \(agent.status), lifecycle \(agent.lifecycleState)"
            + (agent.healthReason.map { $0.isEmpty ? "" : ", \($0)" } ?? "")
    }
}
