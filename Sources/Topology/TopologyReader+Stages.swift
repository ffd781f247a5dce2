/// The `stages` section.
extension TopologyReader {
    private static let stageKeys = [
        "takes", "emits", "deliveries", "processes", "capacity", "lease", "retry", "give_up_after", "secrets",
        "command", "settings",
    ]
    /// Names of binaries that are no stages.
    private static let taken: Set<String> = [
        "intake", "metrics-sink", "mendline", "coder-simulator", "incident-simulator",
    ]
    /// Mendline's own stages, which need no `command`.
    private static let own: Set<String> = ["validator", "provisioner", "log-collector", "reporter"]

    mutating func readStages(_ root: Section) -> [StageConfiguration] {
        guard let value = root.required("stages", "{ validator: { takes: [incident.accepted] }, … }"),
            let section = Section(value, path: "stages", known: nil, problems)
        else {
            routes.isIncomplete = true
            return []
        }
        routes.mark = root.mark(of: "stages")
        guard (1...100).contains(section.keys.count) else {
            problems.error(section.mark, "\(section.keys.count) stages", remedy: "describe 1 to 100 stages")
            routes.isIncomplete = true
            return []
        }
        return section.keys.compactMap { readStage(section, $0) }
    }

    private mutating func readStage(_ stages: Section, _ key: YAMLKey) -> StageConfiguration? {
        let name = key.text
        guard NameRule.stage(name), !Self.taken.contains(name) else {
            problems.error(
                key.mark,
                "`\(name.prefix(60))` cannot be the name of a stage",
                remedy: Self.taken.contains(name)
                    ? "choose another name: this program is no stage"
                    : "use a small letter, then at most 30 small letters, digits and dashes"
            )
            routes.isIncomplete = true
            return nil
        }
        guard let section = stages.section(name, known: Self.stageKeys) else {
            routes.isIncomplete = true
            return nil
        }
        let command = section.has("command") ? section.texts("command", most: 100, each: 1_000).map(\.value) : nil
        if command == nil, !Self.own.contains(name) {
            problems.error(
                key.mark,
                "Mendline has no binary `\(name)`" + Suggestion.hint(for: name, among: Self.own),
                remedy: "add `command: [PROGRAM, ARGUMENT…]`"
            )
        }
        return StageConfiguration(
            name: name,
            takes: readTakes(section, key),
            emits: readEmits(section),
            deliveries: socket(section, in: stages, name, "deliveries", default: "ipc://{data}/sockets/\(name).ipc"),
            processes: section.integer("processes", default: 1, in: 0...256),
            capacity: section.integer("capacity", default: 64, in: StageConfiguration.capacityRange),
            // Hand-out + lease - 2 s is the last moment for an effect, so less than 3 s leaves no time to act.
            lease: section.duration("lease", default: .seconds(10), in: .seconds(3) ... .seconds(3_600)),
            retry: readRetry(section),
            giveUpAfter: section.duration("give_up_after", in: .seconds(1) ... .seconds(30 * 86_400))?.value,
            secrets: readSecrets(section, name),
            command: command,
            settings: readSettings(section)
        )
    }

    private mutating func readTakes(_ section: Section, _ stage: YAMLKey) -> [String] {
        guard section.required("takes", "[incident.accepted]") != nil else {
            routes.isIncomplete = true
            return []
        }
        let types = readTypes(section, "takes")
        if types.isEmpty { routes.isIncomplete = true }
        for type in types { routes.take(type, by: stage.text) }
        return types.map(\.value)
    }

    private mutating func readEmits(_ section: Section) -> [String] {
        let types = readTypes(section, "emits")
        routes.emitted.formUnion(types.map(\.value))
        return types.map(\.value)
    }

    private mutating func readTypes(_ section: Section, _ key: String) -> [Located<String>] {
        var seen: Set<String> = []
        var types: [Located<String>] = []
        for type in section.texts(key, most: 100) {
            let problem: (String, String)? =
                if !NameRule.eventType(type.value) {
                    (
                        "is not a type of event",
                        "write small letters with dots between the words, such as incident.accepted"
                    )
                } else if RouteCheck.control.contains(type.value) {
                    ("is a message of the protocol, not an event", "leave it out: it is never routed")
                } else if !seen.insert(type.value).inserted {
                    ("is listed twice", "keep one")
                } else {
                    nil
                }
            if let (message, remedy) = problem {
                problems.error(type.mark, "`\(type.value)` in `\(section.name(of: key))` \(message)", remedy: remedy)
                routes.isIncomplete = true
            } else {
                types.append(type)
            }
        }
        return types
    }

    private mutating func readSecrets(_ section: Section, _ name: String) -> Bool {
        let secrets = section.flag("secrets", default: false)
        if secrets { routes.withSecrets.insert(name) }
        return secrets
    }

    private func readRetry(_ stage: Section) -> RetryConfiguration {
        let range: ClosedRange<Duration> = .milliseconds(10) ... .seconds(86_400)
        var retry = RetryConfiguration(attempts: 10, first: .seconds(1), most: .seconds(60))
        guard let section = stage.section("retry", known: ["attempts", "first", "most"]) else { return retry }
        retry.attempts = section.integer("attempts", default: retry.attempts, in: 1...1_000_000)
        let first = section.duration("first", in: range)
        let most = section.duration("most", in: range)
        retry.first = first?.value ?? retry.first
        retry.most = most?.value ?? max(retry.most, retry.first)
        if retry.most < retry.first, !section.has("first") || first != nil {
            problems.error(
                section.mark(of: "most"),
                "the longest wait is shorter than the first one",
                remedy: "write `most` of at least \(DurationText.format(retry.first))"
            )
        }
        return retry
    }

    private func readSettings(_ stage: Section) -> [String: String] {
        guard let section = stage.section("settings", known: nil) else { return [:] }
        var settings: [String: String] = [:]
        for key in section.keys {
            guard NameRule.setting(key.text) else {
                problems.error(
                    key.mark,
                    "`\(key.text.prefix(60))` cannot be the name of a setting",
                    remedy: "use a small letter, then at most 60 small letters, digits, dots, dashes and underscores"
                )
                continue
            }
            // Only the data folder is known here: what else is in braces is for the stage to understand.
            settings[key.text] = section.text(key.text)?.value.replacing("{data}", with: paths.data)
        }
        return settings
    }
}
