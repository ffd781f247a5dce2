import TestSupport
import Testing

@testable import ChaosKit

@Suite(.timeLimit(.minutes(1))) struct ScheduleTests {
    @Test func theSameSeedGivesTheSameSchedule() {
        #expect(Schedule(seed: 7, length: 600_000) == Schedule(seed: 7, length: 600_000))
        #expect(Schedule(seed: 7, length: 600_000).steps != Schedule(seed: 9, length: 600_000).steps)
    }

    /// Written down, so that a seed stays a seed from one day and machine to the next.
    @Test func aSeedIsWorthTheSameForGood() {
        var random = SeededGenerator(seed: 1_234_567)
        // The first three numbers of SplitMix64 with this seed, from its author's program.
        #expect(
            [random.next(), random.next(), random.next()] == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ]
        )
    }

    @Test(arguments: 1...40) func aLongRunHasEverything(seed: UInt64) {
        let kinds = Set(Schedule(seed: seed, length: 1_800_000).steps.map(\.fault.kind))
        for kind in [
            "kill one", "kill several", "restart storm", "freeze one", "freeze several", "Coder: process stopped",
            "incident API: down", "ledger's disk full", "ledger read-only", "wall clock shifted",
        ] {
            #expect(kinds.contains(kind))
        }
        for outside in Fault.Outside.allCases {
            for fault in AnswerFault.allCases { #expect(kinds.contains("\(outside.name): \(fault.words)")) }
        }
    }

    @Test(arguments: 1...40) func faultsKeepTheirBounds(seed: UInt64) {
        let schedule = Schedule(seed: seed, length: 600_000)
        #expect(schedule.steps.map(\.at) == schedule.steps.map(\.at).sorted())
        for step in schedule.steps {
            #expect(step.at < schedule.length)
            #expect(step.ends <= schedule.length)
            switch step.fault {
            case .kill(let members), .storm(let members, _): #expect(members.allSatisfy(Cast.members.contains))
            case .freeze(let members):
                #expect(members.allSatisfy(Cast.members.contains))
                #expect(step.lasts <= Schedule.longestFreeze)
            case .silence: #expect(step.lasts <= Schedule.longestFreeze)
            case .clock(Cast.intake, let offset): #expect(abs(offset) <= Schedule.longestIntakeShift)
            default: break
            }
        }
    }

    /// Two faults of one thing would undo each other.
    @Test(arguments: 1...40) func noThingHasTwoFaultsAtOnce(seed: UInt64) {
        let steps = Schedule(seed: seed, length: 600_000).steps
        for resource in Set(steps.compactMap(\.fault.resource)) {
            let own = steps.filter { $0.fault.resource == resource }
            #expect(zip(own, own.dropFirst()).allSatisfy { $0.ends < $1.at })
        }
    }

    /// The hold outlasts a create that is frozen on its way twice, and a clock that is ahead: else a create that comes
    /// late could find its name free again, and that would be this run's fault.
    @Test func theHoldOutlastsWhatIsDone() {
        #expect(
            RunTopology.hold * 1000 > 2 * Schedule.longestFreeze + Schedule.longestIntakeShift + Int(RunTopology.lease)
                - 2000
        )
    }

    @Test(arguments: 1...40) func withoutKeysNothingIsFrozenBetweenALookAndItsCall(seed: UInt64) {
        let schedule = Schedule(seed: 2 * seed + 1, length: 600_000)
        #expect(schedule.reporting == .look)
        for step in schedule.steps {
            if case .freeze(let members) = step.fault {
                #expect(members.allSatisfy { !$0.hasPrefix("reporter") })
            }
            #expect(step.fault != .silence(.incidents))
        }
    }
}
