import Foundation
import Messages
import Secrets
import TestSupport
import Testing
import ZeroMQ

extension EndToEnd {
    /// Secrets that are marked, and every place they could get to.
    @Suite struct Canaries {
        static let targetToken = "cAnArY-target/7f+9=%&\u{fc}~x"
        static let coderToken = "cAnArYcode-0123456789ABCDEFGHIJKL"
        static let incidentKey = "cAnArYkey/0123+456789abcdef0123456789=="
        static let intakeToken = "cAnArYintake/0123+456789"

        /// A remediation that tells all it knows, and the token backwards too, which nobody can mask: that shows that the
        /// script had it, and that what is looked through is what the script's output comes to.
        private static let tellsAll = #"""
            #!/usr/bin/env bash
            echo "raw $TARGET_SERVICE_TOKEN"
            echo "base64 $(printf %s "$TARGET_SERVICE_TOKEN" | base64 -w0)"
            echo "basic $(printf 'user:%s' "$TARGET_SERVICE_TOKEN" | base64 -w0)"
            percent=$(sed 's/%/%25/g; s,/,%2F,g; s/+/%2B/g; s/=/%3D/g; s/&/%26/g; s/\xc3\xbc/%C3%BC/g' <<<"$TARGET_SERVICE_TOKEN")
            echo "percent $percent $(sed 's/%../\L&/g' <<<"$percent")"
            echo "json {\"token\":\"${TARGET_SERVICE_TOKEN//\//\\/}\"} quoted ${TARGET_SERVICE_TOKEN@Q} hex $(printf %s "$TARGET_SERVICE_TOKEN" | od -An -tx1 | tr -d ' \n')"
            printf 'user=somebody&password=%s&more=%s\n' "$TARGET_SERVICE_TOKEN" "$TARGET_SERVICE_TOKEN" | base64 -w 32
            echo "wrapped $TARGET_SERVICE_TOKEN here" | fold -w 20
            echo "backwards $(printf %s "$TARGET_SERVICE_TOKEN" | LC_ALL=C.UTF-8 rev)"
            exit 3
            """#

        @Test func areNowhereButWhereTheyBelong() async throws {
            try await Scene.with { scene in
                try FileManager.default.createDirectory(
                    atPath: scene.folder + "/scripts",
                    withIntermediateDirectories: true
                )
                try scene.write(Self.tellsAll, to: scene.folder + "/scripts/run.sh", mode: 0o700)
                let outside = try await scene.simulators(
                    coderToken: Self.coderToken,
                    incidentKey: Self.incidentKey,
                    scripts: scene.folder + "/scripts"
                )
                try scene.makeFolder("sockets")
                try scene.makeKeys()
                try await RecordingProxy.with(Self.routes(scene)) { proxy in
                    let (intake, metrics, programs) = try await Self.pipeline(scene, outside)
                    var incident = JSONValue.incident("CANARY-1").members
                    incident["target_service_token"] = .string(Self.targetToken)
                    let answer = try await intake.post("/remediate", .object(incident))
                    #expect(answer.status == 201, "\(answer.text)")
                    let detail = try await eventually("it ends and is told") {
                        let detail = try await intake.get("/incidents/CANARY-1")
                        let isTold = try await outside.effects().patches == 1
                        return isTold && detail.json["verdict"]?.string == "script_failed" ? detail : nil
                    }
                    let logs = try await intake.get("/incidents/CANARY-1/logs").text
                    let told = try await outside.incidents.get("/api/incidents/CANARY-1").text
                    let backwards = String(Self.targetToken.reversed())
                    #expect(logs.contains(backwards), "the script had the token: \(logs)")

                    var places = [
                        "the incident": detail.text, "its logs": logs, "what the incident system was told": told,
                    ]
                    let exposition = try await intake.get("/metrics")
                    #expect(exposition.status == 200, "\(exposition.text)")
                    places["intake's metrics"] = exposition.text
                    places["the metrics-sink"] = try await metrics.get("/metrics").text
                    places["the incident's list"] = try await intake.get("/incidents").text
                    for (place, text) in try await Self.told(by: intake, outside, scene) { places[place] = text }
                    places.merge(try await Self.ledgerCommands(scene)) { $1 }
                    for (place, text) in places { Self.check(Array(text.utf8), place) }
                    for piece in Self.pieces {
                        #expect(!logs.contains(piece), "\(piece) is left of a wrapped token: \(logs)")
                    }
                    try await Self.leaveDeadLetters(of: proxy.frames, scene)
                    try await eventually("the dead letters are counted") {
                        let text = try await intake.get("/metrics").text
                        return text.contains(/mendline_dead_letters_total(?:\{[^}]*\})? [1-9]/)
                    }

                    for frame in proxy.frames {
                        Self.check(frame, "a frame: \(String(decoding: frame, as: UTF8.self))")
                    }
                    #expect(proxy.frames.contains { $0.has(Array(backwards.utf8)) }, "frames carry the script's output")
                    let types = proxy.frames.map { String(decoding: $0, as: UTF8.self) }
                    for type in [
                        "incident.accepted", "delivery.settled", "delivery.progress", "stage.heartbeat",
                        "metrics.sample",
                    ] {
                        #expect(types.contains { $0.contains(type) }, "no \(type) was seen")
                    }

                    let arguments = try Self.argumentsOfAll()
                    #expect(arguments.contains { $0.has(Array("coder-simulator".utf8)) })
                    for line in arguments { Self.check(line, "the arguments of a process") }

                    try await Self.crash(programs, scene)
                    let files = try Self.files(below: scene.folder)
                    var hasOutput = false
                    for (path, bytes) in files where !path.contains("/secrets/") && !path.hasSuffix("/scripts/run.sh") {
                        Self.check(bytes, path)
                        if path.contains("ledger.sqlite"), bytes.has(Array(backwards.utf8)) { hasOutput = true }
                    }
                    #expect(hasOutput, "the ledger holds the script's output")
                    for (path, bytes) in files where path.contains("/secrets/") {
                        #expect(!bytes.has(Array(Self.targetToken.utf8)), "\(path)")
                    }
                }
            }
        }

        // MARK: - The pipeline, with a proxy in every connection

        private static func topology(_ outside: Outside) -> TestTopology {
            TestTopology(coder: outside.coder.base, incidents: outside.incidents.base)
        }

        private static func routes(_ scene: Scene) -> [(from: Endpoint, to: Endpoint)] {
            func socket(_ name: String) -> String { "ipc://\(scene.data)/sockets/\(name).ipc" }
            return TestTopology.stages.map { (.connect(socket($0)), .bind(socket("seen-\($0)"))) } + [
                (.bind(socket("seen-answers")), .connect(socket("answers"))),
                (.bind(socket("seen-samples")), .connect(socket("samples"))),
            ]
        }

        /// Starts all processes, each with a topology in which its peers are the proxy.
        private static func pipeline(
            _ scene: Scene,
            _ outside: Outside
        ) async throws -> (intake: Caller, metrics: Caller, programs: [Program]) {
            var ofSink = topology(outside)
            var ofIntake = ofSink
            ofIntake.samplesPrefix = "seen-"
            var ofWorkers = ofIntake
            ofWorkers.answersPrefix = "seen-"
            ofWorkers.deliveriesPrefix = "seen-"
            ofSink.coder = outside.coder.base

            var programs: [Program] = []
            func start(_ name: String, _ topology: String, _ more: [String] = []) throws -> Program {
                let program = try scene.startDumping(
                    Program.path(of: name),
                    ["--topology", topology, "--data", scene.data, "--log-level", "trace"] + more,
                    // As `mendline up` starts them.
                    environment: ["MENDLINE_TOKEN": name == "intake" ? intakeToken : nil]
                        .compactMapValues(\.self).merging(["SWIFT_BACKTRACE": "registers=none"]) { $1 },
                    output: name
                )
                programs.append(program)
                return program
            }
            let sink = try await start("metrics-sink", try scene.write(ofSink, as: "sink.yaml")).address()
            let intake = try await start(
                "intake",
                try scene.write(ofIntake, as: "intake.yaml"),
                ["--metrics-url", sink + "/metrics"]
            ).address()
            let workers = try scene.write(ofWorkers, as: "workers.yaml")
            for stage in TestTopology.stages { _ = try start(stage, workers) }
            let caller = Caller(base: intake, http: scene.http, token: intakeToken)
            try await eventually("all stages are there") { try await caller.get("/ready").status == 200 }
            return (caller, Caller(base: sink, http: scene.http), programs)
        }

        // MARK: - Looking

        /// RFC 3986, section 2.3.
        private static let unreserved = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
        )

        private static let forms: [[UInt8]] = [targetToken, coderToken, incidentKey, intakeToken].flatMap { secret in
            var forms = [secret, secret.replacing("/", with: "\\/")]
            for prefix in ["", "u", "user:", "Bearer "] {
                let encoded = Data((prefix + secret).utf8).base64EncodedString().replacing("=", with: "")
                // The characters at the edges depend on what stands beside the secret.
                let core = encoded.dropFirst(prefix.isEmpty ? 0 : (prefix.utf8.count * 8 + 5) / 6).dropLast(1)
                forms += [String(core), String(core.replacing("+", with: "-").replacing("/", with: "_"))]
            }
            let percent = secret.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
            forms.append(percent)
            forms.append(percent.replacing(/%[0-9A-F]{2}/) { $0.output.lowercased() })
            return forms.map { Array($0.utf8) }
        }

        private static func check(_ bytes: [UInt8], _ place: String, at location: SourceLocation = #_sourceLocation) {
            for form in forms where bytes.has(form) {
                Issue.record("\(String(decoding: form, as: UTF8.self)) is in \(place)", sourceLocation: location)
            }
        }

        private static func argumentsOfAll() throws -> [[UInt8]] {
            try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int32($0) != nil }.compactMap {
                (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\($0)/cmdline"))).map(Array.init)
            }
        }

        private static func files(below folder: String) throws -> [(path: String, bytes: [UInt8])] {
            try FileManager.default.subpathsOfDirectory(atPath: folder).compactMap { name in
                let path = "\(folder)/\(name)"
                let type = try FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
                guard type == .typeRegular else { return nil }
                return (path, Array(try Data(contentsOf: URL(fileURLWithPath: path))))
            }
        }
    }
}

extension Scene {
    /// The pair of keys that `mendline up` would have made.
    fileprivate func makeKeys() throws {
        let key = TokenSeal.PrivateKey()
        try write(key.base64 + "\n", to: data + "/secrets/seal-private-key")
        try write(key.publicKey.base64 + "\n", to: data + "/secrets/seal-public-key")
    }
}

extension [UInt8] {
    func has(_ part: [UInt8]) -> Bool { Data(self).range(of: Data(part)) != nil }
}
