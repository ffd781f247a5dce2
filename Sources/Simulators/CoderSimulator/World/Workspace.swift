import Foundation
import SimulatorKit

/// A workspace, with its builds in order.
struct Workspace: Sendable {
    let id: UUID
    let name: String
    let templateID: UUID
    let createdAt: Timestamp
    var ttlMilliseconds: Int64?
    var updatedAt: Timestamp
    var builds: [UUID]
    var deletedAt: Timestamp?
    /// Rises with every change, so that a written answer can be used again while nothing has changed.
    var revision = 0
}

/// Workspace, user, organization and template names (codersdk/name.go NameValid).
func isValidName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard (1...32).contains(bytes.count), name != "new", name != "create" else { return false }
    guard bytes.first != UInt8(ascii: "-"), bytes.last != UInt8(ascii: "-"), !name.contains("--") else { return false }
    return bytes.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

/// Why a TTL is refused; nil where it is good.
///
/// 0 stands for the template's default.
func ttlProblem(milliseconds: Int64) -> String? {
    if milliseconds == 0 { return nil }
    if milliseconds / 60_000 < 1 { return "time until shutdown must be at least one minute" }
    if milliseconds > 2_592_000_000 { return "time until shutdown must be less than 30 days" }
    return nil
}
