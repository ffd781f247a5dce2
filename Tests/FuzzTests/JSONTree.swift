import Messages

/// JSON that may be wrong: keys twice, numbers of any size, words that are no words.
indirect enum JSONTree {
    case word(String)
    case text(String)
    case list([JSONTree])
    case members([Member])

    struct Member {
        var key: String
        var value: JSONTree
    }

    init(_ value: JSONValue) {
        switch value {
        case .null: self = .word("null")
        case .bool(let flag): self = .word("\(flag)")
        case .integer(let number): self = .word("\(number)")
        case .double(let number): self = .word("\(number)")
        case .string(let text): self = .text(text)
        case .array(let elements): self = .list(elements.map(JSONTree.init))
        // In an order of its own, so that a seed means the same in every run.
        case .object(let members):
            self = .members(members.sorted { $0.key < $1.key }.map { Member(key: $0.key, value: JSONTree($0.value)) })
        }
    }

    /// How many values it has, itself among them.
    var count: Int {
        switch self {
        case .word, .text: 1
        case .list(let elements): elements.reduce(1) { $0 + $1.count }
        case .members(let members): members.reduce(1) { $0 + $1.value.count }
        }
    }

    /// The value of a number below ``count``, counted from the top down.
    func value(_ number: Int) -> JSONTree {
        var found = self
        _ = changing(number) {
            found = $0
            return $0
        }
        return found
    }

    /// The tree with one of its values changed.
    func changing(_ number: Int, _ change: (JSONTree) -> JSONTree) -> JSONTree {
        var left = number
        return changing(&left, change)
    }

    private func changing(_ left: inout Int, _ change: (JSONTree) -> JSONTree) -> JSONTree {
        defer { left -= 1 }
        if left == 0 { return change(self) }
        guard left > 0 else { return self }
        switch self {
        case .word, .text: return self
        case .list(let elements):
            left -= 1
            defer { left += 1 }
            return .list(elements.map { $0.changing(&left, change) })
        case .members(let members):
            left -= 1
            defer { left += 1 }
            return .members(members.map { Member(key: $0.key, value: $0.value.changing(&left, change)) })
        }
    }

    /// The JSON, with white space and escapes as the dice have it.
    func bytes(_ dice: inout Dice) -> [UInt8] {
        var text = ""
        let isSpaced = dice.oneIn(8)
        let isEscaped = dice.oneIn(8)
        write(to: &text, isSpaced: isSpaced, isEscaped: isEscaped)
        return Array(text.utf8)
    }

    private func write(to text: inout String, isSpaced: Bool, isEscaped: Bool) {
        let space = isSpaced ? " \r\n\t" : ""
        func list<Elements: Collection>(
            _ ends: (String, String),
            _ elements: Elements,
            _ one: (Elements.Element) -> Void
        ) {
            text += ends.0
            for (index, element) in elements.enumerated() {
                text += index == 0 ? space : "," + space
                one(element)
            }
            text += ends.1
        }
        switch self {
        case .word(let word): text += word
        case .text(let content): text += Self.quoted(content, isEscaped)
        case .list(let elements):
            list(("[", "]"), elements) { $0.write(to: &text, isSpaced: isSpaced, isEscaped: isEscaped) }
        case .members(let members):
            list(("{", "}"), members) { member in
                text += Self.quoted(member.key, isEscaped) + space + ":"
                member.value.write(to: &text, isSpaced: isSpaced, isEscaped: isEscaped)
            }
        }
    }

    private static func quoted(_ text: String, _ isEscaped: Bool) -> String {
        var result = "\""
        for unit in text.unicodeScalars {
            if unit == "\"" || unit == "\\" {
                result += "\\\(unit)"
            } else if unit.value < 0x20 || isEscaped {
                for half in String(unit).utf16 {
                    let digits = String(half, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            } else {
                result.unicodeScalars.append(unit)
            }
        }
        return result + "\""
    }
}
