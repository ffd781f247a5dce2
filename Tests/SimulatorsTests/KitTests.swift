import Foundation
import SimulatorKit
import Testing

/// What both simulators are made of.
@Suite struct KitTests {
    @Test(arguments: [
        ("200ms", Delay.after(.milliseconds(200))), ("1.5s", .after(.milliseconds(1500))),
        ("2m", .after(.seconds(120))),
        ("1h", .after(.seconds(3600))), ("0", .none), ("never", .never),
    ])
    func `delays are read`(text: String, delay: Delay) {
        #expect(Delay(text) == delay)
        #expect(Delay(delay.text) == delay)
    }

    @Test(arguments: ["", "5", "-1s", "1 s", "s", "1d", "soon", "1e3s"])
    func `what is no delay is refused`(text: String) {
        #expect(Delay(text) == nil)
    }

    @Test(arguments: [
        ("127.0.0.1:0", ListenAddress(host: "127.0.0.1", port: 0)), ("[::1]:80", .init(host: "::1", port: 80)),
        ("localhost:65535", .init(host: "localhost", port: 65535)),
    ])
    func `addresses are read`(text: String, address: ListenAddress) {
        #expect(ListenAddress(argument: text) == address)
        #expect(address.defaultValueDescription == text)
    }

    @Test(arguments: ["", "8080", ":80", "a:", "a:65536", "::1:80", "a:b"])
    func `what is no address is refused`(text: String) {
        #expect(ListenAddress(argument: text) == nil)
    }

    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.000000Z"), (1_765_274_400_123_456, "2025-12-09T10:00:00.123456Z"),
        (951_782_399_999_999, "2000-02-28T23:59:59.999999Z"), (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.999999Z"), (4_102_444_800_000_000, "2100-01-01T00:00:00.000000Z"),
    ])
    func `times are written in UTC with microseconds`(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).description == text)
        #expect(Timestamp(rfc3339: text).map { abs($0.microseconds - microseconds) < 1_000 } == true)
    }

    @Test func `JSON is written so that others can read it`() throws {
        let value: JSON = [
            "text": "a\"\\\n\u{1}ä", "nothing": .null, "absent": .absent, "list": [1, true, .number(1.5)],
            "object": ["a": .written(Array("[2]".utf8))],
        ]
        let read = try JSONDecoder().decode(Tree.self, from: Data(value.bytes))
        #expect(read["text"]?.text == "a\"\\\n\u{1}ä")
        #expect(read.names == ["text", "nothing", "list", "object"])
        #expect(read.at("object.a.0")?.int == 2)
    }

    @Test func `faults touch what they are for and count down`() {
        var faults = AnswerFaults()
        faults.cutRate = .all
        faults.holdAnswer = .after(.seconds(1))
        faults.onlyMethod = "POST"
        faults.onlyPath = "/comments"
        faults.times = 1
        var random = SystemRandomNumberGenerator()
        #expect(faults.plan(method: "GET", path: "/a/comments", random: &random) == .good)
        #expect(faults.plan(method: "POST", path: "/a", random: &random) == .good)
        let plan = faults.plan(method: "POST", path: "/a/comments", random: &random)
        #expect(plan.spoiling == .cut)
        #expect(plan.hold == .after(.seconds(1)))
        #expect(faults.times == 0)
        #expect(faults.plan(method: "POST", path: "/a/comments", random: &random) == .good)
    }

    @Test func `a rate hits its share`() {
        var random = SystemRandomNumberGenerator()
        let hits = (0..<10_000).filter { _ in Rate(0.25)?.hits(&random) == true }.count
        #expect((2_000...3_000).contains(hits))
        #expect(Rate(1.5) == nil)
    }

    @Test(arguments: [
        ("{\"error_rate\": 2}", "error_rate"), ("{\"hold_answer\": \"soon\"}", "hold_answer"),
        ("{\"no_such\": 1}", "no_such"), ("[]", "object"), ("{\"error_status\": 200}", "error_status"),
        ("{\"times\": \"x\"}", "times"),
    ])
    func `a patch that does not fit is refused by name`(patch: String, name: String) {
        #expect {
            try patched(AnswerFaults(), with: Data(patch.utf8)) { $0.problems }
        } throws: { "\($0)".contains(name) }
    }

    @Test func `a patch changes what it names and null clears`() throws {
        var faults = AnswerFaults()
        faults.times = 3
        faults.cutRate = .all
        let changed = try patched(faults, with: Data("{\"times\": null, \"error_rate\": true}".utf8)) { $0.problems }
        #expect(changed.times == nil)
        #expect(changed.errorRate == .all)
        #expect(changed.cutRate == .all)
    }

    @Test func `a secret comes from a file or else from the environment, and errors do not show it`() async throws {
        try await withFolder { folder in
            let file = "\(folder)/secret"
            try Data("from-file\n".utf8).write(to: URL(fileURLWithPath: file))
            #expect(try secretText(file: file, variable: "V", environment: ["V": "x"], flag: "--f") == "from-file")
            #expect(try secretText(file: nil, variable: "V", environment: ["V": "x"], flag: "--f") == "x")
            #expect(throws: SecretTextError.self) {
                try secretText(file: nil, variable: "V", environment: [:], flag: "--f")
            }
            #expect {
                try secretText(file: nil, variable: "V", environment: ["V": "two words"], flag: "--f")
            } throws: { !"\($0)".contains("two words") && "\($0)".contains("V") }
        }
    }
}
