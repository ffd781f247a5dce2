import Foundation
import Logging
import ServiceLifecycle
import SimulatorKit
import Synchronization

/// Carries the world's effects out: it starts and kills scripts, removes folders, and wakes the world in time.
struct ScriptRunner: Service {
    private let simulation: Simulation
    /// The script of every start; nil where none is run.
    private let script: String?
    /// The folder of all workspaces of this process; gone with it.
    private let folder: String
    private let logger: Logger
    private let running = Running()

    /// Which scripts run in which workspace.
    private final class Running: Sendable {
        let processes = Mutex<[UUID: [UUID: ScriptProcess]]>([:])
        /// Workspaces whose folder goes when their last script has.
        let doomed = Mutex<Set<UUID>>([])
        /// When the world is woken, as far as that is arranged.
        let wakes = Mutex<Set<Timestamp>>([])
    }

    init(simulation: Simulation, script: String?, folder: String, logger: Logger) {
        self.simulation = simulation
        self.script = script
        self.folder = folder
        self.logger = logger
    }

    /// Works until a graceful shutdown, then kills every script and removes every folder.
    func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for await effect in simulation.effects { carryOut(effect, in: &group) }
                killAll()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            simulation.end()
        }
        killAll()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func carryOut(_ effect: World.Effect, in group: inout DiscardingTaskGroup) {
        switch effect {
        case .wake(let time):
            // A sleeper for the next moment, not one for every moment: a group's tasks are a list that is searched. When
            // it has woken the world, that says when the next one is.
            let isNext = running.wakes.withLock { wakes in
                wakes.contains { $0 <= time } ? false : wakes.insert(time).inserted
            }
            if isNext { group.addTask { await wake(at: time) } }
        case .startScript(let run):
            let process = ScriptProcess()
            running.processes.withLock { $0[run.workspaceID, default: [:]][run.id] = process }
            group.addTask { await self.run(run, as: process) }
        case .killScripts(let workspace):
            for process in running.processes.withLock({ $0[workspace] ?? [:] }).values { process.kill() }
        case .removeFolder(let workspace):
            running.doomed.withLock { _ = $0.insert(workspace) }
            removeFolderIfDoomed(workspace)
        }
    }

    private func wake(at time: Timestamp) async {
        while true {
            let left = time.since(.now())
            if left <= .zero { break }
            guard (try? await Task.sleep(for: left)) != nil else { return }
        }
        running.wakes.withLock { _ = $0.remove(time) }
        simulation.advance()
    }

    private func run(_ run: ScriptRun, as process: ScriptProcess) async {
        let home = "\(folder)/\(run.workspaceID.text)"
        var environment = run.environment
        environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        environment["MENDLINE_HOME"] = home
        let batches = LogBatches()
        do {
            guard let script else { throw CocoaError(.fileNoSuchFile) }
            try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
            await withDiscardingTaskGroup { group in
                group.addTask {
                    // Lines go out once an interval, so the last ones come after the lifecycle has changed.
                    for await lines in batches.flushes(every: run.logInterval) {
                        update { $0.appendLog(run: run.id, of: run.buildID, lines: lines, now: $1) }
                    }
                }
                await process.run(
                    path: script,
                    environment: environment,
                    folder: home,
                    timeout: run.timeout,
                    lines: { level, lines in batches.add(level, lines) },
                    ended: { outcome in
                        batches.finish()
                        update { $0.endScript(run: run.id, of: run.buildID, outcome: outcome, now: $1) }
                    }
                )
            }
        } catch {
            logger.error(
                "workspace folder cannot be made",
                metadata: ["folder": "\(home)", "error": "\(error)"]
            )
            update { $0.endScript(run: run.id, of: run.buildID, outcome: .notStarted, now: $1) }
        }
        running.processes.withLock {
            $0[run.workspaceID]?[run.id] = nil
            if $0[run.workspaceID]?.isEmpty == true { $0[run.workspaceID] = nil }
        }
        removeFolderIfDoomed(run.workspaceID)
    }

    private func update(_ body: (inout World, Timestamp) -> Void) {
        // The body throws nothing.
        try? simulation.update { world, now throws(APIError) in body(&world, now) }
    }

    private func killAll() {
        for processes in running.processes.withLock({ $0 }).values {
            for process in processes.values { process.kill() }
        }
    }

    private func removeFolderIfDoomed(_ workspace: UUID) {
        guard running.processes.withLock({ $0[workspace] == nil }),
            running.doomed.withLock({ $0.remove(workspace) != nil })
        else { return }
        try? FileManager.default.removeItem(atPath: "\(folder)/\(workspace.text)")
    }
}
