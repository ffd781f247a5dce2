import Foundation
import Glibc

/// How many cases of which seeds are run: what the environment says.
///
/// - `FUZZ_SECONDS`: how long all subjects together; a small fixed number of cases each without it.
/// - `FUZZ_SEED`: the one case to run again, as it was told.
/// - `FUZZ_SUBJECT`: only this one.
///
/// What is empty counts as not said.
enum Cases {
    /// Cases of each subject where nothing else is said: some seconds in all.
    private static let slice = 150

    private static let environment = ProcessInfo.processInfo.environment

    static let seconds: Int? = said("FUZZ_SECONDS").flatMap { Int($0) }

    static let subjects: [Subject] =
        said("FUZZ_SUBJECT").map { name in Subject.all.filter { $0.name == name } } ?? Subject.all

    /// The minutes that the test may take.
    static let minutes: Int = 3 + (seconds ?? 0) / 30

    private static func said(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// What is said and means nothing: a run would be one of other cases, or of none, and green.
    static func mistakes(in environment: [String: String]) -> [String] {
        var found: [String] = []
        func check(_ name: String, wanted: String, _ isGood: (String) -> Bool) {
            guard let text = environment[name], !text.isEmpty, !isGood(text) else { return }
            found.append("\(name)=\(text) is not \(wanted)")
        }
        check("FUZZ_SUBJECT", wanted: "one of \(Subject.all.map(\.name).joined(separator: ", "))") {
            Subject.named($0) != nil
        }
        check("FUZZ_SEED", wanted: "a seed as a failure tells it") { seed($0) != nil }
        check("FUZZ_SECONDS", wanted: "a number of seconds") { (Int($0) ?? 0) > 0 }
        return found
    }

    /// A run's first seed: fresh each time, since every case that fails tells its own.
    static func freshSeed() -> UInt64 { UInt64.random(in: 1...UInt64.max) }

    /// A seed as it is told: `0x` and hexadecimal digits.
    static func seed(_ text: String) -> UInt64? {
        text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
    }

    /// Runs cases of a subject in this process, which ends at the first that fails; for child processes.
    static func run(_ name: String, from first: UInt64, report: String) {
        guard let subject = Subject.named(name) else { fatalError("there is no subject \(name)") }
        let again = said("FUZZ_SEED").flatMap { seed($0) }
        guard again != nil || said("FUZZ_SEED") == nil else { fatalError("FUZZ_SEED is no seed") }
        Watch.begin(report: report)
        if let again { return run(subject, again) }
        var dice = Dice(seed: first)
        guard let seconds = Cases.seconds else {
            for _ in 0..<slice { run(subject, dice.next()) }
            return
        }
        let end = ContinuousClock.now + .seconds(seconds) / subjects.count
        var count = 0
        while ContinuousClock.now < end {
            run(subject, dice.next())
            count += 1
        }
        print("fuzz: \(name): \(count) cases")
        fflush(nil)
    }

    private static func run(_ subject: Subject, _ seed: UInt64) {
        Watch.note(seed)
        do {
            try subject.take(subject.input(seed))
        } catch {
            Watch.fail("\(error)")
        }
    }
}
