import Foundation

/// Makes bad YAML of good YAML, knowing that it has lines, keys and depths.
enum LineMutation {
    static func make(of examples: [String], _ dice: inout Dice) -> [UInt8] {
        var lines = dice.pick(examples).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for _ in 0...dice.below(5) where !lines.isEmpty {
            let index = dice.below(lines.count)
            switch dice.below(9) {
            case 0: lines.remove(at: index)
            case 1: lines.insert(lines[index], at: dice.below(lines.count))
            case 2: lines.swapAt(index, dice.below(lines.count))
            case 3: lines[index] = String(repeating: " ", count: dice.below(12)) + lines[index].drop { $0 == " " }
            case 4: lines[index] = withOtherValue(lines[index], &dice)
            case 5: lines[index] = HostileText.changed(lines[index], &dice)
            case 6:
                let other = dice.pick(examples).split(separator: "\n", omittingEmptySubsequences: false)
                lines.insert(String(other[dice.below(other.count)]), at: index)
            case 7: lines.insert(contentsOf: lines.suffix(from: index).prefix(dice.below(40)), at: index)
            default:
                lines[index] = String(repeating: dice.pick(["[", "{a: ", "- ", "? ", "&a "]), count: dice.below(400))
            }
        }
        let bytes = Array(lines.joined(separator: "\n").utf8)
        return dice.oneIn(4) ? ByteMutation.make(of: bytes, &dice) : bytes
    }

    private static func withOtherValue(_ line: String, _ dice: inout Dice) -> String {
        guard let colon = line.firstIndex(of: ":") else { return dice.pick(HostileText.texts) }
        let value = dice.oneIn(2) ? dice.pick(HostileText.words) : dice.pick(HostileText.texts)
        return line[...colon] + " " + (dice.oneIn(2) ? value : "\"\(value)\"")
    }
}
