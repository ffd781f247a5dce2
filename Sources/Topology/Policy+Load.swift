extension Policy {
    /// Parameters that Mendline sets itself, so the file may not.
    public static let reservedParameters: Set<String> = [
        "incident_id", "playbook", "target_service_token", "service_name", "severity", "description",
        "timeout_seconds", "installation",
    ]

    /// Reads and checks a policy file.
    ///
    /// - Parameter path: the file; at most 1 MiB of UTF-8.
    /// - Returns: the policy, with its warnings.
    /// - Throws: ``ConfigurationProblems`` with everything that is wrong.
    public static func load(path: String) throws(ConfigurationProblems) -> Policy {
        try parse(text: ConfigurationFile.read(path), file: path)
    }

    /// Checks the text of a policy file.
    ///
    /// - Parameters:
    ///   - text: the YAML.
    ///   - file: its name for messages.
    /// - Returns: the policy, with its warnings.
    /// - Throws: ``ConfigurationProblems`` with everything that is wrong.
    public static func parse(text: String, file: String) throws(ConfigurationProblems) -> Policy {
        let problems = ProblemList(file: file)
        var policy: Policy?
        if let root = YAMLValue.parse(text, problems),
            let section = Section(root, path: "", known: ["version", "severities", "playbooks"], problems)
        {
            policy = PolicyReader(problems: problems).read(section, file: file)
        }
        let warnings = try problems.warningsOrThrow()
        guard var policy else {
            // Nothing was read, so a problem was added and thrown above; this says so to the compiler.
            throw ConfigurationProblems(warnings)
        }
        policy.warnings = warnings
        return policy
    }
}

/// Reads the sections of a policy file.
struct PolicyReader {
    let problems: ProblemList

    func read(_ root: Section, file: String) -> Policy {
        Section.checkVersion(root)
        var severities: [String] = []
        if root.required("severities", "[critical, high]") != nil {
            severities = readSeverities(root)
        }
        let playbooks = readPlaybooks(root)
        for playbook in playbooks {
            let closed = playbook.value.match.severities.filter { !severities.contains($0) }
            guard !severities.isEmpty, !closed.isEmpty else { continue }
            problems.warning(
                playbook.mark,
                "`\(playbook.value.name)` takes severity \(closed.joined(separator: ", ")), which the gate "
                    + "`severities` lets nobody through with",
                remedy: "add it to `severities`, or take it out here"
            )
        }
        return Policy(file: file, severities: severities, playbooks: playbooks.map(\.value), warnings: [])
    }

    private func readSeverities(_ section: Section) -> [String] {
        var severities: [String] = []
        for severity in section.texts("severities", most: 20, each: 31) {
            let name = section.name(of: "severities")
            if !NameRule.severity(severity.value) {
                problems.error(
                    severity.mark,
                    "`\(severity.value)` in `\(name)` is not a severity",
                    remedy: "write a word in small letters, such as critical"
                )
            } else if severities.contains(severity.value) {
                problems.error(severity.mark, "`\(severity.value)` is twice in `\(name)`", remedy: "keep one")
            } else {
                severities.append(severity.value)
            }
        }
        return severities
    }

    private func readPlaybooks(_ root: Section) -> [Located<Playbook>] {
        guard let value = root.required("playbooks", "[{ name: restart-service, … }]") else { return [] }
        guard case .list(let elements) = value.content, (1...1_000).contains(elements.count) else {
            problems.error(
                value.mark,
                "`playbooks` must be a list of 1 to 1000 playbooks",
                remedy: "begin each with `- name: NAME`, indented below `playbooks:`"
            )
            return []
        }
        var lines: [String: Int] = [:]
        var playbooks: [Located<Playbook>] = []
        for (index, element) in elements.enumerated() {
            guard let playbook = readPlaybook(element, "playbooks[\(index + 1)]") else { continue }
            if let line = lines[playbook.value.name], !playbook.value.name.isEmpty {
                problems.error(
                    playbook.mark,
                    "a second playbook `\(playbook.value.name)`, first in line \(line)",
                    remedy: "give each its own name"
                )
            }
            lines[playbook.value.name] = playbook.mark.line
            if let broad = playbooks.first(where: { $0.value.takesEverything }) {
                problems.warning(
                    playbook.mark,
                    "`\(playbook.value.name)` is never reached: `\(broad.value.name)` in line \(broad.mark.line) takes "
                        + "every incident",
                    remedy: "put the broad playbook last"
                )
            }
            playbooks.append(playbook)
        }
        return playbooks
    }

    private func readPlaybook(_ value: YAMLValue, _ path: String) -> Located<Playbook>? {
        guard
            let section = Section(
                value,
                path: path,
                known: [
                    "name", "match", "template", "parameters", "timeout", "deadline", "retention", "provision_within",
                ],
                problems
            )
        else { return nil }
        var name = ""
        var mark = section.mark
        if section.required("name", "restart-service") != nil, let text = section.text("name") {
            mark = text.mark
            name = text.value
            if !NameRule.playbook(name) {
                problems.error(
                    mark,
                    "`\(name.prefix(60))` cannot be the name of a playbook",
                    remedy: "use 1 to 40 small letters, digits and dashes"
                )
            }
        }
        var template: String?
        if let text = section.text("template", most: 36) {
            template = text.value
            if !NameRule.template(text.value) {
                problems.error(
                    text.mark,
                    "`\(path).template` is not a template's name or id",
                    remedy: NameRule.templateRemedy
                )
            }
        }
        let times = readTimes(section)
        return Located(
            value: Playbook(
                name: name,
                match: readMatch(section),
                template: template,
                parameters: readParameters(section),
                timeout: times.timeout,
                deadline: times.deadline,
                retention: times.retention,
                provisionWithin: times.provisionWithin
            ),
            mark: mark
        )
    }

    private func readMatch(_ playbook: Section) -> Playbook.Match {
        var match = Playbook.Match(services: [], severities: [], labels: [:], description: [])
        guard let section = playbook.section("match", known: ["services", "severities", "labels", "description"]) else {
            return match
        }
        match.services = section.texts("services", most: 1_000).map { Glob($0.value) }
        match.severities = readSeverities(section)
        for text in section.texts("description", most: 1_000) {
            let mention = Mention(text.value)
            if mention.isEmpty {
                problems.error(
                    text.mark,
                    "`\(text.value)` can be mentioned by no description",
                    remedy: "write a word, or a glob such as `load*`"
                )
            }
            match.description.append(mention)
        }
        if let labels = section.section("labels", known: nil) {
            for key in labels.keys {
                guard !key.text.isEmpty, key.text.unicodeScalars.count <= 200 else {
                    problems.error(key.mark, "a label's name must have 1 to 200 characters", remedy: "correct the name")
                    continue
                }
                if let glob = labels.text(key.text, most: 200) { match.labels[key.text] = Glob(glob.value) }
            }
        }
        return match
    }

    private func readParameters(_ playbook: Section) -> [String: TextTemplate] {
        guard let section = playbook.section("parameters", known: nil) else { return [:] }
        var parameters: [String: TextTemplate] = [:]
        for key in section.keys {
            guard NameRule.parameter(key.text) else {
                problems.error(
                    key.mark,
                    "`\(key.text.prefix(60))` cannot be the name of a parameter",
                    remedy: "use at most 64 letters, digits, dashes and underscores, beginning with a letter"
                )
                continue
            }
            guard !Policy.reservedParameters.contains(key.text) else {
                problems.error(
                    key.mark,
                    "Mendline itself sets the parameter `\(key.text)`",
                    remedy: "leave it out; the template gets it always"
                )
                continue
            }
            guard let text = section.text(key.text, most: 4_096) else { continue }
            parameters[key.text] = TextTemplate.check(
                text,
                section.name(of: key.text),
                problems,
                known: IncidentFacts.isPlace
            )
        }
        return parameters
    }

    private func readTimes(
        _ section: Section
    ) -> (timeout: Duration, deadline: Duration, retention: Duration, provisionWithin: Duration) {
        let day: Duration = .seconds(86_400)
        let times = (
            timeout: section.duration("timeout", default: .seconds(600), in: .seconds(1)...day),
            deadline: section.duration("deadline", default: .seconds(900), in: .seconds(2)...day * 7),
            retention: section.duration("retention", default: .seconds(600), in: .zero...day * 7),
            provisionWithin: section.duration("provision_within", default: .seconds(300), in: .seconds(1)...day)
        )
        if times.deadline <= times.timeout {
            problems.error(
                section.mark(of: "deadline"),
                "`\(section.path)` has a deadline of \(DurationText.format(times.deadline)) and a script timeout of "
                    + DurationText.format(times.timeout),
                remedy: "let the deadline be longer: it counts from the acceptance, the timeout from the script's start"
            )
        } else if times.provisionWithin >= times.deadline {
            problems.error(
                section.mark(of: "provision_within"),
                "`\(section.path)` may provision for \(DurationText.format(times.provisionWithin)), which is not within "
                    + "its deadline of \(DurationText.format(times.deadline))",
                remedy: "shorten `provision_within` or lengthen `deadline`"
            )
        } else if times.provisionWithin + times.timeout > times.deadline {
            problems.warning(
                section.mark(of: "deadline"),
                "the deadline can end a script of `\(section.path)` before its timeout does",
                remedy: "let `deadline` be at least `provision_within` + `timeout`, "
                    + DurationText.format(times.provisionWithin + times.timeout)
            )
        }
        return times
    }
}

extension Playbook {
    /// Whether it takes every incident that passes the gate.
    var takesEverything: Bool {
        (match.services.isEmpty || match.services.contains { $0.description == "*" }) && match.severities.isEmpty
            && match.labels.isEmpty && match.description.isEmpty
            && parameters.values.allSatisfy { $0.places.allSatisfy { !$0.hasPrefix("labels.") } }
    }
}
