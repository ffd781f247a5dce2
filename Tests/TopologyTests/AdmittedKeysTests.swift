import Testing

@testable import Topology

/// The file of the keys that are let in.
@Suite(.timeLimit(.minutes(3)))
struct AdmittedKeysTests {
    /// A key of every kind of character that Z85 has, the awkward ones first.
    private static let first = "#:.-=+^!/*?&<>()[]{}@%$abcdefghijklmnopq"
    private static let second = String(repeating: "Z", count: 40)

    private static func problems(_ text: String) -> [String] {
        do {
            _ = try AdmittedKeys.parse(text: text, file: "admitted")
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func linesAreNamesAndAKey() throws {
        let text =
            "# a comment\n\nvalidator \(Self.first)\r\n  reporter,log-collector\t\(Self.second)  \n#validator x y z\n"
        let admitted = try AdmittedKeys.parse(text: text, file: "admitted")
        #expect(admitted.names == [Self.first: ["validator"], Self.second: ["reporter", "log-collector"]])
    }

    @Test(arguments: [
        ("", "admitted:1:1: no key"), ("# only words\n", "no key"), ("validator\n", "admitted:1:1: 1 words"),
        ("\n\nvalidator x y\n", "admitted:3:1: 3 words"), ("validator short\n", "no public key"),
        ("validator \(second)x\n", "no public key"), ("Validator \(second)\n", "are no names"),
        (",validator \(second)\n", "are no names"), ("* \(second)\n", "are no names"),
        ("validator \(second)\nreporter \(second)\n", "admitted:2:1: the key stands in an earlier line"),
        ("validator \(String(repeating: "~", count: 40))\n", "no public key"),
        ("validator \(String(repeating: "é", count: 20))\n", "no public key"),
    ])
    func whatIsWrongIsTold(text: String, says: String) {
        let problems = Self.problems(text)
        #expect(problems.contains { $0.contains(says) }, "\(problems)")
    }

    @Test func whatMayBeASecretIsNotRepeated() {
        let secret = String(repeating: "s3cret", count: 7)
        for text in ["validator \(secret)", "validator key \(secret)"] {
            #expect(!Self.problems(text).isEmpty)
            #expect(!Self.problems(text).contains { $0.contains(secret) })
        }
    }

    @Test func whereTheKeysAre() throws {
        let plain = try Topology.parse(text: Samples.topology, file: "/t/t.yaml", data: "/d")
        #expect(plain.curve == nil)
        let text = Samples.topology("name: test", "name: test\ncurve: {}")
        let curve = try #require(try Topology.parse(text: text, file: "/t/t.yaml", data: "/d").curve)
        #expect(curve.secretFile(of: "intake") == "/d/secrets/curve/intake.secret")
        #expect(curve.publicFile(of: "intake") == "/d/secrets/curve/intake.public")
        #expect(curve.admittedFile == "/d/secrets/curve/admitted")
        let given = Samples.topology("name: test", "name: test\ncurve: { keys: k, admitted_file: \"{data}/a\" }")
        let other = try #require(try Topology.parse(text: given, file: "/t/t.yaml", data: "/d").curve)
        #expect(other == CurveConfiguration(keys: "/t/k", admittedFile: "/d/a"))
    }

    /// Beyond the machine without keys it is doubtful, with them it is right.
    @Test func socketsBeyondTheMachine() {
        let text = Samples.topology("secrets: true", "secrets: true\n    deliveries: tcp://10.0.0.1:7000")
        #expect(Samples.problems(text).map(\.severity) == [.warning])
        #expect(Samples.problems("curve: {}\n" + text).isEmpty)
    }
}
