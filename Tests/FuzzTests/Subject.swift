import Foundation
import Messages

/// Something that reads what comes from outside, and what must hold of it beyond that it comes back.
struct Subject: Sendable {
    enum Examples: Sendable {
        case json([JSONValue])
        case lines([String])
    }

    var name: String
    var examples: Examples
    /// Throws ``Broken`` where something does not hold; that it refuses its input is no error.
    var take: @Sendable ([UInt8]) throws -> Void

    /// The input of a seed: the same in every run.
    func input(_ seed: UInt64) -> [UInt8] {
        var dice = Dice(seed: seed)
        switch examples {
        case .json(let examples): return JSONMutation.make(of: examples, &dice)
        case .lines(let examples): return LineMutation.make(of: examples, &dice)
        }
    }

    static let all: [Subject] = requests + messages + answers + files

    static func named(_ name: String) -> Subject? { all.first { $0.name == name } }
}

/// What must hold and does not.
struct Broken: Error, CustomStringConvertible {
    var description: String

    static func unless(_ holds: Bool, _ what: @autoclosure () -> String) throws {
        if !holds { throw Broken(description: what()) }
    }
}

/// The files of the repository that serve as examples.
enum ExampleFiles {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func text(_ path: String) -> String {
        guard let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8) else {
            fatalError("\(path) is not there")
        }
        return text
    }

    static func json(_ text: String) -> JSONValue {
        guard let value = try? MessageCoding.decode(JSONValue.self, from: Array(text.utf8)) else {
            fatalError("not JSON: \(text)")
        }
        return value
    }

    /// The types that the message contract has, as its source names them.
    static func contractTypes() -> [String] {
        text("Sources/Messages/EventType.swift").matches(of: /static let \w+ = EventType\(rawValue: "([^"]+)"\)/)
            .map { String($0.1) }
    }

    /// The golden examples of the message contract, by name.
    static let messages: [String: JSONValue] = {
        let folder = root.appending(path: "topology/messages/examples").path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return Dictionary(
            uniqueKeysWithValues: names.map { ($0, json(text("topology/messages/examples/\($0)"))) }
        )
    }()
}
