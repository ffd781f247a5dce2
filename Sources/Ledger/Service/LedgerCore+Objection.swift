import Messages

/// What is not taken although it can be read, because it does not come from whom it should.
extension LedgerCore {
    /// The most processes of one stage that are kept in memory.
    static let maximumProcesses = 4096
    /// The most bytes of an instance's name.
    static let maximumInstanceBytes = 200
    /// The most bytes of what a process says of its trouble.
    static let maximumTroubleBytes = 4096

    /// Why a message is not taken from its sender; nil where it is.
    ///
    /// The source must be of a stage, a key must be admitted for it, and what it answers must be a delivery of that
    /// stage that was handed out. The core itself decides by the delivery and the attempt alone.
    func objection(to message: Message, from sender: FrameSender) -> String? {
        let stage = Self.stage(ofSource: message.source)
        guard let stage, stages[stage] != nil else { return "the topology has no stage of the source" }
        if case .key(let key, let allowed) = sender, !allowed.contains(stage) {
            return "the key \(key) is not admitted for the stage \(stage)"
        }
        switch message.type {
        case .stageHeartbeat: return objection(toHeartbeat: message.data, of: stage, from: message.source)
        case .deliverySettled, .deliveryProgress: return objection(toAnswer: message.data, of: stage)
        default: return nil
        }
    }

    private func objection(toHeartbeat data: JSONValue, of stage: String, from source: String) -> String? {
        guard data["stage"]?.string == stage else { return "the heartbeat is of another stage than its source" }
        guard let instance = data["instance"]?.string else { return nil }
        guard instance.utf8.count <= Self.maximumInstanceBytes else {
            return "the instance has a name of more than \(Self.maximumInstanceBytes) bytes"
        }
        guard (data["trouble"]?.string?.utf8.count ?? 0) <= Self.maximumTroubleBytes else {
            return "the trouble has more than \(Self.maximumTroubleBytes) bytes"
        }
        // What the process answers is its own where it comes from the instance that holds it.
        guard source == "/\(stage)/\(instance)" else {
            return "the heartbeat's source is not /\(stage)/INSTANCE with the instance that it names"
        }
        let processes = stages[stage]?.processes ?? [:]
        guard processes[instance] != nil || processes.count < Self.maximumProcesses else {
            return "the stage has \(Self.maximumProcesses) processes already"
        }
        return nil
    }

    private func objection(toAnswer data: JSONValue, of stage: String) -> String? {
        guard let id = data["deliveryid"]?.string else { return nil }
        guard let delivery = deliveries[id] else {
            // A workspace counts however late it is told of, so nobody else may tell of one.
            guard role(of: stage) != .provisions, Self.tellsOfWorkspace(data) else { return nil }
            return "the stage \(stage) makes no workspaces"
        }
        guard delivery.record.stage == stage else {
            return "the delivery is of the stage \(delivery.record.stage), not of \(stage)"
        }
        guard let attempt = data["attempt"]?.string.flatMap(Attempt.init) else { return nil }
        guard attempt.epoch < epoch || (attempt.epoch == epoch && attempt.number <= delivery.handOuts) else {
            return "the delivery was never handed out as \(attempt)"
        }
        return nil
    }

    private static func tellsOfWorkspace(_ data: JSONValue) -> Bool {
        guard case .array(let events) = data["events"] else { return false }
        return events.contains { $0["type"]?.string == EventType.workspaceCreated.rawValue }
    }

    /// `validator` of `/validator/host-7/4121`; nil where it has another form.
    static func stage(ofSource source: String) -> String? {
        guard source.hasPrefix("/") else { return nil }
        let parts = source.dropFirst().split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 ? parts.first.map(String.init) : nil
    }

    /// Takes a frame of a stage: its message, or a dead letter.
    mutating func take(_ frame: ReadFrame, at now: Moment) {
        switch frame.content {
        case .failure(let error): refuse(frame.bytes, reason: error.what, at: now)
        case .success(let message):
            guard let objection = objection(to: message, from: frame.sender) else {
                return take(message, bytes: frame.bytes, at: now)
            }
            self.now = now
            deadLetter(source: message.source, reason: objection, bytes: frame.bytes)
        }
    }
}

extension LedgerCore.Batch {
    /// What was refused.
    var deadLetters: [DeadLetter] {
        changes.compactMap { change in
            guard case .deadLetter(let letter) = change else { return nil }
            return letter
        }
    }
}
