import Ledger
import Messages

/// One delivery in the hand of a process, and what its stage does with it step by step.
final class SimulatedWork {
    let process: SimulatedProcess
    let delivery: SimulatedDelivery
    private var isOver = false

    init(_ process: SimulatedProcess, _ delivery: SimulatedDelivery) {
        self.process = process
        self.delivery = delivery
    }

    var world: World { process.world }
    var incident: String { delivery.incident }
    var now: Timestamp { Timestamp(milliseconds: process.clock) }

    func begin() {
        let delay = world.dice.chance(10) ? world.dice.number(500...9000) : world.dice.number(1...100)
        step(after: delay) { [self] in
            switch process.stage {
            case "validator": validate()
            case "provisioner": provision()
            case "log-collector": watch()
            default: report()
            }
        }
    }

    /// The next step, unless it was given back meanwhile.
    func step(after delay: Int64, _ body: @escaping () -> Void) {
        process.later(delay) { [self] in if !isOver { body() } }
    }

    /// Asks an outside system, whose answer comes back to this process.
    func ask<Answer>(
        _ system: OutsideSystem,
        _ effect: @escaping () -> Answer,
        _ then: @escaping (Reply<Answer>) -> Void
    ) {
        process.startle()
        system.call(effect) { [self] reply in
            process.whenAwake { [self] in if !isOver { then(reply) } }
        }
    }

    /// Whether an outside effect may begin now; where not, the delivery is given back.
    func mayAct() -> Bool {
        if process.clock < delivery.order.expiryTime.milliseconds || world.mutation == .ignoresExpiry { return true }
        settle(.returned(reason: "out of time"))
        return false
    }

    func done(_ events: [CausedEvent?]) { settle(.done(events.compactMap(\.self))) }

    func retry(_ message: String) { settle(.failed(.init(code: "sim", message: message, retryable: true))) }

    func settle(_ outcome: Outcome) {
        guard !isOver else { return }
        isOver = true
        process.finish(self, outcome)
    }

    func giveBack() { settle(.returned(reason: "shutting down")) }

    func event(_ content: some EventData, notBefore: Timestamp? = nil) -> CausedEvent? {
        do throws(MessageError) {
            return try CausedEvent(content, notBefore: notBefore)
        } catch {
            world.fail("the simulation is wrong: \(error)")
            return nil
        }
    }

    func content<Content: EventData>(_: Content.Type) -> Content? {
        do throws(MessageError) {
            return try delivery.event.data.decoded(as: Content.self)
        } catch {
            world.fail("\(delivery.event.type) cannot be read: \(error)")
            return nil
        }
    }

    private func validate() {
        if world.hasFault(world.conditions.unavailable / 2) { return retry("the policy cannot be read") }
        guard world.story(of: incident).isApproved else {
            return done([event(IncidentDeclined(reasons: [Reason(code: "no", message: "not by machine")]))])
        }
        let plan = Plan(
            playbook: "p",
            template: "t",
            timeoutSeconds: 20,
            deadline: now + .seconds(60),
            retentionSeconds: 5,
            provisionSeconds: 30
        )
        done([event(IncidentApproved(plan: plan))])
    }
}
