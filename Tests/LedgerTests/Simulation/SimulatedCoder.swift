import Ledger
import Messages

/// Coder: names that are taken until a workspace is deleted, builds that take time, scripts that start once after one.
final class SimulatedCoder: OutsideSystem {
    enum Transition: String { case start, stop, delete }
    enum Script: Hashable {
        case none, running
        case ended(isGood: Bool)
    }
    enum Creation { case made(Workspace), taken, refused }

    struct Workspace {
        var id: String
        var name: String
        var incident: String
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

    init(_ world: World) { super.init(world, name: "Coder") }

    func workspace(id: String) -> Workspace? { workspaces.first { $0.id == id } }

    func workspace(named name: String) -> Workspace? {
        workspaces.first { $0.name == name && ($0.transition != .delete || $0.isBuilding) }
    }

    /// The workspaces that are not deleted.
    var left: [Workspace] { workspaces.filter { $0.transition != .delete || $0.isBuilding } }

    func hasEndedWell(_ incident: String) -> Bool {
        workspaces.contains { $0.incident == incident && $0.script == .ended(isGood: true) }
    }

    func create(_ name: String, for incident: String, isStray: Bool) -> Creation {
        if workspace(named: name) != nil { return .taken }
        if world.story(of: incident).isRefused || world.hasFault(world.conditions.refusals / 4) { return .refused }
        var workspace = Workspace(id: "w-\(workspaces.count + 1)", name: name, incident: incident)
        workspace.isStray = isStray
        world.note("Coder makes \(workspace.id) of \(incident)\(isStray ? ", long after it was asked to" : "")")
        workspaces.append(workspace)
        after(world.dice.number(500...8000), workspace.id, build: 1) { [self, id = workspace.id] index in
            workspaces[index].isBuilding = false
            workspaces[index].hasFailed = world.story(of: incident).buildFails
            if !workspaces[index].hasFailed { startScript(id) }
        }
        return .made(workspace)
    }

    private func startScript(_ id: String) {
        after(world.dice.number(100...2000), id, build: 1) { [self] index in
            let incident = workspaces[index].incident
            workspaces[index].script = .running
            world.note("the script of \(incident) starts in \(id)")
            scriptStarts[incident, default: 0] += 1
            checkStart(workspaces[index])
            let story = world.story(of: incident)
            guard let duration = story.scriptDuration else { return }
            after(duration, id, build: 1) { [self] index in
                workspaces[index].script = .ended(isGood: story.scriptSucceeds)
                world.note("the script of \(incident) ends")
            }
        }
    }

    private func checkStart(_ workspace: Workspace) {
        let incident = workspace.incident
        if scriptStarts[incident, default: 0] > 1 { world.fail("I5: the script of \(incident) started twice") }
        if workspaces.count(where: { $0.incident == incident && $0.script == .running }) > 1 {
            world.fail("I5: two scripts of \(incident) run at once")
        }
        // `unknown` says that something may still run; every other verdict says how it ended. A request that was on its
        // way for longer than any right nobody can call back: the sweep finds what it made.
        if let verdict = world.intake.store.incidents[incident]?.verdict, verdict != .unknown, !workspace.isStray {
            world.fail("I5: the script of \(incident) started in \(workspace.id) after the verdict \(verdict)")
        }
    }

    /// Asks for a build; false where another one is active.
    func build(_ transition: Transition, of id: String) -> Bool {
        guard let index = workspaces.firstIndex(where: { $0.id == id }), !workspaces[index].isBuilding else {
            return false
        }
        world.note("Coder is asked to \(transition.rawValue) \(id) of \(workspaces[index].incident)")
        checkEnd(workspaces[index])
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
        if isAccepted && !record.state.isTerminal && record.pendingEnd == nil {
            world.fail("I5: \(workspace.id) goes before the verdict of \(workspace.incident)")
        }
    }

    private func after(_ delay: Int64, _ id: String, build: Int, _ body: @escaping (Int) -> Void) {
        world.after(delay) { [self] in
            guard let index = workspaces.firstIndex(where: { $0.id == id && $0.build == build }) else { return }
            body(index)
        }
    }
}
