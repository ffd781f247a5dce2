import CoderAPI
import Messages
import StageKit

extension Provisioner {
    /// Lists the workspaces that carry this installation's mark; the ledger knows which of them may go.
    func sweep(_ delivery: Delivery, _ hand: Hand) async throws -> [CausedEvent] {
        let installation = delivery.context.installation
        let query = "owner:\(coder.owner.lowercased()) name:\(SweepPages.namePrefix)"
        var known: Set<String> = []
        var seen: [WorkspacesSeen.Seen] = []
        var offset = 0
        while true {
            let start = offset
            let list = try await plainCall(
                hand,
                { () throws(CoderError) in
                    try await coder.workspaces(matching: query, limit: configuration.sweepPage, offset: start)
                }
            )
            // While others start a page may repeat one, or miss one: the next sweep sees it.
            let candidates = list.workspaces.filter {
                $0.name.lowercased().hasPrefix(SweepPages.namePrefix) && known.insert($0.id).inserted
            }
            seen += try await mapConcurrently(candidates, limit: configuration.sweepConcurrency) { workspace in
                try await mark(of: workspace, installation: installation, hand)
            }.compactMap(\.self)
            offset += configuration.sweepPage
            if offset >= list.count { break }
        }
        var pages = try SweepPages.make(seen)
        // The answer is one message of bounded size, so all pages but the last go ahead of it.
        let last = pages.removeLast()
        for page in pages { try await hand.progress([try CausedEvent(page)]) }
        return [try CausedEvent(last)]
    }

    private func mark(
        of workspace: Workspace,
        installation: String,
        _ hand: Hand
    ) async throws -> WorkspacesSeen.Seen? {
        let parameters: [String: String]
        do {
            parameters = try await call { () throws(CoderError) in
                try await coder.parameters(ofBuild: workspace.latestBuild.id)
            }
        } catch {
            // It was deleted since the list was made.
            if error.kind == .notFound || error.kind == .gone { return nil }
            throw answer(to: error, hand)
        }
        guard parameters[ParameterName.installation] == installation,
            let incident = parameters[ParameterName.incidentID], !incident.isEmpty
        else { return nil }
        return WorkspacesSeen.Seen(workspace: reference(to: workspace), incidentID: incident)
    }
}

/// What a sweep saw, in events that fit into messages.
enum SweepPages {
    /// What the names of all workspaces begin with that Mendline makes.
    static let namePrefix = "m-"
    /// The most bytes of a page's JSON; a message may have 1 MiB.
    static let mostBytes = 512 << 10

    /// At least one page, which may be empty.
    static func make(_ seen: [WorkspacesSeen.Seen], mostBytes: Int = mostBytes) throws(MessageError) -> [WorkspacesSeen]
    {
        var pages: [WorkspacesSeen] = []
        var page: [WorkspacesSeen.Seen] = []
        var bytes = 0
        for one in seen {
            let size = try MessageCoding.encode(one).count + 1
            if bytes + size > mostBytes, !page.isEmpty {
                pages.append(WorkspacesSeen(workspaces: page))
                page = []
                bytes = 0
            }
            page.append(one)
            bytes += size
        }
        return pages + [WorkspacesSeen(workspaces: page)]
    }
}

/// The results of a function for all elements, in their order, with so many calls at once.
private func mapConcurrently<Element: Sendable, Result: Sendable>(
    _ elements: [Element],
    limit: Int,
    _ body: @escaping @Sendable (Element) async throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
        var results = [Result?](repeating: nil, count: elements.count)
        for (index, element) in elements.enumerated() {
            if index >= max(limit, 1), let (done, result) = try await group.next() { results[done] = result }
            group.addTask { (index, try await body(element)) }
        }
        for try await (done, result) in group { results[done] = result }
        return results.compactMap(\.self)
    }
}
