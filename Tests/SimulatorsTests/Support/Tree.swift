import Foundation

/// A JSON answer to look around in.
enum Tree: Decodable, Equatable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([Tree])
    case object([String: Tree])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([Tree].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: Tree].self))
        }
    }

    /// A member; nil where there is none.
    subscript(_ name: String) -> Tree? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    /// An element; nil where there is none.
    subscript(_ index: Int) -> Tree? {
        if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { nil }
    }

    /// What is at a path of names and indices, such as `workspaces.0.id`.
    func at(_ path: String) -> Tree? {
        var tree: Tree? = self
        for part in path.split(separator: ".") {
            tree = if let index = Int(part) { tree?[index] } else { tree?[String(part)] }
        }
        return tree
    }

    var text: String? { if case .string(let value) = self { value } else { nil } }
    var int: Int? { if case .number(let value) = self { Int(value) } else { nil } }
    var flag: Bool? { if case .bool(let value) = self { value } else { nil } }
    var elements: [Tree] { if case .array(let value) = self { value } else { [] } }
    var names: Set<String> { if case .object(let value) = self { Set(value.keys) } else { [] } }
}
