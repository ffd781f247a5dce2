import Foundation
import SimulatorKit

/// The imitated Coder: every workspace, build and agent, as a value.
///
/// Requests and the time go in, answers and effects come out. It has no clock, starts no process and opens no file:
/// `Simulation` holds the one copy, tells it the time and carries its effects out.
struct World: Sendable {
    /// What is due later.
    enum Event: Equatable, Sendable {
        /// The provisioner is done with a build.
        case jobDone(build: UUID)
        /// Terraform has stopped after a cancel.
        case jobStopped(build: UUID)
        case agentConnects(build: UUID)
        /// The status becomes `timeout` without anything else happening.
        case agentOverdue(build: UUID)
        /// The pod is made anew.
        case agentRestarts(build: UUID)
        /// A script that only seems to run is over.
        case scriptEnds(build: UUID, run: UUID)
        case timingArrives(build: UUID, ScriptTiming)
        /// The workspace's time to live is over.
        case deadline(build: UUID)
    }

    /// What is to be done outside.
    enum Effect: Equatable, Sendable {
        /// Something is due at that time: call `advance` then.
        case wake(at: Timestamp)
        case startScript(ScriptRun)
        case killScripts(workspace: UUID)
        case removeFolder(workspace: UUID)
    }

    /// What happened for one incident.
    struct IncidentEffects: Equatable, Sendable {
        var creates = 0
        var scriptStarts = 0
        var stops = 0
        var deletes = 0
        /// When a script has last ended by itself.
        var scriptEndedAt: Timestamp?
        var workspaces: [UUID] = []
    }

    let organization: (id: UUID, name: String)
    let owner: (id: UUID, name: String)
    let templates: [Template]
    let deploymentID: UUID
    /// Where false, scripts are taken to end with 0, after the time that the faults say.
    let runsScripts: Bool
    var faults: CoderFaults

    private(set) var workspaces: [UUID: Workspace] = [:]
    private(set) var builds: [UUID: Build] = [:]
    /// By the id of the agent: its build.
    private(set) var agentBuilds: [UUID: UUID] = [:]
    /// By lower-case name: the workspace that has it now.
    private(set) var names: [String: UUID] = [:]
    var queue: [UUID] = []
    var working: Set<UUID> = []
    /// Builds whose agents wait for room to run their script.
    var waiting: [UUID] = []
    /// Scripts that run.
    var runs: Set<UUID> = []
    /// Builds that were begun while builds took for ever.
    var stuck: Set<UUID> = []
    var incidents: [String: IncidentEffects] = [:]
    private var agenda = Agenda<Event>()
    private var effects: [Effect] = []
    private var lastLogID: Int64 = 100
    private var random: SeededRandom

    /// A Coder without workspaces.
    init(templates names: [String], extraParameters: [String], runsScripts: Bool, faults: CoderFaults, seed: UInt64) {
        var random = SeededRandom(seed: seed)
        organization = (.random(&random), "coder")
        owner = (.random(&random), "admin")
        deploymentID = .random(&random)
        let parameters =
            Template.remediationParameters + extraParameters.map { TemplateParameter(name: $0, description: "") }
        templates = names.map { name in
            Template(id: .random(&random), versionID: .random(&random), name: name, parameters: parameters)
        }
        self.runsScripts = runsScripts
        self.faults = faults
        self.random = random
    }

    // MARK: Looking

    func template(_ id: UUID) -> Template? { templates.first { $0.id == id } }

    func latestBuild(of workspace: Workspace) -> Build? { workspace.builds.last.flatMap { builds[$0] } }

    /// The workspace, deleted or not.
    func workspace(_ id: UUID) throws(APIError) -> Workspace {
        guard let workspace = workspaces[id] else { throw .notFound }
        return workspace
    }

    func build(_ id: UUID) throws(APIError) -> Build {
        guard let build = builds[id] else { throw .notFound }
        return build
    }

    /// The build of an agent, which has one.
    func build(ofAgent id: UUID) throws(APIError) -> Build {
        guard let buildID = agentBuilds[id], let build = builds[buildID], build.agent != nil else { throw .notFound }
        return build
    }

    /// The workspace of that name, ignoring case; with `includeDeleted` the newest deleted one where none lives.
    func workspace(named name: String, includeDeleted: Bool) throws(APIError) -> Workspace {
        let key = name.lowercased()
        if let id = names[key], let workspace = workspaces[id] { return workspace }
        if includeDeleted {
            let former = workspaces.values.filter { $0.deletedAt != nil && $0.name.lowercased() == key }
            if let newest = former.max(by: { $0.createdAt < $1.createdAt }) { return newest }
        }
        throw .notFound
    }

    // MARK: Time

    /// Lets everything happen that is due, and says when there is more.
    mutating func advance(to now: Timestamp) {
        while let (time, event) = agenda.take(dueBy: now) { happen(event, at: time) }
        if let next = agenda.next { effects.append(.wake(at: next)) }
    }

    /// The effects since the last call, in order.
    mutating func takeEffects() -> [Effect] {
        defer { effects = [] }
        return effects
    }

    mutating func plan(_ event: Event, after delay: Delay, from now: Timestamp) {
        guard case .after(let duration) = delay else { return }
        let time = now.adding(duration)
        agenda.add(event, at: time)
        if agenda.next == time { effects.append(.wake(at: time)) }
    }

    private mutating func happen(_ event: Event, at time: Timestamp) {
        switch event {
        case .jobDone(let build): finishJob(build, at: time)
        case .jobStopped(let build): finishCancel(build, at: time)
        case .agentConnects(let build): connectAgent(build, at: time)
        case .agentOverdue(let build): touch(build: build, at: time)
        case .agentRestarts(let build): restartAgentIfStillThere(build, at: time)
        case .scriptEnds(let build, let run): endScript(run: run, of: build, outcome: .exited(0), now: time)
        case .timingArrives(let build, let timing): change(build, at: time) { $0.scriptTimings.append(timing) }
        case .deadline(let build): stopAtDeadline(build, at: time)
        }
    }

    // MARK: Changing

    mutating func effect(_ effect: Effect) { effects.append(effect) }

    mutating func newID() -> UUID { .random(&random) }

    /// Ids come from one sequence for all logs and have gaps, as PostgreSQL's do.
    mutating func newLogID() -> Int64 {
        lastLogID += 1 + Int64(random.next() % 3)
        return lastLogID
    }

    /// Changes a build, and marks its workspace as changed.
    mutating func change(_ build: UUID, at now: Timestamp, _ body: (inout Build) -> Void) {
        guard var changed = builds.removeValue(forKey: build) else { return }
        body(&changed)
        builds[build] = changed
        touch(build: build, at: now)
    }

    mutating func change(workspace id: UUID, at now: Timestamp, _ body: (inout Workspace) -> Void) {
        guard var changed = workspaces.removeValue(forKey: id) else { return }
        body(&changed)
        changed.updatedAt = max(changed.updatedAt, now)
        changed.revision += 1
        workspaces[id] = changed
    }

    private mutating func touch(build: UUID, at now: Timestamp) {
        guard let workspace = builds[build]?.workspaceID else { return }
        change(workspace: workspace, at: now) { _ in }
    }

    mutating func add(_ workspace: Workspace) {
        workspaces[workspace.id] = workspace
        names[workspace.name.lowercased()] = workspace.id
    }

    mutating func add(_ build: Build, at now: Timestamp) {
        builds[build.id] = build
        change(workspace: build.workspaceID, at: now) { $0.builds.append(build.id) }
    }

    mutating func index(agent: UUID, of build: UUID) { agentBuilds[agent] = build }

    /// A deleted workspace frees its name.
    mutating func markDeleted(_ id: UUID, at now: Timestamp) {
        guard let workspace = workspaces[id], workspace.deletedAt == nil else { return }
        names[workspace.name.lowercased()] = nil
        change(workspace: id, at: now) { $0.deletedAt = now }
    }

    /// Counts for the incident that a build belongs to.
    mutating func count(_ build: UUID, _ body: (inout IncidentEffects) -> Void) {
        let incident = builds[build]?.parameter("incident_id") ?? ""
        body(&incidents[incident, default: IncidentEffects()])
    }
}

/// One run of a script, as an order to whoever starts processes.
struct ScriptRun: Equatable, Sendable {
    let id: UUID
    let workspaceID: UUID
    let buildID: UUID
    /// The build's parameters, in upper case.
    let environment: [String: String]
    /// nil is no limit.
    let timeout: Duration?
    /// How often lines are sent.
    let logInterval: Duration
}
