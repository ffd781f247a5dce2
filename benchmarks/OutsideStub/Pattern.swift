import NIOCore

/// A JSON text with holes, cut up once and filled in for each workspace.
///
/// The holes are `{number}`, the last twelve digits of all its ids, `{time}`, `{name}`, `{incident}` and `{installation}`.
struct Pattern {
    private enum Piece {
        case bytes(ByteBuffer)
        case number, time, name, incident, installation
    }

    private let pieces: [Piece]
    private var fixedLength = 0
    private var names = 0
    private var incidents = 0
    private var installations = 0

    init(_ text: String) {
        var pieces: [Piece] = []
        var rest = text[...]
        func takeBytes(to end: Substring.Index) {
            if end > rest.startIndex { pieces.append(.bytes(ByteBuffer(string: String(rest[..<end])))) }
        }
        let holes: [(String, Piece)] = [
            ("{number}", .number), ("{time}", .time), ("{name}", .name), ("{incident}", .incident),
            ("{installation}", .installation),
        ]
        var place = rest.startIndex
        while place < rest.endIndex {
            if rest[place] == "{", let (mark, hole) = holes.first(where: { rest[place...].hasPrefix($0.0) }) {
                takeBytes(to: place)
                pieces.append(hole)
                rest = rest[place...].dropFirst(mark.count)
                place = rest.startIndex
            } else {
                place = rest.index(after: place)
            }
        }
        takeBytes(to: rest.endIndex)
        self.pieces = pieces
        for piece in pieces {
            switch piece {
            case .bytes(let buffer): fixedLength += buffer.readableBytes
            case .number: fixedLength += NumberText.length
            case .time: fixedLength += TimeText.length
            case .name: names += 1
            case .incident: incidents += 1
            case .installation: installations += 1
            }
        }
    }

    /// How many bytes the text for a workspace has.
    func length(_ workspace: Workspace) -> Int {
        fixedLength + names * workspace.name.utf8.count + incidents * workspace.incidentID.utf8.count
            + installations * workspace.installation.utf8.count
    }

    /// Writes the text for a workspace.
    func write(_ workspace: Workspace, _ number: Int, into buffer: inout ByteBuffer) {
        let time = TimeText.bytes(workspace.createdAt)
        let digits = NumberText.bytes(number)
        for piece in pieces {
            switch piece {
            case .bytes(let bytes): buffer.writeImmutableBuffer(bytes)
            case .number: buffer.writeBytes(digits)
            case .time: buffer.writeBytes(time)
            case .name: buffer.writeString(workspace.name)
            case .incident: buffer.writeString(workspace.incidentID)
            case .installation: buffer.writeString(workspace.installation)
            }
        }
    }
}

/// A workspace's number as the last twelve hexadecimal digits of a uuid.
enum NumberText {
    static let length = 12

    private static let digits = Array("0123456789abcdef".utf8)

    static func bytes(_ number: Int) -> [UInt8] {
        (0..<length).map { digits[number >> (4 * (length - 1 - $0)) & 15] }
    }

    /// The number that an id ends with.
    static func number(ofID id: Substring) -> Int? {
        id.utf8.count == 36 ? Int(id.suffix(length), radix: 16) : nil
    }
}

/// Times as `2026-11-26T20:15:54.123Z`.
enum TimeText {
    static let length = 24

    static func bytes(_ milliseconds: Int64) -> [UInt8] {
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let (days, time) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let date = date(Int(days))
        var text = Array("0000-00-00T00:00:00.000Z".utf8)
        func put(_ value: Int, _ places: ClosedRange<Int>) {
            var value = value
            for place in places.reversed() {
                text[place] = UInt8(ascii: "0") + UInt8(value % 10)
                value /= 10
            }
        }
        put(date.year, 0...3)
        put(date.month, 5...6)
        put(date.day, 8...9)
        put(Int(time) / 3600, 11...12)
        put(Int(time) / 60 % 60, 14...15)
        put(Int(time) % 60, 17...18)
        put(Int(rest), 20...22)
        return text
    }

    /// The Gregorian date so many days after 1970-01-01, in which a year begins with March, so that leap days come last.
    private static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let sinceMarch0 = days + 719_468
        let era = sinceMarch0 / 146_097
        let dayOfEra = sinceMarch0 % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        return (
            year: era * 400 + yearOfEra + (month >= 10 ? 1 : 0), month: month < 10 ? month + 3 : month - 9,
            day: dayOfYear - (153 * month + 2) / 5 + 1
        )
    }
}
