/// A text with places to fill: `{name}`; `{{` and `}}` stand for braces.
public struct TextTemplate: Hashable, Sendable {
    enum Piece: Hashable, Sendable {
        case text(String)
        case place(String)
    }

    let pieces: [Piece]

    /// The names of its places, in their order.
    public var places: [String] {
        pieces.compactMap { piece in
            if case .place(let name) = piece { name } else { nil }
        }
    }

    /// Reads a template; nil where a brace stands alone.
    public init?(_ source: String) {
        var pieces: [Piece] = []
        var text = ""
        var rest = source[...]
        while let character = rest.first {
            if rest.hasPrefix("{{") || rest.hasPrefix("}}") {
                text.append(character)
                rest = rest.dropFirst(2)
            } else if character == "{" {
                guard let close = rest.firstIndex(of: "}") else { return nil }
                if !text.isEmpty { pieces.append(.text(text)) }
                text = ""
                pieces.append(.place(String(rest[rest.index(after: rest.startIndex)..<close])))
                rest = rest[rest.index(after: close)...]
            } else if character == "}" {
                return nil
            } else {
                text.append(character)
                rest = rest.dropFirst()
            }
        }
        if !text.isEmpty { pieces.append(.text(text)) }
        self.pieces = pieces
    }

    /// Fills every place once; what is filled in is not looked at again, so a value cannot smuggle in a place.
    ///
    /// - Returns: nil where `value` is nil for a place.
    public func fill(_ value: (String) -> String?) -> String? {
        var result = ""
        for piece in pieces {
            switch piece {
            case .text(let text): result += text
            case .place(let name):
                guard let filled = value(name) else { return nil }
                result += filled
            }
        }
        return result
    }

    /// Reads a template of a file and refuses places that mean nothing.
    @discardableResult
    static func check(
        _ text: Located<String>,
        _ name: String,
        _ problems: ProblemList,
        known: (String) -> Bool
    ) -> TextTemplate? {
        guard let template = TextTemplate(text.value) else {
            problems.error(
                text.mark,
                "`\(name)` holds a single brace",
                remedy: "write `{{` or `}}` where a brace is meant"
            )
            return nil
        }
        let unknown = template.places.filter { !known($0) }
        for place in unknown {
            problems.error(
                text.mark,
                "`\(name)` holds `{\(place.prefix(60))}`, which means nothing here",
                remedy: "correct it, or write `{{` and `}}` where braces are meant"
            )
        }
        return unknown.isEmpty ? template : nil
    }
}
