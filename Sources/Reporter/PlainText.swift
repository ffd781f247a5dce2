/// Text from logs and stages made fit to be read anywhere: no escape sequences, no control characters, bounded.
enum PlainText {
    /// One line of at most so many bytes of UTF-8; what is longer ends with `…`.
    static func line(_ text: String, most: Int) -> String {
        cut(clean(text), most: most)
    }

    /// The first lines that fit, indented, each of at most 500 bytes; a last line says how many do not.
    static func head(_ lines: [String], most: Int) -> [String] {
        var kept: [String] = []
        var room = most
        for text in lines {
            let line = indented(text)
            room -= line.utf8.count + 1
            guard room >= 0 else { break }
            kept.append(line)
        }
        let left = lines.count - kept.count
        return left == 0 ? kept : kept + ["  … \(left) more"]
    }

    /// The last lines that fit, indented, each of at most 500 bytes; a first line says how many do not.
    static func tail(_ lines: [String], most: Int) -> [String] {
        var kept: [String] = []
        var room = most
        for text in lines.reversed() {
            let line = indented(text)
            room -= line.utf8.count + 1
            guard room >= 0 else { break }
            kept.append(line)
        }
        let left = lines.count - kept.count
        return (left == 0 ? [] : ["  … \(left) earlier"]) + kept.reversed()
    }

    private static func indented(_ text: String) -> String { "  " + line(text, most: 500) }

    private static func cut(_ text: String, most: Int) -> String {
        guard text.utf8.count > most else { return text }
        var result = ""
        var room = most - "…".utf8.count
        for scalar in text.unicodeScalars {
            room -= UTF8.width(scalar)
            guard room >= 0 else { break }
            result.unicodeScalars.append(scalar)
        }
        return result + "…"
    }

    /// Drops escape sequences (ECMA-48: CSI, OSC and two-character ones), control characters, and what turns the
    /// direction of text; line breaks and tabs become spaces.
    private static func clean(_ text: String) -> String {
        // Nearly every text is one of these.
        guard !text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { return text }
        var result = ""
        var scalars = text.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            switch scalar.value {
            case 0x1B: skipSequence(&scalars)
            case 0x09, 0x0A, 0x0D, 0x85, 0x2028, 0x2029: result.unicodeScalars.append(" ")
            case 0..<0x20, 0x7F...0x9F, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: break
            default: result.unicodeScalars.append(scalar)
            }
        }
        return String(result.reversed().drop { $0 == " " }.reversed())
    }

    private static func skipSequence(_ scalars: inout String.UnicodeScalarView.Iterator) {
        switch scalars.next()?.value {
        case UInt32(UInt8(ascii: "[")):
            while let next = scalars.next(), !(0x40...0x7E).contains(next.value) {}
        case UInt32(UInt8(ascii: "]")):
            var last: UInt32 = 0
            while let next = scalars.next()?.value, next != 0x07, !(last == 0x1B && next == UInt32(UInt8(ascii: "\\")))
            {
                last = next
            }
        default: break
        }
    }
}
