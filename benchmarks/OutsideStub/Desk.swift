import Foundation
import NIOCore
import Synchronization

/// Answers requests; one for all connections.
final class Desk: Sendable {
    private struct State {
        var world = World()
        var counts = [Int](repeating: 0, count: Call.Kind.allCases.count)
    }

    private struct Patterns {
        let created: Pattern
        let started: Pattern
        let stopped: Pattern
        let stopBuild = Pattern(Texts.build(.stopped))
        let deleteBuild = Pattern(Texts.build(.deleted))
        let buildLog = Pattern(Texts.buildLog)
        let agentLog = Pattern(Texts.agentLog)
        let timings = Pattern(Texts.timings)
        let parameters = Pattern(Texts.parameters)

        init(template: String) {
            created = Pattern(Texts.workspace(.created, template: template))
            started = Pattern(Texts.workspace(.started, template: template))
            stopped = Pattern(Texts.workspace(.stopped, template: template))
        }

        /// The workspace as it is now; nil where it is deleted.
        func workspace(_ state: Workspace.State) -> Pattern? {
            switch state {
            case .started: started
            case .stopped: stopped
            case .deleted: nil
            }
        }
    }

    private struct Fixed {
        let templates: ByteBuffer
        let none = Answer.whole(.ok, "[]")
        let user = Answer.whole(.ok, Texts.user)
        let buildInfo = Answer.whole(.ok, Texts.buildInfo)
        let incident = Answer.whole(.ok, Texts.incident)
        let comments = Answer.whole(.ok, Texts.comments)
        let comment = Answer.whole(.created, Texts.comment)
        let notFound = Answer.whole(.notFound, Texts.error("Resource not found or you do not have access to it"))
        let gone = Answer.whole(.gone, Texts.error("The workspace was deleted."))
        let taken = Answer.whole(.conflict, Texts.error("A workspace of this name already exists."))
        let malformed = Answer.whole(.badRequest, Texts.error("The body is not what was expected."))
        let ended = Answer.whole(.badRequest, Texts.error("The build has ended already."))

        init(template: String) { templates = Answer.whole(.ok, Texts.templates(named: template)) }
    }

    private static let kindIndex = Dictionary(
        uniqueKeysWithValues: Call.Kind.allCases.enumerated().map { ($0.element, $0.offset) }
    )

    private let template: String
    private let patterns: Patterns
    private let fixed: Fixed
    private let state = Mutex(State())

    init(template: String) {
        self.template = template
        patterns = Patterns(template: template)
        fixed = Fixed(template: template)
    }

    /// The whole answer to a request.
    func answer(to call: Call, body: ByteBuffer) -> ByteBuffer {
        state.withLock { state in
            if let index = Self.kindIndex[call.kind] { state.counts[index] += 1 }
            switch call.kind {
            case .createWorkspace: return create(body, &state.world)
            case .findWorkspace:
                let name = call.subject.removingPercentEncoding ?? ""
                return workspace(state.world.number(named: name), state.world)
            case .getWorkspace: return workspace(NumberText.number(ofID: call.subject), state.world)
            case .listWorkspaces: return list(call, state.world)
            case .requestBuild: return build(call, body, &state.world)
            case .cancelBuild: return fixed.ended
            case .buildLogs: return log(patterns.buildLog, call, state.world)
            case .agentLogs: return log(patterns.agentLog, call, state.world)
            case .buildTimings:
                guard let number = number(call, state.world) else { return fixed.notFound }
                state.world.unlist(number)
                return fill(patterns.timings, number, state.world)
            case .buildParameters:
                guard let number = number(call, state.world) else { return fixed.notFound }
                return fill(patterns.parameters, number, state.world)
            case .templates:
                return call.value("q") == "exact_name:\(template.lowercased())" ? fixed.templates : fixed.none
            case .user: return fixed.user
            case .buildInfo: return fixed.buildInfo
            case .getIncident, .patchIncident: return fixed.incident
            case .getComments: return fixed.comments
            case .postComment: return fixed.comment
            case .counts: return counts(state)
            case .unknown: return fixed.notFound
            }
        }
    }

    private func create(_ body: ByteBuffer, _ world: inout World) -> ByteBuffer {
        guard let body = try? CreateBody(Array(body.readableBytesView)) else { return fixed.malformed }
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        guard let number = world.create(body, now: now) else { return fixed.taken }
        return fill(patterns.created, number, world, .created)
    }

    private func workspace(_ number: Int?, _ world: World) -> ByteBuffer {
        guard let number, world.workspaces.indices.contains(number) else { return fixed.notFound }
        guard let pattern = patterns.workspace(world.workspaces[number].state) else { return fixed.gone }
        return fill(pattern, number, world)
    }

    /// Stops or deletes at once.
    private func build(_ call: Call, _ body: ByteBuffer, _ world: inout World) -> ByteBuffer {
        guard let number = number(call, world) else { return fixed.notFound }
        guard world.workspaces[number].state != .deleted else { return fixed.gone }
        switch try? Self.transition(Array(body.readableBytesView)) {
        case "stop":
            world.stop(number)
            return fill(patterns.stopBuild, number, world, .created)
        case "delete":
            let answer = fill(patterns.deleteBuild, number, world, .created)
            world.delete(number)
            return answer
        default: return fixed.malformed
        }
    }

    private static func transition(_ bytes: [UInt8]) throws(JSONScanner.Malformed) -> String? {
        var scanner = JSONScanner(bytes)
        var transition: String?
        try scanner.members { key, scanner throws(JSONScanner.Malformed) in
            if key == "transition" { transition = try scanner.text() } else { try scanner.skip() }
        }
        return transition
    }

    /// A log has two lines, 1 and 2.
    private func log(_ pattern: Pattern, _ call: Call, _ world: World) -> ByteBuffer {
        guard let number = number(call, world) else { return fixed.notFound }
        return call.value("after").flatMap(Int.init) ?? 0 >= 1 ? fixed.none : fill(pattern, number, world)
    }

    /// Those with the ids that are asked for, else all that lists show.
    private func list(_ call: Call, _ world: World) -> ByteBuffer {
        let query = call.value("q") ?? ""
        let numbers =
            query.hasPrefix("id:")
            ? query.dropFirst(3).split(separator: ",").compactMap { NumberText.number(ofID: $0) }.filter {
                world.workspaces.indices.contains($0) && world.workspaces[$0].state != .deleted
            } : world.listed
        var page = numbers[...].dropFirst(call.value("offset").flatMap(Int.init) ?? 0)
        if let limit = call.value("limit").flatMap(Int.init), limit > 0 { page = page.prefix(limit) }
        let (start, end) = (#"{"workspaces":["#, #"],"count":\#(numbers.count)}"#)
        let length = page.reduce(start.utf8.count + end.utf8.count + max(page.count - 1, 0)) { length, number in
            let workspace = world.workspaces[number]
            return length + (patterns.workspace(workspace.state)?.length(workspace) ?? 0)
        }
        var buffer = Answer.head(.ok, bodyLength: length)
        buffer.writeString(start)
        for (index, number) in page.enumerated() {
            if index > 0 { buffer.writeStaticString(",") }
            let workspace = world.workspaces[number]
            patterns.workspace(workspace.state)?.write(workspace, number, into: &buffer)
        }
        buffer.writeString(end)
        return buffer
    }

    /// The workspace that the call's id belongs to.
    private func number(_ call: Call, _ world: World) -> Int? {
        guard let number = NumberText.number(ofID: call.subject), world.workspaces.indices.contains(number) else {
            return nil
        }
        return number
    }

    private func fill(
        _ pattern: Pattern,
        _ number: Int,
        _ world: World,
        _ status: Answer.Status = .ok
    ) -> ByteBuffer {
        let workspace = world.workspaces[number]
        var buffer = Answer.head(status, bodyLength: pattern.length(workspace))
        pattern.write(workspace, number, into: &buffer)
        return buffer
    }

    private func counts(_ state: State) -> ByteBuffer {
        let kinds = zip(Call.Kind.allCases, state.counts).map { #""\#($0.rawValue)":\#($1)"# }
        let total = state.counts.reduce(0, +)
        return Answer.whole(
            .ok,
            #"{"requests":\#(total),"workspaces":\#(state.world.workspaces.count),"listed":\#(state.world.listed.count),"#
                + kinds.joined(separator: ",") + "}"
        )
    }
}
