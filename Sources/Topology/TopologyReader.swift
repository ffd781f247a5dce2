/// Reads the sections of a topology file, and remembers where addresses and routes stand for the checks across them.
struct TopologyReader {
    static let keys = [
        "version", "name", "intake", "metrics", "stages", "limits", "coder", "incident_api", "loki", "seal", "curve",
        "policy", "simulators",
    ]

    private static let keepIncidents = Duration.seconds(30 * 86_400)

    let paths: PathResolver
    let problems: ProblemList
    var addresses = AddressCheck()
    var routes = RouteCheck()
    /// Whether the sockets are encrypted.
    var hasCurve = false

    init(paths: PathResolver, problems: ProblemList) {
        self.paths = paths
        self.problems = problems
    }

    mutating func read(_ root: Section, file: String) -> Topology {
        Section.checkVersion(root)
        let name = root.text("name", most: 60)?.value ?? "unnamed"
        hasCurve = root.has("curve")
        let intake = readIntake(root)
        let metrics = readMetrics(root)
        let stages = readStages(root)
        let simulators = readSimulators(root)
        let coder = readCoder(root)
        let incidentAPI = readIncidentAPI(root)
        checkSimulated(root, simulators, coder, incidentAPI)
        let limits = readLimits(root)
        checkKept(root, intake, limits)
        return Topology(
            name: name,
            file: file,
            data: paths.data,
            intake: intake,
            metrics: metrics,
            stages: stages,
            limits: limits,
            coder: coder,
            incidentAPI: incidentAPI,
            loki: readLoki(root),
            seal: readSeal(root),
            curve: readCurve(root),
            policy: path(root, "policy", default: "policy.yaml"),
            simulators: simulators,
            warnings: []
        )
    }

    /// The checks across sections; only what was read without a problem takes part.
    func finish() {
        addresses.report(problems)
        routes.report(problems)
    }

    // MARK: Sections

    private mutating func readIntake(_ root: Section) -> IntakeConfiguration {
        let section = root.section(
            "intake",
            known: ["listen", "answers", "database", "token_file", "signature_keys_file", "http", "keep_incidents"]
        )
        let configuration = IntakeConfiguration(
            listen: listen(section, in: root, "intake", default: ListenAddress(host: "127.0.0.1", port: 8000)),
            answers: socket(section, in: root, "intake", "answers", default: "ipc://{data}/sockets/answers.ipc"),
            database: path(section, "database", default: "{data}/ledger.sqlite"),
            tokenFile: section.flatMap { optionalPath($0, "token_file") },
            signatureKeysFile: section.flatMap { optionalPath($0, "signature_keys_file") },
            http: readHTTP(section),
            keepIncidents: section?.duration(
                "keep_incidents",
                default: Self.keepIncidents,
                in: IntakeConfiguration.keepRange
            ) ?? Self.keepIncidents
        )
        let isAsked = configuration.tokenFile != nil || configuration.signatureKeysFile != nil
        if !configuration.listen.isLoopback, !isAsked, let section {
            problems.warning(
                section.mark(of: "listen"),
                "intake listens beyond loopback without `token_file`",
                remedy:
                    "name a token file; intake refuses to start until a token or a signature key is given here or by "
                    + "its environment"
            )
        }
        return configuration
    }

    private func readHTTP(_ intake: Section?) -> HTTPBounds {
        let keys = ["connections", "requests", "header_time", "body_time", "idle_time"]
        var http = HTTPBounds.standard
        guard let section = intake?.section("http", known: keys) else { return http }
        http.connections = section.integer("connections", default: http.connections, in: HTTPBounds.connectionRange)
        http.requests = section.integer("requests", default: http.requests, in: HTTPBounds.requestRange)
        http.headerTime = section.duration("header_time", default: http.headerTime, in: HTTPBounds.timeRange)
        http.bodyTime = section.duration("body_time", default: http.bodyTime, in: HTTPBounds.timeRange)
        http.idleTime = section.duration("idle_time", default: http.idleTime, in: HTTPBounds.timeRange)
        if http.requests >= http.connections {
            problems.error(
                section.mark(of: section.has("requests") ? "requests" : "connections"),
                "`intake.http` takes \(http.requests) requests on \(http.connections) connections",
                remedy: "write fewer requests than connections, so that a connection can be closed for a new one"
            )
        }
        return http
    }

    private mutating func readMetrics(_ root: Section) -> MetricsConfiguration {
        let section = root.section("metrics", known: ["listen", "samples"])
        let configuration = MetricsConfiguration(
            listen: listen(section, in: root, "metrics", default: ListenAddress(host: "127.0.0.1", port: 9464)),
            samples: socket(section, in: root, "metrics", "samples", default: "ipc://{data}/sockets/samples.ipc")
        )
        if !configuration.listen.isLoopback, let section {
            problems.warning(
                section.mark(of: "listen"),
                "the metrics are open to everybody who reaches this address",
                remedy: "listen on 127.0.0.1 and scrape from there, or let only Prometheus through"
            )
        }
        return configuration
    }

    private func readLimits(_ root: Section) -> Limits {
        let section = root.section(
            "limits",
            known: ["decide_within", "stop_grace", "hold", "report_within", "open_incidents"]
        )
        func duration(_ key: String, _ fallback: Duration, _ range: ClosedRange<Duration>) -> Duration {
            section?.duration(key, default: fallback, in: range) ?? fallback
        }
        return Limits(
            decideWithin: duration("decide_within", .seconds(15 * 60), .seconds(1) ... .seconds(86_400)),
            stopGrace: duration("stop_grace", .seconds(5 * 60), .seconds(1) ... .seconds(86_400)),
            // A workspace's ttl is deadline + retention + hold and Coder's most is 30 days, so each has 7 at most.
            hold: duration("hold", .seconds(3_600), .seconds(1) ... .seconds(7 * 86_400)),
            reportWithin: duration("report_within", .seconds(86_400), .seconds(1) ... .seconds(30 * 86_400)),
            openIncidents: section?.integer("open_incidents", default: 100_000, in: 1...10_000_000) ?? 100_000
        )
    }

    private func readCoder(_ root: Section) -> CoderConfiguration {
        let section = root.section("coder", known: ["url", "template", "owner", "token_file", "workspace_url"])
        var configuration = CoderConfiguration(
            url: section.flatMap { url($0, "url") },
            template: "remediation",
            owner: "me",
            tokenFile: section.flatMap { optionalPath($0, "token_file") },
            workspaceURL: "{url}/@{owner}/{workspace_name}"
        )
        if let template = section?.text("template", most: 36) {
            configuration.template = template.value
            if !NameRule.template(template.value) {
                problems.error(
                    template.mark,
                    "`coder.template` is not a template's name or id",
                    remedy: NameRule.templateRemedy
                )
            }
        }
        if let owner = section?.text("owner", most: 64) {
            configuration.owner = owner.value
            if !NameRule.template(owner.value) {
                problems.error(
                    owner.mark,
                    "`coder.owner` is not a user name or id",
                    remedy: "write `me`, or letters and digits with single dashes between them"
                )
            }
        }
        if let pattern = section?.text("workspace_url") {
            configuration.workspaceURL = pattern.value
            TextTemplate.check(pattern, "coder.workspace_url", problems) {
                ["url", "owner", "workspace_name", "workspace_id"].contains($0)
            }
        }
        return configuration
    }

    private func readIncidentAPI(_ root: Section) -> IncidentAPIConfiguration {
        let section = root.section("incident_api", known: ["url", "key_file", "duplicates"])
        return IncidentAPIConfiguration(
            url: section.flatMap { url($0, "url") },
            keyFile: section.flatMap { optionalPath($0, "key_file") },
            duplicates: section?.choice("duplicates", default: .look) ?? .look
        )
    }

    private func readLoki(_ root: Section) -> LokiConfiguration? {
        guard let section = root.section("loki", known: ["url"]) else { return nil }
        guard section.required("url", "http://127.0.0.1:3100") != nil, let url = url(section, "url") else { return nil }
        return LokiConfiguration(url: url)
    }

    private func readSeal(_ root: Section) -> SealConfiguration {
        let section = root.section("seal", known: ["public_key_file", "private_key_file"])
        return SealConfiguration(
            publicKeyFile: path(section, "public_key_file", default: "{data}/secrets/seal-public-key"),
            privateKeyFile: path(section, "private_key_file", default: "{data}/secrets/seal-private-key")
        )
    }

    private func readCurve(_ root: Section) -> CurveConfiguration? {
        guard let section = root.section("curve", known: ["keys", "admitted_file"]) else { return nil }
        return CurveConfiguration(
            keys: path(section, "keys", default: "{data}/secrets/curve"),
            admittedFile: path(section, "admitted_file", default: "{data}/secrets/curve/admitted")
        )
    }

    private mutating func readSimulators(_ root: Section) -> SimulatorConfiguration? {
        guard let section = root.section("simulators", known: ["coder", "incident"]) else { return nil }
        var configuration = SimulatorConfiguration()
        if let coder = section.section("coder", known: ["listen", "profile", "scripts"]) {
            configuration.coder = SimulatorConfiguration.Coder(
                listen: listen(coder, in: section, "coder", default: ListenAddress(host: "127.0.0.1", port: 8080)),
                profile: coder.choice("profile", default: .fast),
                scripts: optionalPath(coder, "scripts")
            )
        }
        if let incident = section.section("incident", known: ["listen"]) {
            configuration.incident = SimulatorConfiguration.Incident(
                listen: listen(incident, in: section, "incident", default: ListenAddress(host: "127.0.0.1", port: 8090))
            )
        }
        for (key, address) in [("coder", configuration.coder?.listen), ("incident", configuration.incident?.listen)] {
            guard let address, !address.isLoopback else { continue }
            problems.error(
                section.mark(of: key),
                "the \(key) simulator would listen beyond loopback on \(address)",
                remedy: "simulators are for one machine: listen on 127.0.0.1"
            )
        }
        return configuration
    }

    /// An incident that is accepted anew must not meet what the one before has left.
    private func checkKept(_ root: Section, _ intake: IntakeConfiguration, _ limits: Limits) {
        guard intake.keepIncidents < limits.hold else { return }
        problems.error(
            root.mark(of: "intake"),
            "`intake.keep_incidents` is \(DurationText.format(intake.keepIncidents)), less than `limits.hold`, "
                + DurationText.format(limits.hold),
            remedy: "keep incidents at least as long as a stopped workspace keeps its name"
        )
    }

    /// A simulator that nobody calls is most likely a changed port.
    private func checkSimulated(
        _ root: Section,
        _ simulators: SimulatorConfiguration?,
        _ coder: CoderConfiguration,
        _ incidentAPI: IncidentAPIConfiguration
    ) {
        let pairs = [
            ("coder", simulators?.coder?.listen, coder.url),
            ("incident_api", simulators?.incident?.listen, incidentAPI.url),
        ]
        for (key, listen, url) in pairs {
            guard let listen, listen.port > 0, let url, let address = HTTPAddress(url),
                address.port != listen.port || !HostText.isLoopback(address.host)
            else { continue }
            problems.warning(
                root.mark(of: key),
                "`\(key).url` is \(url), but its simulator listens on \(listen)",
                remedy: "use the simulator's address, or leave the simulator out"
            )
        }
    }
}

extension Section {
    /// Refuses a version that this program does not know.
    static func checkVersion(_ root: Section) {
        guard let value = root.required("version", "1") else { return }
        if case .scalar("1", plain: true) = value.content { return }
        root.problems.error(
            value.mark,
            "`version` is \(value.kind); this Mendline reads version 1",
            remedy: "write `version: 1`, or use the Mendline that the file was written for"
        )
    }
}
