/// Completes paths and addresses of a topology file.
struct PathResolver {
    /// The topology file's.
    var folder: String
    var data: String

    enum Failure: Error, Equatable {
        case unknownPlaceholder(String)
        case unclosedPlaceholder
    }

    /// Puts the data folder in the place of `{data}` and the topology's folder before a path that is relative.
    func path(_ text: String) throws(Failure) -> String {
        var rest = text[...]
        var result = ""
        while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}") else { throw .unclosedPlaceholder }
            let name = rest[rest.index(after: open)..<close]
            guard name == "data" else { throw .unknownPlaceholder(String(name)) }
            result += rest[..<open] + data
            rest = rest[rest.index(after: close)...]
        }
        result += rest
        let complete = result.hasPrefix("/") || text.hasPrefix("{data}")
        return PathText.normal(complete ? result : folder + "/" + result)
    }
}
