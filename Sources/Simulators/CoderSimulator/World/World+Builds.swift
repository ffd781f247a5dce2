import Foundation
import SimulatorKit

extension World {
    /// Starts, stops or deletes a workspace (coderd/workspacebuilds.go postWorkspaceBuilds).
    ///
    /// - Returns: The new build.
    mutating func requestBuild(
        workspace id: UUID,
        transition name: String?,
        parameters: [Parameter],
        now: Timestamp
    ) throws(APIError) -> UUID {
        let workspace = try workspace(id)
        guard let transition = name.flatMap(Transition.init) else {
            let tag = (name ?? "").isEmpty ? "required" : "oneof"
            throw .validationFailed(field: "transition", tag: tag, value: name ?? "")
        }
        let latest = latestBuild(of: workspace)
        if latest?.job.status.isActive == true { throw APIError(409, "A workspace build is already active.") }
        if transition == .start, workspace.deletedAt != nil { throw APIError(409, "Cannot start a deleted workspace!") }
        var values = latest?.parameters ?? []
        if let template = template(workspace.templateID) { values = try template.values(given: values + parameters) }
        return addBuild(workspace: id, transition: transition, parameters: values, reason: "initiator", now: now)
    }

    /// Cancels a build: a waiting one at once, a running one when Terraform has stopped.
    mutating func cancel(_ id: UUID, expecting: String?, now: Timestamp) throws(APIError) {
        let build = try build(id)
        if let expecting {
            guard expecting == "pending" || expecting == "running" else {
                throw APIError(
                    400,
                    "Invalid expect_status \"\(expecting)\". Only 'pending' or 'running' are allowed."
                )
            }
            guard build.job.status.rawValue == expecting else {
                throw APIError(412, "Job is not in the expected state.")
            }
        }
        switch build.job.status {
        case .pending:
            queue.removeAll { $0 == id }
            change(id, at: now) {
                $0.job.canceledAt = now
                $0.job.completedAt = now
            }
        case .running:
            change(id, at: now) { $0.job.canceledAt = now }
            plan(.jobStopped(build: id), after: .after(.milliseconds(50)), from: now)
        case .canceling: throw APIError(400, "Job has already been marked as canceled!")
        default: throw APIError(400, "Job has already completed!")
        }
    }

    /// Adds a build and queues its job.
    mutating func addBuild(
        workspace id: UUID,
        transition: Transition,
        parameters: [Parameter],
        reason: String,
        now: Timestamp
    ) -> UUID {
        let build = Build(
            id: newID(),
            workspaceID: id,
            number: (workspaces[id]?.builds.count ?? 0) + 1,
            transition: transition,
            reason: reason,
            createdAt: now,
            parameters: parameters,
            resourceID: newID(),
            job: Job(id: newID(), createdAt: now)
        )
        add(build, at: now)
        queue.append(build.id)
        assignBuilders(now: now)
        return build.id
    }

    /// Gives waiting jobs to free builders, the oldest first.
    mutating func assignBuilders(now: Timestamp) {
        while working.count < faults.builders, !queue.isEmpty {
            let id = queue.removeFirst()
            working.insert(id)
            let worker = newID()
            change(id, at: now) {
                $0.job.startedAt = now
                $0.job.workerID = worker
            }
            guard let build = builds[id] else { continue }
            log(id, "Setting up", source: "provisioner_daemon", "", now: now)
            switch build.transition {
            case .start:
                log(id, "Planning infrastructure", "Initializing the backend...", now: now)
                log(id, "Planning infrastructure", "Terraform has been successfully initialized!", now: now)
            case .stop, .delete:
                // Terraform takes the pod away first.
                endAgent(of: build.workspaceID, now: now)
            }
            for number in 0..<faults.buildLogLines {
                log(id, "Planning infrastructure", "data.coder_parameter.noise[\(number)]: Read complete", now: now)
            }
            if faults.buildTime == .never { stuck.insert(id) }
            plan(.jobDone(build: id), after: faults.buildTime, from: now)
        }
    }

    /// Builds take a time again: those that were stuck take it from now.
    mutating func releaseStuck(now: Timestamp) {
        guard faults.buildTime != .never else { return }
        for id in stuck { plan(.jobDone(build: id), after: faults.buildTime, from: now) }
        stuck = []
    }

    /// A provisioner has come to the end of a job.
    mutating func finishJob(_ id: UUID, at now: Timestamp) {
        guard let build = builds[id], build.job.status == .running else { return }
        working.remove(id)
        let stage =
            switch build.transition {
            case .start: "Starting workspace"
            case .stop: "Stopping workspace"
            case .delete: "Deleting workspace"
            }
        if build.transition == .start, faults.failBuild {
            log(id, "Starting workspace", "kubernetes_deployment.main: Creating...", now: now)
            for line in [
                "Error: Failed to create deployment: deployments.apps is forbidden: User "
                    + "\"system:serviceaccount:coder:coder\" cannot create resource \"deployments\" in API group "
                    + "\"apps\" in the namespace \"workspaces\"",
                "  with kubernetes_deployment.main,",
                "  on main.tf line 142, in resource \"kubernetes_deployment\" \"main\":",
            ] {
                log(id, "Starting workspace", line, level: .error, now: now)
            }
            change(id, at: now) {
                $0.job.error = "terraform apply: exit status 1"
                $0.job.completedAt = now
            }
            assignBuilders(now: now)
            return
        }
        log(id, stage, build.transition == .start ? "Apply complete!" : "Destroy complete!", now: now)
        log(id, "Cleaning Up", source: "provisioner_daemon", "", now: now)
        change(id, at: now) { $0.job.completedAt = now }
        switch build.transition {
        case .start: addAgent(to: id, now: now)
        case .stop: count(id) { $0.stops += 1 }
        case .delete:
            count(id) { $0.deletes += 1 }
            markDeleted(build.workspaceID, at: now)
            effect(.removeFolder(workspace: build.workspaceID))
        }
        assignBuilders(now: now)
    }

    /// Terraform has stopped after a cancel.
    mutating func finishCancel(_ id: UUID, at now: Timestamp) {
        guard let build = builds[id], build.job.status == .canceling else { return }
        working.remove(id)
        change(id, at: now) { $0.job.completedAt = now }
        assignBuilders(now: now)
    }

    /// The workspace's time to live is over: it stops by itself.
    mutating func stopAtDeadline(_ id: UUID, at now: Timestamp) {
        guard let build = builds[id], let deadline = build.deadline, deadline <= now,
            let workspace = workspaces[build.workspaceID], workspace.deletedAt == nil, workspace.builds.last == id
        else { return }
        _ = addBuild(
            workspace: workspace.id,
            transition: .stop,
            parameters: build.parameters,
            reason: "autostop",
            now: now
        )
    }

    /// The workspace is gone, as if someone had deleted it behind everybody's back.
    mutating func vanish(_ id: UUID, now: Timestamp) throws(APIError) {
        let workspace = try workspace(id)
        if let build = latestBuild(of: workspace), build.job.status.isActive {
            queue.removeAll { $0 == build.id }
            working.remove(build.id)
            change(build.id, at: now) {
                $0.job.canceledAt = now
                $0.job.completedAt = now
            }
        }
        endAgent(of: id, now: now)
        markDeleted(id, at: now)
        effect(.removeFolder(workspace: id))
        assignBuilders(now: now)
    }

    mutating func log(
        _ build: UUID,
        _ stage: String,
        source: String = "provisioner",
        _ output: String,
        level: LogLevel = .info,
        now: Timestamp
    ) {
        let line = BuildLogLine(
            id: newLogID(),
            at: now,
            source: source,
            level: level,
            stage: stage,
            output: LogLimit.stored(output)
        )
        change(build, at: now) { $0.log.append(line) }
    }

    /// The place of each waiting job, from 1.
    var queuePositions: [UUID: Int] {
        var positions: [UUID: Int] = [:]
        for (index, build) in queue.enumerated() { positions[build] = index + 1 }
        return positions
    }
}
