import Foundation

/// What a program has asked of the disk, as `Tests/DiskRecorder` has recorded it.
enum DiskEvent: Sendable {
    /// A file was opened, and made where it was not there.
    case open(file: UInt32, name: String, made: Bool)
    case write(file: UInt32, place: Int, bytes: Data)
    case truncate(file: UInt32, length: Int)
    case syncBegin(file: UInt32, number: UInt64)
    case syncEnd(file: UInt32, number: UInt64)
    case unlink(file: UInt32, name: String)

    /// The number that stands for the folder.
    static let folder: UInt32 = 0

    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    /// Reads a record.
    ///
    /// - Throws: ``Unreadable`` where the program did something that cannot be recorded.
    static func read(_ record: Data) throws -> [DiskEvent] {
        var events: [DiskEvent] = []
        var rest = record[...]
        while !rest.isEmpty {
            func number<Value: FixedWidthInteger>(_ offset: Int, _: Value.Type) -> Value {
                (0..<MemoryLayout<Value>.size).reduce(Value(0)) { value, index in
                    value | Value(rest[rest.startIndex + offset + index]) << Value(index * 8)
                }
            }
            guard rest.count >= 24 else { throw Unreadable(description: "the record ends within an entry") }
            let what = number(0, UInt32.self)
            let file = number(4, UInt32.self)
            let place = number(8, UInt64.self)
            let length = Int(number(16, UInt32.self))
            let made = number(20, UInt32.self) == 1
            rest = rest.dropFirst(24)
            let bytes = Data(rest.prefix(length))
            guard bytes.count == length else { throw Unreadable(description: "the record ends within an entry") }
            rest = rest.dropFirst(length)
            let text = { String(decoding: bytes, as: UTF8.self) }
            switch what {
            case 1: events.append(.open(file: file, name: text(), made: made))
            case 2: events.append(.write(file: file, place: Int(place), bytes: bytes))
            case 3: events.append(.truncate(file: file, length: Int(place)))
            case 4: events.append(.syncBegin(file: file, number: place))
            case 5: events.append(.syncEnd(file: file, number: place))
            case 6: events.append(.unlink(file: file, name: text()))
            default: throw Unreadable(description: "the recorder cannot record \(text()); extend it")
            }
        }
        return events
    }
}
