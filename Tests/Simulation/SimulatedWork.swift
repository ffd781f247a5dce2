import Messages
import StageKit

/// One delivery in the hand of a process, and what its stage does with it step by step.
final class SimulatedWork {
    let process: SimulatedProcess
    let delivery: Delivery
    let begunAt: Int64
    private var isOver = false
    /// Whether an effect outside was begun: what was cut off may still take effect, so it is left to its lease.
    private var hasBegun = false

    init(_ process: SimulatedProcess, _ delivery: Delivery) {
        self.process = process
        self.delivery = delivery
        begunAt = process.world.time
    }

    var world: World { process.world }
    var incident: String { delivery.incidentID }
    var attempt: Int { delivery.context.operatorAttempt }
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
        if process.clock < delivery.expiryTime.milliseconds || world.mutation == .ignoresExpiry {
            hasBegun = true
            return true
        }
        giveBack("out of time")
        return false
    }

    func done(_ events: [CausedEvent?]) { settle(.done(events.compactMap(\.self))) }

    func retry(_ message: String) { settle(.failed(.init(code: "sim", message: message, retryable: true))) }

    func settle(_ outcome: Outcome) {
        guard !isOver else { return }
        isOver = true
        process.finish(self, outcome)
    }

    func giveBack(_ reason: String) {
        guard hasBegun, world.mutation != .returnsBegun else { return settle(.returned(reason: reason)) }
        isOver = true
        process.leave(self)
    }

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
            return try delivery.event.content() as Content
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
        let deadline = delivery.context.acceptedAt + .seconds(60)
        // Well after the time in which a decision must be there.
        guard deadline > now else { return world.fail("\(incident) is too old to be begun, attempt \(attempt)") }
        let plan = Plan(
            playbook: "p",
            template: "t",
            timeoutSeconds: 20,
            deadline: deadline,
            retentionSeconds: 5,
            provisionSeconds: 30
        )
        done([event(IncidentApproved(plan: plan))])
    }
}
