import Ledger
import Messages

/// Coder: names that are taken until a workspace is deleted, builds that take time, scripts that start once after one.
final class SimulatedCoder: OutsideSystem {
    enum Transition: String { case start, stop, delete }
    enum Script: Hashable {
        case none, running
        /// The pod was made anew and the mark was there: what the script came to is not known.
        case interrupted
        case ended(isGood: Bool)
    }
    enum Creation { case made(Workspace), taken, refused }

    struct Workspace {
        var id: String
        var name: String
        var incident: String
        var attempt: Int
        var transition = Transition.start
        var isBuilding = true
        /// Whether the start build has failed or was cancelled.
        var hasFailed = false
        var build = 1
        var script = Script.none
        /// Whether it was made after the right to make it had ended.
        var isStray = false

        var words: String { "\(transition.rawValue) \(isBuilding ? "building" : "built") \(script)" }
    }

    private var workspaces: [Workspace] = []
    private var scriptStarts: [String: Int] = [:]
    private var wellEnded: Set<String> = []
    /// The attempts whose workspace somebody else has deleted, which frees its name.
    private var lost: Set<String> = []

    init(_ world: World) { super.init(world, name: "Coder") }

    func workspace(id: String) -> Workspace? { workspaces.first { $0.id == id } }

    func workspace(named name: String) -> Workspace? {
        workspaces.first { $0.name == name && ($0.transition != .delete || $0.isBuilding) }
    }

    /// The workspaces that are not deleted.
    var left: [Workspace] { workspaces.filter { $0.transition != .delete || $0.isBuilding } }

    /// Whether a script of the attempt has ended with 0, whatever became of its workspace since.
    func hasEndedWell(_ incident: String, attempt: Int) -> Bool { wellEnded.contains("\(incident) \(attempt)") }

    func create(_ name: String, for incident: String, attempt: Int, isStray: Bool) -> Creation {
        // A refusal for good says nothing about an earlier request that got through.
        if world.hasFault(world.conditions.refusals / 4) { return .refused }
        if workspace(named: name) != nil { return .taken }
        if world.story(of: incident).isRefused { return .refused }
        var workspace = Workspace(id: "w-\(workspaces.count + 1)", name: name, incident: incident, attempt: attempt)
        workspace.isStray = isStray
        world.note(
            "Coder makes \(workspace.id) of \(incident), attempt \(attempt)\(isStray ? ", long after it was asked to" : "")"
        )
        workspaces.append(workspace)
        after(world.dice.number(500...8000), workspace.id, build: 1) { [self, id = workspace.id] index in
            workspaces[index].isBuilding = false
            workspaces[index].hasFailed = world.story(of: incident).buildFails
            if !workspaces[index].hasFailed { startScript(id) }
        }
        return .made(workspace)
    }

    private func startScript(_ id: String) {
        let story = workspace(id: id).map { world.story(of: $0.incident) } ?? World.Story()
        after(story.agentDelay, id, build: 1) { [self] index in
            let incident = workspaces[index].incident
            workspaces[index].script = .running
            world.note("the script of \(incident) starts in \(id)")
            scriptStarts["\(incident) \(workspaces[index].attempt)", default: 0] += 1
            checkStart(workspaces[index])
            befall(id)
            guard let duration = story.scriptDuration else { return }
            after(duration, id, build: 1) { [self] index in
                guard workspaces[index].script == .running else { return }
                if story.scriptSucceeds { wellEnded.insert("\(incident) \(workspaces[index].attempt)") }
                workspaces[index].script = .ended(isGood: story.scriptSucceeds)
                world.note("the script of \(incident) ends")
            }
        }
    }

    /// What may happen to a workspace without anybody of ours asking for it.
    private func befall(_ id: String) {
        if world.hasFault(world.conditions.pods) {
            after(world.dice.number(100...8000), id, build: 1) { [self] index in
                world.note("the pod of \(id) is made anew")
                workspaces[index].script = .interrupted
                if world.mutation == .noMark { startScript(id) }
            }
        }
        if world.hasFault(world.conditions.losses) {
            after(world.dice.number(100...8000), id, build: 1) { [self] index in
                // One that the ledger has not heard of yet would free its name for a second one, which nobody can prevent.
                guard world.intake.store.incidents[workspaces[index].incident]?.workspace?.workspaceID == id else {
                    return
                }
                world.note("somebody deletes \(id)")
                lost.insert("\(workspaces[index].incident) \(workspaces[index].attempt)")
                workspaces[index].transition = .delete
                workspaces[index].build += 1
                workspaces[index].script = .none
            }
        }
    }

    private func checkStart(_ workspace: Workspace) {
        let incident = workspace.incident
        let attempt = "\(incident) \(workspace.attempt)"
        // A request that outlives its lease, and finds a name that somebody else has freed, nobody can call back.
        let isBeyondUs = workspace.isStray && lost.contains(attempt)
        if scriptStarts[attempt, default: 0] > 1 && !isBeyondUs {
            world.fail("I5: the script of attempt \(workspace.attempt) of \(incident) started twice")
        }
        let running = workspaces.filter { $0.incident == incident && $0.script == .running && !$0.isStray }
        if running.count > 1 {
            world.fail("I5: two scripts of \(incident) run at once")
        }
        // `unknown` says that something may still run; every other verdict says how it ended. A request that was on its
        // way for longer than any right nobody can call back: the sweep finds what it made.
        if let verdict = world.intake.store.verdict(of: incident, attempt: workspace.attempt), verdict != .unknown,
            !workspace.isStray
        {
            world.fail("I5: the script of \(incident) started in \(workspace.id) after the verdict \(verdict)")
        }
    }

    /// What is told as never made is not there; a request that outlives its lease nobody can know of.
    func checkRefusal(_ event: EventRecord) {
        guard event.data["workspace"] == nil,
            world.intake.store.verdict(of: event.incident, attempt: event.operatorAttempt) == .provisioningFailed,
            let made = left.first(where: {
                $0.incident == event.incident && $0.attempt == event.operatorAttempt && !$0.isStray
            })
        else { return }
        world.fail("I5: \(event.incident) was refused, the verdict says, and \(made.id) is there")
    }

    /// Asks for a build; false where another one is active.
    func build(_ transition: Transition, of id: String) -> Bool {
        guard let index = workspaces.firstIndex(where: { $0.id == id }), !workspaces[index].isBuilding else {
            return false
        }
        world.note("Coder is asked to \(transition.rawValue) \(id) of \(workspaces[index].incident)")
        checkEnd(workspaces[index])
        if transition == .delete { checkErasure(workspaces[index]) }
        workspaces[index].transition = transition
        workspaces[index].isBuilding = true
        workspaces[index].build += 1
        if workspaces[index].script == .running { workspaces[index].script = .none }
        after(world.dice.number(500...4000), id, build: workspaces[index].build) { [self] index in
            workspaces[index].isBuilding = false
        }
        return true
    }

    /// Cancels the start.
    func cancelBuild(of id: String) -> Bool {
        guard let index = workspaces.firstIndex(where: { $0.id == id }), workspaces[index].isBuilding,
            workspaces[index].transition == .start
        else { return false }
        world.note("Coder is asked to cancel the start of \(id)")
        checkEnd(workspaces[index])
        workspaces[index].build += 1
        workspaces[index].isBuilding = false
        workspaces[index].hasFailed = true
        return true
    }

    /// A workspace goes only after the verdict of its attempt, or where an end was asked for.
    private func checkEnd(_ workspace: Workspace) {
        guard let record = world.intake.store.incidents[workspace.incident] else { return }
        let isAccepted = record.workspace == nil || record.workspace?.workspaceID == workspace.id
        let isCurrent = record.operatorAttempt == workspace.attempt
        if isCurrent && isAccepted && !record.state.isTerminal && record.pendingEnd == nil {
            world.fail("I5: \(workspace.id) goes before the verdict of \(workspace.incident)")
        }
    }

    /// A name is free again only when no request that had the right to it can come any more.
    private func checkErasure(_ workspace: Workspace) {
        let rightEnds = world.handOuts.creationRightEnds(of: workspace.incident, attempt: workspace.attempt)
        guard world.wall < rightEnds + SimulatedIntake.hold else { return }
        world.fail("I5: \(workspace.id) of \(workspace.incident) is erased before its hold has passed")
    }

    private func after(_ delay: Int64, _ id: String, build: Int, _ body: @escaping (Int) -> Void) {
        world.after(delay) { [self] in
            guard let index = workspaces.firstIndex(where: { $0.id == id && $0.build == build }) else { return }
            body(index)
        }
    }
}
