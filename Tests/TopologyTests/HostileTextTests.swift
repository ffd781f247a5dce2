import Foundation
import Testing

@testable import Topology

/// Files made to hurt whoever reads them: bounded time, bounded memory, one clear error.
@Suite(.timeLimit(.minutes(3)))
struct HostileTextTests {
    /// Nine levels of nine aliases: 9⁹ values, were they written out.
    static let bomb: String = {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        return text
    }()

    @Test func aliasesThatMultiply() {
        let problems = Samples.problems(Self.bomb)
        #expect(problems.count == 1)
        #expect(problems.first?.message.contains("aliases") == true)
        #expect(problems.first?.line == 3)
    }

    /// As few aliases as are allowed, as large a leaf as fits: the limit on values ends it.
    @Test func fewAliasesOfMuch() {
        var text = "a0: &a0 [" + Array(repeating: "x", count: 20_000).joined(separator: ",") + "]\n"
        for level in 1...5 {
            text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1), *a\(level - 1)]\n"
        }
        let problems = Samples.problems(text)
        #expect(problems.count == 1)
        #expect(problems.first?.message.contains("values") == true)
    }

    @Test func anAliasAsAKey() {
        #expect(!Samples.problems(Self.bomb + "? *a9\n: x\n").isEmpty)
    }

    @Test(arguments: ["[", "{a: ", "- ", "? "])
    func depth(_ opening: String) {
        let problems = Samples.problems(String(repeating: opening, count: 100_000))
        #expect(problems.count == 1)
        #expect(problems.first?.message.hasPrefix("not YAML") == true)
    }

    @Test func starsAreNoAliases() {
        let globs = (0..<100).map { "\"*-\($0)\", \"a *b\"" }.joined(separator: ", ")
        let problems = Samples.policyProblems(
            Samples.policy(#"["payment-*"]"#, "[\(globs)]  # *a *b *c")
        )
        // What stands in quotes after a space counts, so many of these are too many; but never a glob by itself.
        #expect(problems.first?.message.contains("aliases") == true)
        let plain = (0..<100).map { "\"*-\($0)\"" }.joined(separator: ", ")
        #expect(Samples.policyProblems(Samples.policy(#"["payment-*"]"#, "[\(plain)]")) == [])
        let comments = String(repeating: "# *a* *b*\n", count: 100)
        #expect(Samples.problems(comments + Samples.topology) == [])
    }

    /// Cuts and changes at every place: always an answer, never a crash.
    @Test func damagedAnywhere() throws {
        let scalars = Array(Samples.topology.unicodeScalars)
        for index in scalars.indices {
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars[..<index])
            _ = Samples.problems(String(text))
            for wedge in ["\"", "{", "&a ", "*a", "\t", "\u{FEFF}", "|\n", ": "] {
                _ = Samples.problems(String(text) + wedge + String(String.UnicodeScalarView(scalars[index...])))
            }
        }
    }

    @Test func files() throws {
        try Samples.withFolder { folder in
            func told(_ name: String) -> ConfigurationProblem? {
                do {
                    _ = try Topology.load(path: folder + "/" + name, data: folder)
                    return nil
                } catch {
                    return error.problems.first
                }
            }
            #expect(told("missing.yaml")?.message.contains("there is no such file") == true)
            #expect(told("")?.message == "not a file")
            try Data(repeating: 0x23, count: 1 << 20).write(to: URL(fileURLWithPath: folder + "/most.yaml"))
            #expect(told("most.yaml")?.message == "the file is empty")
            try Data(repeating: 0x23, count: 1 << 20 + 1).write(to: URL(fileURLWithPath: folder + "/large.yaml"))
            #expect(told("large.yaml")?.message == "larger than 1 MiB")
            try (Data("version: 1\nname: \"".utf8) + Data([0xFF, 0x22])).write(
                to: URL(fileURLWithPath: folder + "/latin.yaml")
            )
            #expect(told("latin.yaml")?.description == "\(folder)/latin.yaml:2:1: not UTF-8; save the file as UTF-8")
            #expect(mkfifo(folder + "/pipe.yaml", 0o600) == 0)
            #expect(told("pipe.yaml")?.message == "not a file")
            try Data(Samples.topology.utf8).write(to: URL(fileURLWithPath: folder + "/good.yaml"))
            #expect(told("good.yaml") == nil)
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/link.yaml",
                withDestinationPath: folder + "/good.yaml"
            )
            #expect(told("link.yaml") == nil)
        }
    }
}
