import CoderAPI
import Messages

/// Why workspaces do not start, as logs tell it: the causes that are met most often.
enum KnownCauses {
    private struct Cause {
        /// All of these must be in one line, in any case.
        var words: [String]
        var summary: String
    }

    /// The more particular ones first.
    private static let causes = [
        Cause(
            words: ["insufficient quota"],
            summary: "The Coder user's quota is used up; delete workspaces or raise the group's quota."
        ),
        Cause(
            words: ["exceeded quota"],
            summary: "The namespace's ResourceQuota is used up; raise it or free resources in the cluster."
        ),
        Cause(
            words: ["is forbidden", "cannot"],
            summary:
                "Coder's service account may not create the workspace's resources in the namespace; grant it the role "
                + "(Helm value coder.serviceAccount.workspaceNamespaces)."
        ),
        Cause(
            words: ["namespaces", "not found"],
            summary:
                "The namespace that the template names does not exist; create it or correct the template's variable."
        ),
        Cause(
            words: ["imagepullbackoff"],
            summary: "The workspace's image cannot be pulled; check its name, its tag and the registry's credentials."
        ),
        Cause(
            words: ["errimagepull"],
            summary: "The workspace's image cannot be pulled; check its name, its tag and the registry's credentials."
        ),
        Cause(
            words: ["failed to pull image"],
            summary: "The workspace's image cannot be pulled; check its name, its tag and the registry's credentials."
        ),
        Cause(
            words: ["persistentvolumeclaim"],
            summary: "The workspace's volume could not be made or bound; check the StorageClass, and set "
                + "wait_until_bound = false in the template where it binds on first use."
        ),
        Cause(
            words: ["failedscheduling"],
            summary: "No node of the cluster has room for the workspace's pod; free capacity or ask for less."
        ),
        Cause(
            words: ["insufficient cpu"],
            summary: "No node of the cluster has room for the workspace's pod; free capacity or ask for less."
        ),
        Cause(
            words: ["insufficient memory"],
            summary: "No node of the cluster has room for the workspace's pod; free capacity or ask for less."
        ),
        Cause(
            words: ["failed to query available provider packages"],
            summary:
                "Terraform cannot reach its registry from the provisioner; open the way or set up a provider mirror."
        ),
        Cause(
            words: ["could not connect to registry"],
            summary:
                "Terraform cannot reach its registry from the provisioner; open the way or set up a provider mirror."
        ),
        Cause(
            words: ["connection refused"],
            summary: "Terraform could not reach the cluster's API; check the template's "
                + "use_kubeconfig and the provisioner's network."
        ),
        Cause(
            words: ["no configuration has been provided"],
            summary: "Terraform has no credentials for the cluster; check the template's use_kubeconfig."
        ),
        Cause(
            words: ["required_template_variables"],
            summary: "The template has variables without a value; set them and push the template again."
        ),
        Cause(
            words: ["already exists"],
            summary: "A resource with the workspace's name is left in the cluster from before; remove it and retry."
        ),
    ]

    /// The sentence for the first line that tells a known cause.
    static func summary(of lines: [String]) -> String? {
        for line in lines {
            let text = line.lowercased()
            if let cause = causes.first(where: { $0.words.allSatisfy(text.contains) }) { return cause.summary }
        }
        return nil
    }
}

/// Why a start build did not succeed.
enum BuildDiagnosis {
    /// How many lines a diagnosis quotes.
    static let mostEvidence = 20

    /// Explains it by the job and the error-level lines of the build's log.
    static func make(_ build: Build, errorLines: [String]) -> Diagnosis {
        let job = build.job
        if job.status == .canceled {
            let who = build.initiatorName.isEmpty ? "" : " (it was started for \(build.initiatorName))"
            return Diagnosis(
                summary:
                    "The workspace's build was cancelled by somebody\(who); retry the incident if that was a mistake.",
                evidence: Array(errorLines.prefix(mostEvidence))
            )
        }
        let said = [job.error, job.errorCode].compactMap(\.self).filter { !$0.isEmpty }
        let known = KnownCauses.summary(of: errorLines + said)
        return Diagnosis(
            summary: known ?? general(said, errorLines),
            evidence: Array((said.map { "job: \($0)" } + errorLines).prefix(mostEvidence))
        )
    }

    private static func general(_ said: [String], _ errorLines: [String]) -> String {
        let cause = errorLines.first { $0.hasPrefix("Error:") } ?? errorLines.first ?? said.first
        guard let cause else { return "The workspace's build failed without saying why; look at its log in Coder." }
        return "The workspace's build failed: \(cause.prefix(300)); look at the template."
    }
}
