import Messages
import Testing

/// The published schemas name every type and every word that the source has.
///
/// What they say of each field is held to the types by `Tests/Contract/messages.py`.
@Suite("Message schemas")
struct MessageSchemaTests {
    @Test func everyTypeHasASchema() throws {
        let expected = try PublishedContract.types().union(["common", "delivery", "envelope"])
        #expect(Set(PublishedContract.schemaNames) == expected)
    }

    /// A word that only the source has would be written and then refused by whoever goes by the schema.
    @Test func everyWordOfAnEnumerationIsInASchema() throws {
        let schemas = try PublishedContract.schemaNames.map { try PublishedContract.schema($0) }
        let published = schemas.flatMap(Self.enumerations(in:))
        let sources = try PublishedContract.sources(in: "Messages") + [PublishedContract.source("Metrics/Sample.swift")]
        let written = sources.flatMap(Self.enumerations(inSource:)) + [try Self.outcomes()]
        for name in ["succeeded", "erase", "histogram", "sum", "deferred"] {
            #expect(written.contains { $0.contains(name) }, "the source is read: \(written)")
        }
        for words in written { #expect(published.contains(words), "\(words.sorted()) is in no schema") }
    }

    /// The words of each `enum` in a schema.
    private static func enumerations(in schema: JSONValue) -> [Set<String>] {
        switch schema {
        case .array(let elements): return elements.flatMap(enumerations(in:))
        case .object(let members):
            return members.flatMap { name, value in
                guard name == "enum", case .array(let words) = value else { return enumerations(in: value) }
                return [Set(words.compactMap(\.string))]
            }
        default: return []
        }
    }

    /// The words of each enumeration that is written as a string.
    private static func enumerations(inSource source: String) -> [Set<String>] {
        source.matches(of: /( *)public enum \w+: String,.*\{\n((?:.*\n)*?)\1\}\n/).map { found in
            let cases = found.2.matches(of: /\n? *case (\w+)(?: = "(\w+)")?\n/)
            return Set(cases.map { String($0.2 ?? $0.1) })
        }
    }

    /// The outcomes are written by hand.
    private static func outcomes() throws -> Set<String> {
        let found = try PublishedContract.source("Messages/Control.swift")
            .matches(of: /encode\("(\w+)", forKey: \.outcome\)/)
        return Set(found.map { String($0.1) })
    }
}
