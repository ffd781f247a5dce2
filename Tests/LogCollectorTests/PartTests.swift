import CoderAPI
import CoderTestSupport
import Foundation
import Messages
import TestSupport
import Testing

@testable import LogCollector

@Suite struct PartTests {
    @Test(arguments: [
        (
            "Error: deployments.apps is forbidden: User \"system:serviceaccount:coder:coder\" cannot create resource",
            "role"
        ),
        ("Error: pods \"x\" is forbidden: exceeded quota: compute", "ResourceQuota"),
        ("Error: namespaces \"workspaces\" not found", "namespace"),
        ("Error: PersistentVolumeClaim home: timed out waiting to bind", "volume"),
        ("Back-off pulling image: ImagePullBackOff", "image"), ("0/3 nodes are available: Insufficient memory", "room"),
        ("Error: Failed to query available provider packages", "registry"),
    ])
    func `known causes are recognised`(line: String, word: String) throws {
        let build = try Sample.workspace(
            build: Sample.build("start", "failed", error: "terraform apply: exit status 1")
        )
        let diagnosis = BuildDiagnosis.make(build.latestBuild, errorLines: ["something else", line])
        #expect(diagnosis.summary.contains(word), "\(diagnosis.summary)")
        #expect(diagnosis.evidence == ["job: terraform apply: exit status 1", "something else", line])
    }

    @Test func `other causes are quoted`() throws {
        func diagnosis(_ error: String?, _ lines: [String], status: String = "failed") throws -> Diagnosis {
            let build = try Sample.workspace(build: Sample.build("start", status, error: error))
            return BuildDiagnosis.make(build.latestBuild, errorLines: lines)
        }
        #expect(try diagnosis("insufficient quota", []).summary.contains("quota"))
        #expect(try diagnosis("e", ["  on main.tf", "Error: Odd"]).summary.contains("Error: Odd"))
        #expect(try diagnosis("terraform plan: exit status 1", []).summary.contains("terraform plan"))
        #expect(try diagnosis(nil, []).summary.contains("without saying why"))
        #expect(try diagnosis(nil, [], status: "canceled").summary.contains("cancelled"))
        #expect(try diagnosis(nil, (0..<50).map { "line \($0)" }).evidence.count == 20)
    }

    private func line(_ number: Int64, _ text: String) -> LogLine {
        LogLine(
            log: "agent/a1",
            line: number,
            time: Timestamp(milliseconds: 0),
            level: "info",
            source: "s",
            text: text
        )
    }

    @Test func `chunks keep order, count and size`() throws {
        let many = (0..<1001).map { line(Int64($0), "x") }
        let chunks = LogChunks.make(many)
        #expect(chunks.count == 6 && chunks.allSatisfy { $0.lines.count <= 200 })
        #expect(chunks.flatMap(\.lines) == many)
        let large = (0..<200).map { line(Int64($0), String(repeating: "\u{1}", count: 1024)) }
        for chunk in LogChunks.make(large) {
            #expect(try MessageCoding.encode(chunk).count <= LogChunks.mostBytes)
        }
        #expect(LogChunks.make([]).isEmpty)
    }

    @Test func `secrets are masked, whole or cut, and lines are bounded`() {
        var mask = TextMask(token: "target-canary")
        mask.add("coder-canary")
        #expect(mask.line("a target-canary b coder-canary") == "a [masked] b [masked]")
        #expect(!mask.line(Data("target-canary".utf8).base64EncodedString()).contains("dGFyZ2V0"))
        let cut = String(repeating: "x", count: 1016) + "target-c"
        #expect(mask.line(cut).hasSuffix("x[masked]"))
        #expect(mask.line(String(repeating: "y", count: 5000)).count == 1024)
        #expect(mask.line("short targ") == "short targ")
        #expect(["xx target-c", "anary yy"].map(mask.line) == ["xx [masked]", "anary yy"])
        #expect(["xx targ", "et-canary yy"].map(mask.line) == ["xx targ", "[masked] yy"])
        #expect(mask.line("get-can") == "[masked]", "a piece out of the middle is a line by itself")
        #expect(TextMask(token: nil).line("plain") == "plain")
    }

    /// `base64` and `fold` break lines, and Coder's log has each by itself.
    @Test(arguments: 20...60)
    func `a secret that is wrapped over lines is masked in each`(width: Int) {
        let token = "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        let mask = TextMask(token: token)
        for text in ["user=somebody token=\(token) and more", Data("{\"a\":\"\(token)\"}".utf8).base64EncodedString()] {
            let lines = text.chunks(of: width).map(mask.line)
            let left = lines.joined(separator: "\n").replacing("[masked]", with: "\n").split(separator: "\n")
            let secret = [token, Data("\"\(token)\"".utf8).base64EncodedString()]
            for part in left where part.count > 8 {
                for start in part.indices.dropLast(8) {
                    let piece = part[start...].prefix(9)
                    #expect(!secret.contains { $0.contains(piece) }, "\(piece) is left of \(lines)")
                }
            }
        }
    }

    @Test func `the pace backs off and silence becomes trouble`() {
        var pace = ListPace(tick: .seconds(1), silencePatience: .seconds(60))
        let start = ContinuousClock.now
        let down = CoderError(operation: "list workspaces", kind: .unavailable, message: "m")
        var pauses: [Duration] = []
        func failed(_ error: CoderError, _ second: Int) -> String? { pace.failed(error, at: start + .seconds(second)) }
        for second in 0..<5 {
            #expect(failed(down, second) == nil)
            pauses.append(pace.pause)
        }
        #expect(pauses == [2, 4, 8, 15, 15].map { .seconds($0) })
        #expect(failed(down, 61)?.contains("61 s") == true)
        pace.succeeded()
        #expect(pace.pause == .seconds(1))
        #expect(failed(down, 62) == nil)
        pace.succeeded(calls: 10)
        #expect(pace.pause == .seconds(2), "300 calls a minute at most")
        pace.succeeded(took: .milliseconds(1200))
        #expect(pace.pause == .milliseconds(1800), "two fifths of the time at most")
        pace.succeeded(took: .seconds(60))
        #expect(pace.pause == .seconds(3), "looks come all the same")
        let limited = CoderError(operation: "o", kind: .rateLimited(retryAfter: 30), message: "m")
        #expect(failed(limited, 1000) == nil)
        #expect(pace.pause == .seconds(30))
        let denied = CoderError(operation: "o", kind: .unauthorized, status: 401, message: "m")
        #expect(failed(denied, 1001) != nil)
    }

    @Test func `few are asked for by id, many by name`() {
        var query = ListQuery(owner: "Me")
        func isChanged(_ kind: CoderError.Kind) -> Bool {
            query.isChanged(by: CoderError(operation: "o", kind: kind, message: "m"))
        }
        let many = (0..<41).map(String.init)
        #expect(query.parts(for: ["b", "a"]) == [.init(text: "id:a,b", ids: ["a", "b"])])
        #expect(query.parts(for: many) == [.init(text: "owner:me name:m-", ids: many)])
        #expect(!isChanged(.unavailable))
        #expect(isChanged(.invalid))
        #expect(query.parts(for: ["a"]) == [.init(text: "owner:me name:m-", ids: ["a"])])
        #expect(!isChanged(.invalid))
        #expect(!isChanged(.tooLarge), "there is no other query")
    }

    @Test func `many among too many are asked for by id again`() {
        var query = ListQuery(owner: "me")
        func isChangedByTooLarge() -> Bool {
            query.isChanged(by: CoderError(operation: "o", kind: .tooLarge, message: "m"))
        }
        let held = (100..<350).map(String.init)
        query.note(count: 12_000)
        #expect(query.parts(for: held).map(\.text) == [query.all])
        query.note(count: 12_001)
        #expect(query.parts(for: held).map(\.ids.count) == [100, 100, 50])
        #expect(query.parts(for: held).flatMap(\.ids) == held)
        query.note(count: 12_000)
        #expect(query.parts(for: held).map(\.text) == [query.all])
        // They are larger than thought: then fewer are too many, too.
        #expect(isChangedByTooLarge())
        #expect(!isChangedByTooLarge(), "a single part that is too large is no reason to try again at once")
        #expect(query.parts(for: held).count == 3)
        query.note(count: 8000)
        #expect(query.parts(for: held).count == 3)
        query.note(count: 6001)
        #expect(query.parts(for: held).count == 3)
        query.note(count: 6000)
        #expect(query.parts(for: held).count == 1)
    }

    @Test func `changes are told once, moves in the queue rarely`() throws {
        var shown = ShownState()
        func change(_ build: [String: Any], _ second: Int) throws -> WorkspaceChanged? {
            shown.change(try Sample.workspace(build: build), at: .seconds(second))
        }
        #expect(try change(Sample.build("start", "pending", position: 9), 0)?.queuePosition == 9)
        #expect(try change(Sample.build("start", "pending", position: 8), 1) == nil)
        #expect(try change(Sample.build("start", "pending", position: 5), 10)?.queuePosition == 5)
        #expect(try change(Sample.build("start", "running"), 11)?.buildStatus == "starting")
        #expect(try change(Sample.build("start", "running"), 60) == nil)
        let lost = Sample.build(agents: [Sample.agent("disconnected", "starting", reason: "agent has lost connection")])
        let told = try #require(try change(lost, 61))
        #expect(told.agentStatus == "disconnected" && told.healthReason == "agent has lost connection")
    }

    @Test func `durations come from Coder's times`() throws {
        var times = WatchTimes()
        times.note(try Sample.workspace(build: Sample.build("start", "running")))
        #expect(times.provisionSeconds == nil)
        times.note(try Sample.workspace(build: Sample.build(agents: [Sample.agent()])))
        #expect(times.provisionSeconds == 9.877)
        #expect(WatchTimes.runSeconds(try Sample.timings([("ok", 0)])) == 13)
        #expect(WatchTimes.runSeconds([]) == nil)
    }

    @Test func `a subscription holds the latest look only, and ends with the watcher`() async throws {
        let list = WatchList()
        let first = list.subscribe(to: "w1")
        let second = list.subscribe(to: "w1")
        #expect(list.snapshot()["w1"]?.count == 2)
        for _ in 0..<3 { first.deliver(.missing) }
        first.deliver(.seen(try Sample.workspace(build: Sample.build())))
        list.unsubscribe(second)
        #expect(list.snapshot()["w1"]?.count == 1)
        list.end()
        var looks: [Look] = []
        for await look in first.looks { looks.append(look) }
        #expect(looks.count == 1)
        guard case .seen = looks[0] else { throw TestFailure("\(looks)") }
        for await _ in list.subscribe(to: "w2").looks { Issue.record("a look after the end") }
        #expect(list.snapshot().isEmpty)
    }
}

extension String {
    fileprivate func chunks(of width: Int) -> [String] {
        stride(from: 0, to: count, by: width).map { String(dropFirst($0).prefix(width)) }
    }
}
