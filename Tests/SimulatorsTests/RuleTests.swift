import Foundation
import SimulatorKit
import Testing

@testable import CoderSimulator

/// The smaller rules of Coder, each as a table.
@Suite struct RuleTests {
    @Test(arguments: [
        ("a", true), ("A-b-9", true), (String(repeating: "x", count: 32), true),
        (String(repeating: "x", count: 33), false), ("", false), ("new", false), ("create", false), ("New", true),
        ("-a", false), ("a-", false), ("a--b", false), ("a_b", false), ("a.b", false), ("ä", false), ("a b", false),
    ])
    func `names have letters, digits and single dashes`(name: String, isValid: Bool) {
        #expect(isValidName(name) == isValid)
    }

    @Test(arguments: [
        (Int64(0), true), (59_999, false), (60_000, true), (2_592_000_000, true), (2_592_000_001, false), (-1, false),
    ])
    func `a time to live is a minute to thirty days`(milliseconds: Int64, isValid: Bool) {
        #expect((ttlProblem(milliseconds: milliseconds) == nil) == isValid)
    }

    @Test func `a line is cut at 1024 characters`() {
        #expect(LogLimit.stored(String(repeating: "ä", count: 2000)) == String(repeating: "ä", count: 1024))
        #expect(LogLimit.stored("a\0b") == "a\u{FFFD}b")
    }

    @Test func `a build log takes 1 MiB, then one warning, then nothing`() {
        var log = BuildLog()
        let text = String(repeating: "x", count: 1024)
        for id in 1...1030 {
            log.append(
                BuildLogLine(
                    id: Int64(id),
                    at: .now(),
                    source: "provisioner",
                    level: .info,
                    stage: "s",
                    output: text
                )
            )
        }
        #expect(log.lines.count == 1025)
        #expect(log.lines.last?.level == .warn)
        #expect(log.lines.last?.output.hasPrefix("Provisioner logs exceeded the max size of 1MB.") == true)
        #expect(log.overflowed)
    }

    @Test func `an agent log refuses the whole batch that would pass 1 MiB`() {
        var log = AgentLog()
        let line = AgentLogLine(id: 1, at: .now(), level: .info, output: String(repeating: "x", count: 1024))
        log.append(Array(repeating: line, count: 1000))
        log.append(Array(repeating: line, count: 25))
        #expect(log.lines.count == 1000)
        #expect(log.overflowed)
        log.append([line])
        #expect(log.lines.count == 1000)
    }

    @Test func `the rate limit slides over aligned minutes and does not count refusals`() {
        var limiter = RateLimiter()
        let minute = Timestamp(microseconds: 29_421_240 * 60_000_000)
        for _ in 0..<3 { #expect(limiter.count("a", limit: 3, now: minute).isAllowed) }
        for _ in 0..<5 { #expect(!limiter.count("a", limit: 3, now: minute).isAllowed) }
        #expect(
            limiter.count("b", limit: 3, now: minute) == .init(isAllowed: true, remaining: 2, reset: 29_421_241 * 60)
        )
        // Half a minute later half of the three still count: round(1.5) + 1 is not over 3.
        let later = minute.adding(.seconds(90))
        #expect(limiter.count("a", limit: 3, now: later).isAllowed)
        #expect(!limiter.count("a", limit: 3, now: later).isAllowed)
        #expect(limiter.count("a", limit: 3, now: minute.adding(.seconds(240))).remaining == 2)
    }

    @Test func `the busiest path is that of the fullest minute, refusals and times without a limit included`() {
        var limiter = RateLimiter()
        let minute = Timestamp(microseconds: 29_421_240 * 60_000_000)
        #expect(limiter.busiest == nil)
        for _ in 0..<5 { _ = limiter.count("::1 /a", limit: 3, now: minute) }
        #expect(limiter.busiest == RateLimiter.Busiest(key: "::1 /a", requests: 5))
        // Six of another path, but in two minutes.
        for second in [0, 1, 2, 60, 61, 62] { limiter.count("::1 /b", now: minute.adding(.seconds(second))) }
        #expect(limiter.busiest == RateLimiter.Busiest(key: "::1 /a", requests: 5))
        for _ in 0..<6 { limiter.count("::1 /c", now: minute.adding(.seconds(120))) }
        #expect(limiter.busiest == RateLimiter.Busiest(key: "::1 /c", requests: 6))
        let text = limiter.busiest.map { String(decoding: $0.json.bytes, as: UTF8.self) }
        #expect(text == "{\"path\":\"/c\",\"requests_per_minute\":6}")
    }

    @Test(arguments: [
        ("owner:me", ["Alpha-1", "alpha-2", "beta"]), ("name:alpha", ["Alpha-1", "alpha-2"]), ("ALPHA-2", ["alpha-2"]),
        ("me/beta", ["beta"]), ("owner:somebody", []), ("template:remediation status:running", ["beta"]),
        ("template:other", []), ("status:starting", ["Alpha-1", "alpha-2"]), ("has-agent:connected", ["beta"]),
        ("has-agent:timeout", []), ("param:incident_id", ["Alpha-1", "alpha-2", "beta"]), ("param:nothing", []),
        ("param:incident_id=inc-2", ["alpha-2"]), ("param:incident_id=inc-2,incident_id=INC-3", ["alpha-2", "beta"]),
        ("param:service_name=\"a b\"", ["Alpha-1"]), ("dormant:true", []), ("outdated:false name:beta", ["beta"]),
        ("", ["Alpha-1", "alpha-2", "beta"]),
    ])
    func `a query finds`(query: String, names: [String]) throws {
        let (world, now) = try threeWorkspaces()
        let found = world.workspaces(matching: try WorkspaceQuery(query), now: now).map(\.name)
        #expect(found.sorted() == names.sorted())
    }

    @Test func `a query by ids finds those`() throws {
        let (world, now) = try threeWorkspaces()
        let ids = world.workspaces(matching: try WorkspaceQuery("name:alpha"), now: now).map(\.id.text)
        let found = world.workspaces(matching: try WorkspaceQuery("id:\(ids.joined(separator: ","))"), now: now)
        #expect(found.map(\.id.text) == ids)
    }

    @Test func `those that run come first`() throws {
        let (world, now) = try threeWorkspaces()
        let found = world.workspaces(matching: try WorkspaceQuery(""), now: now).map(\.name)
        #expect(found == ["beta", "Alpha-1", "alpha-2"])
    }

    @Test(arguments: [
        "nonsense:1", "name:a name:b", "a:b:c", "name:", ":a", "status:fine", "id:1", "last_used_after:\"yesterday\"",
    ])
    func `a query that is none is refused`(query: String) {
        #expect {
            try WorkspaceQuery(query)
        } throws: { error in
            let error = error as? APIError
            return error?.status == 400 && error?.message == "Invalid workspace search query."
                && error?.validations.isEmpty == false
        }
    }

    @Test func `every setting of the faults comes back as it went`() throws {
        var faults = CoderFaults.coder
        faults.timings = .late
        faults.buildTime = .never
        faults.answers.onlyPath = "/builds"
        faults.answers.cutRate = .all
        let text = try JSONEncoder().encode(faults)
        #expect(try JSONDecoder().decode(CoderFaults.self, from: text) == faults)
    }

    @Test func `a list of ten thousand is complete, and cheap the second time`() throws {
        var world = World(
            templates: ["remediation"],
            extraParameters: [],
            runsScripts: false,
            faults: .fast,
            seed: 1
        )
        world.faults.builders = 10_000
        let now = Timestamp.now().adding(.seconds(-60))
        for number in 0..<10_000 {
            _ = try world.create(
                CreateRequest(
                    name: "w-\(number)",
                    templateID: world.templates[0].id.text,
                    parameters: [Parameter(name: "incident_id", value: "i"), Parameter(name: "playbook", value: "p")]
                ),
                now: now
            )
        }
        let simulation = Simulation(world: world, seed: 1)
        let (present, time) = simulation.snapshot()
        let found = present.workspaces(matching: try WorkspaceQuery("owner:me status:running"), now: time)
        #expect(found.count == 10_000)
        let context = RenderContext(world: present, now: time, positions: [:])
        let first = found.map { simulation.json(of: $0, context).bytes }
        let again: [[UInt8]] = found.map { workspace in
            if case .written(let bytes) = simulation.json(of: workspace, context) { bytes } else { [] }
        }
        #expect(first == again)
    }

    /// Two that start and one that runs.
    private func threeWorkspaces() throws -> (World, Timestamp) {
        var faults = CoderFaults.fast
        faults.builders = 1
        var world = World(templates: ["remediation"], extraParameters: [], runsScripts: false, faults: faults, seed: 3)
        let start = Timestamp(microseconds: 1_765_274_400_000_000)
        func create(_ name: String, _ incident: String, _ service: String, _ now: Timestamp) throws {
            _ = try world.create(
                CreateRequest(
                    name: name,
                    templateID: world.templates[0].id.text,
                    parameters: [
                        Parameter(name: "incident_id", value: incident), Parameter(name: "playbook", value: "p"),
                        Parameter(name: "service_name", value: service),
                    ]
                ),
                now: now
            )
        }
        try create("beta", "INC-3", "b", start)
        world.advance(to: start.adding(.milliseconds(300)))
        world.faults.builders = 2
        try create("Alpha-1", "INC-1", "a b", start.adding(.milliseconds(300)))
        try create("alpha-2", "INC-2", "b", start.adding(.milliseconds(300)))
        return (world, start.adding(.milliseconds(310)))
    }
}
