import Glibc

/// Runs the processes of a plan until it is asked to stop: the shell around `Supervision`.
struct Supervisor: Sendable {
    private enum Input: Sendable {
        case started(String, pid_t)
        case announced(String)
        case ended(String, Supervision.End)
        case tick
        case stop
    }

    let plan: LaunchPlan
    let host: ProcessHost
    let logs: [String: ProcessLog]
    var rules = Supervision.Rules()
    private let inputs: AsyncStream<Input>
    private let feed: AsyncStream<Input>.Continuation

    init(plan: LaunchPlan, host: ProcessHost, logs: [String: ProcessLog]) {
        self.plan = plan
        self.host = host
        self.logs = logs
        (inputs, feed) = AsyncStream.makeStream()
    }

    /// Asks for the end; asked a second time, at once.
    func stop() { feed.yield(.stop) }

    /// Starts everything and returns when, after a stop, nothing runs any more.
    ///
    /// - Parameter say: called with what happened and how all stand.
    func run(_ say: (Supervision.Notice, _ statuses: [Supervision.Status], _ hasStartedAll: Bool) -> Void) async {
        let specs = Dictionary(uniqueKeysWithValues: plan.waves.flatMap { $0 }.map { ($0.name, $0) })
        var machine = Supervision(
            waves: plan.waves.map { $0.map { .init(name: $0.name, announces: $0.announces) } },
            stopOrder: plan.stopOrder,
            rules: rules
        )
        let start = ContinuousClock.now
        func now() -> Duration { start.duration(to: .now) }
        await withDiscardingTaskGroup { group in
            let feed = feed
            group.addTask {
                while (try? await Task.sleep(for: .milliseconds(100))) != nil { feed.yield(.tick) }
            }
            func perform() {
                for action in machine.takeActions() {
                    switch action {
                    case .start(let name):
                        guard let spec = specs[name], let log = logs[name] else { continue }
                        let host = host
                        group.addTask {
                            let end = await host.run(
                                spec,
                                log: log,
                                started: { feed.yield(.started(name, $0)) },
                                announced: { _ in feed.yield(.announced(name)) }
                            )
                            feed.yield(.ended(name, end))
                        }
                    case .terminate(let name): host.signal(name, SIGTERM)
                    case .kill(let name): host.signal(name, SIGKILL)
                    }
                }
                for notice in machine.takeNotices() { say(notice, machine.statuses, machine.hasStartedAll) }
            }
            machine.begin(at: now())
            perform()
            for await input in inputs {
                switch input {
                case .started(let name, let pid): machine.started(name, pid: pid, at: now())
                case .announced(let name): machine.announced(name, at: now())
                case .ended(let name, let end): machine.ended(name, end, at: now())
                case .tick: machine.tick(at: now())
                case .stop: machine.stop(at: now())
                }
                perform()
                if machine.isFinished { break }
            }
            group.cancelAll()
        }
    }
}
