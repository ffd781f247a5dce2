import Foundation
import Messages

/// The message contract as it is published under `topology/messages`, and the source that must agree with it.
enum PublishedContract {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The names of the examples, each without its ending.
    static let exampleNames = names(in: "topology/messages/examples")
    /// The names of the schemas, each without its ending.
    static let schemaNames = names(in: "topology/messages/schemas")

    static func example(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: root.appending(path: "topology/messages/examples/\(name).json")))
    }

    static func schema(_ name: String) throws -> JSONValue {
        let data = try Data(contentsOf: root.appending(path: "topology/messages/schemas/\(name).json"))
        return try MessageCoding.decode(JSONValue.self, from: Array(data))
    }

    static func source(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: "Sources/\(path)"), encoding: .utf8)
    }

    /// Every Swift file of a folder and those in it.
    static func sources(in folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: "Sources/\(folder)").path)
            .filter { $0.hasSuffix(".swift") }.map { try source("\(folder)/\($0)") }
    }

    /// The types that the contract has, as its source names them.
    static func types() throws -> Set<String> {
        let found = try source("Messages/EventType.swift")
            .matches(of: /static let \w+ = EventType\(rawValue: "([^"]+)"\)/)
        return Set(found.map { String($0.1) })
    }

    private static func names(in folder: String) -> [String] {
        let files = try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
        return (files ?? []).filter { $0.hasSuffix(".json") }.map { String($0.dropLast(".json".count)) }.sorted()
    }
}
