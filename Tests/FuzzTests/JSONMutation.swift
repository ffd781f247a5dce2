import Messages

/// Makes bad JSON of good JSON, knowing its structure.
enum JSONMutation {
    /// One of the examples, changed in a few places.
    static func make(of examples: [JSONValue], _ dice: inout Dice) -> [UInt8] {
        var tree = JSONTree(dice.pick(examples))
        for _ in 0...dice.below(4) {
            let place = dice.below(tree.count)
            let other = JSONTree(dice.pick(examples))
            let graft = other.value(dice.below(other.count))
            tree = tree.changing(place) { changed($0, graft, &dice) }
        }
        let bytes = tree.bytes(&dice)
        return dice.oneIn(4) ? ByteMutation.make(of: bytes, &dice) : bytes
    }

    private static func changed(_ tree: JSONTree, _ graft: JSONTree, _ dice: inout Dice) -> JSONTree {
        switch dice.below(8) {
        case 0: return graft
        case 1: return nested(tree, &dice)
        case 2: return .text(dice.pick(HostileText.texts))
        case 3: return .word(dice.pick(HostileText.words))
        default: break
        }
        switch tree {
        case .text(let text): return .text(HostileText.changed(text, &dice))
        case .members(let members) where !members.isEmpty: return .members(changed(members, graft, &dice))
        case .list(let elements) where !elements.isEmpty: return .list(changed(elements, graft, &dice))
        default: return .word(dice.pick(HostileText.words))
        }
    }

    private static func changed(
        _ members: [JSONTree.Member],
        _ graft: JSONTree,
        _ dice: inout Dice
    ) -> [JSONTree.Member] {
        var members = members
        let index = dice.below(members.count)
        switch dice.below(6) {
        case 0: members.remove(at: index)
        case 1: members.append(members[index])
        case 2: members[index].key = HostileText.changed(members[index].key, &dice)
        case 3: members.swapAt(index, dice.below(members.count))
        case 4: members[index].value = graft
        default:
            let key = members[index].key
            for number in 0..<dice.below(300) { members.append(JSONTree.Member(key: "\(key)\(number)", value: graft)) }
        }
        return members
    }

    private static func changed(_ elements: [JSONTree], _ graft: JSONTree, _ dice: inout Dice) -> [JSONTree] {
        var elements = elements
        let index = dice.below(elements.count)
        switch dice.below(4) {
        case 0: elements.remove(at: index)
        case 1: elements += Array(repeating: elements[index], count: dice.below(300))
        case 2: elements[index] = graft
        default: elements.swapAt(index, dice.below(elements.count))
        }
        return elements
    }

    /// The value inside lists or objects, as deep as decoders dislike.
    private static func nested(_ tree: JSONTree, _ dice: inout Dice) -> JSONTree {
        var tree = tree
        for _ in 0...(dice.oneIn(4) ? dice.below(600) : dice.below(40)) {
            tree = dice.oneIn(2) ? .list([tree]) : .members([JSONTree.Member(key: "a", value: tree)])
        }
        return tree
    }
}

/// Makes bad bytes of good ones, knowing nothing.
enum ByteMutation {
    static func make(of bytes: [UInt8], _ dice: inout Dice) -> [UInt8] {
        var bytes = bytes
        for _ in 0...dice.below(4) {
            let place = dice.below(bytes.count + 1)
            let end = min(place + dice.below(20), bytes.count)
            switch dice.below(7) {
            case 0: bytes.insert(UInt8(truncatingIfNeeded: dice.next()), at: place)
            case 1: bytes.removeSubrange(place..<end)
            case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 3: bytes.removeSubrange(place...)
            case 4: bytes.insert(contentsOf: Array(dice.pick(HostileText.texts).utf8), at: place)
            case 5: bytes.insert(contentsOf: [0xED, 0xA0, 0x80].prefix(1 + dice.below(3)), at: place)
            default: if place < bytes.count { bytes[place] ^= 1 << UInt8(dice.below(8)) }
            }
        }
        return bytes
    }
}
