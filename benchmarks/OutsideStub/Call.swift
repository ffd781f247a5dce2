import Foundation
import NIOHTTP1

/// What a request asks for.
struct Call {
    /// The kinds of requests; their raw values are their names in `GET /counts`.
    enum Kind: String, CaseIterable {
        case createWorkspace = "create_workspace"
        case findWorkspace = "find_workspace"
        case getWorkspace = "get_workspace"
        case listWorkspaces = "list_workspaces"
        case requestBuild = "request_build"
        case cancelBuild = "cancel_build"
        case buildLogs = "build_logs"
        case buildParameters = "build_parameters"
        case buildTimings = "build_timings"
        case agentLogs = "agent_logs"
        case templates
        case user
        case buildInfo = "build_info"
        case getIncident = "get_incident"
        case patchIncident = "patch_incident"
        case getComments = "get_comments"
        case postComment = "post_comment"
        case counts
        case unknown

        /// Whether the answer depends on the body.
        var readsBody: Bool { self == .createWorkspace || self == .requestBuild }
    }

    let kind: Kind
    /// The name or id that the path names.
    var subject: Substring = ""
    /// Everything behind the question mark, percent-encoded.
    var query: Substring = ""

    /// Reads the first line of a request.
    init(_ method: HTTPMethod, _ uri: String) {
        var path = uri[...]
        if let mark = path.utf8.firstIndex(of: UInt8(ascii: "?")) {
            query = path[path.utf8.index(after: mark)...]
            path = path[..<mark]
        }
        var parts = PathParts(path)
        switch parts.next() {
        case "api":
            switch parts.next() {
            case "v2": (kind, subject) = Self.coder(method, &parts)
            case "incidents": kind = Self.incidents(method, &parts)
            default: kind = .unknown
            }
        case "counts": kind = .counts
        default: kind = .unknown
        }
    }

    /// A value of the query, percent-decoded.
    func value(_ name: String) -> String? {
        for pair in query.split(separator: "&") where pair.hasPrefix(name) && pair.dropFirst(name.count).first == "=" {
            return pair.dropFirst(name.count + 1).removingPercentEncoding
        }
        return nil
    }

    private static func coder(_ method: HTTPMethod, _ parts: inout PathParts) -> (Kind, Substring) {
        switch (parts.next(), method) {
        case ("users", _):
            let user = parts.next()
            switch (parts.next(), method) {
            case ("workspaces", .POST): return (.createWorkspace, user)
            case ("workspace", .GET): return (.findWorkspace, parts.next())
            case ("", .GET): return (.user, user)
            default: return (.unknown, user)
            }
        case ("workspaces", _):
            let id = parts.next()
            switch (parts.next(), method) {
            case ("", .GET): return (id.isEmpty ? .listWorkspaces : .getWorkspace, id)
            case ("builds", .POST): return (.requestBuild, id)
            default: return (.unknown, id)
            }
        case ("workspacebuilds", _):
            let id = parts.next()
            switch (parts.next(), method) {
            case ("logs", .GET): return (.buildLogs, id)
            case ("timings", .GET): return (.buildTimings, id)
            case ("parameters", .GET): return (.buildParameters, id)
            case ("cancel", .PATCH): return (.cancelBuild, id)
            default: return (.unknown, id)
            }
        case ("workspaceagents", .GET):
            let id = parts.next()
            return (parts.next() == "logs" ? .agentLogs : .unknown, id)
        case ("templates", .GET): return (.templates, "")
        case ("buildinfo", .GET): return (.buildInfo, "")
        default: return (.unknown, "")
        }
    }

    private static func incidents(_ method: HTTPMethod, _ parts: inout PathParts) -> Kind {
        let id = parts.next()
        switch (parts.next(), method) {
        case ("", .GET) where !id.isEmpty: return .getIncident
        case ("", .PATCH) where !id.isEmpty: return .patchIncident
        case ("comments", .GET): return .getComments
        case ("comments", .POST): return .postComment
        default: return .unknown
        }
    }
}

/// The parts of a path between its slashes, one after the other; empty ones behind its end.
private struct PathParts {
    private var rest: Substring

    init(_ path: Substring) { rest = path.dropFirst() }

    mutating func next() -> Substring {
        guard let slash = rest.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            defer { rest = "" }
            return rest
        }
        defer { rest = rest[rest.utf8.index(after: slash)...] }
        return rest[..<slash]
    }
}
