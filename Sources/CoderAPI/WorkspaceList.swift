import Foundation

/// A list answer, without the elements that cannot be read: one odd workspace must not hide all others.
public struct WorkspaceList: Sendable {
    /// What stands around the elements.
    private struct Frame: Decodable {
        var workspaces: [Anything]
        var count: Int
    }

    /// Those that the answer holds.
    public var workspaces: [Workspace]
    /// How many the query finds in all.
    public var count: Int

    /// Reads the JSON form, one element after the other.
    ///
    /// Read as a whole, the answer for ten thousand workspaces, of some 40 MB, took half a gigabyte.
    ///
    /// - Throws: `DecodingError` where it is no list.
    init(reading bytes: [UInt8]) throws {
        let decoder = JSONDecoder()
        var workspaces: [Workspace] = []
        let frame = ElementScan.elements(of: "workspaces", in: bytes) { element in
            if let workspace = try? decoder.decode(Workspace.self, from: Data(element)) { workspaces.append(workspace) }
        }
        count = try decoder.decode(Frame.self, from: Data(frame)).count
        self.workspaces = workspaces
    }
}

/// Takes the elements out of a JSON object with one long array, without reading them.
enum ElementScan {
    /// Gives each object or array among the elements of the object's member.
    ///
    /// What is no JSON gives some elements or none; what is left of it then is no JSON either, unless it is an element that
    /// is none.
    ///
    /// - Parameters:
    ///   - name: of the member, without anything that must be escaped.
    ///   - bytes: the JSON.
    ///   - body: is given the bytes of an element, for the time of the call.
    /// - Returns: the JSON with a number in the place of each.
    static func elements(of name: String, in bytes: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) -> Void) -> [UInt8] {
        let key = Array("\"\(name)\"".utf8)
        return bytes.withUnsafeBufferPointer { bytes in
            var rest: [UInt8] = []
            var depth = 0
            var (isInText, isEscaped, isInArray, isFound) = (false, false, false, false)
            var start: Int?
            for (place, byte) in bytes.enumerated() {
                if isInText {
                    if byte == UInt8(ascii: "\"") && !isEscaped { isInText = false }
                    isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
                    if start == nil { rest.append(byte) }
                    continue
                }
                switch byte {
                case UInt8(ascii: "\""): isInText = true
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    // Of two members of one name the first counts, as for Foundation.
                    if depth == 1 && byte == UInt8(ascii: "[") && !isFound && isMember(key, at: rest) {
                        (isInArray, isFound) = (true, true)
                    } else if depth == 2 && isInArray {
                        start = place
                    }
                    depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    if depth == 1 { isInArray = false }
                    if depth == 2, let first = start {
                        start = nil
                        body(UnsafeBufferPointer(rebasing: bytes[first...place]))
                        rest.append(UInt8(ascii: "0"))
                        continue
                    }
                default: break
                }
                if start == nil { rest.append(byte) }
            }
            return rest
        }
    }

    /// Whether a member's value begins behind these bytes.
    private static func isMember(_ key: [UInt8], at bytes: [UInt8]) -> Bool {
        let text = bytes.reversed().drop { $0 <= 0x20 }
        guard text.first == UInt8(ascii: ":") else { return false }
        return text.dropFirst().drop { $0 <= 0x20 }.starts(with: key.reversed())
    }
}
