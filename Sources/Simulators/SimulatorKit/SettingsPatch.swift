public import Foundation

/// Why a patch of the settings was refused.
public struct SettingsPatchError: Error, CustomStringConvertible, Sendable {
    /// One sentence that names the member and the remedy.
    public let description: String
}

/// Settings with some members replaced.
///
/// - Parameters:
///   - settings: The present settings.
///   - patch: A JSON object with the members to replace; `null` clears a member that may be empty.
///   - problems: What is wrong with the new values, as sentences.
/// - Returns: The new settings.
/// - Throws: `SettingsPatchError` where the patch is no object, names an unknown member, or a value does not fit.
public func patched<Settings: Codable>(
    _ settings: Settings,
    with patch: Data,
    problems: (Settings) -> [String]
) throws -> Settings {
    guard let changes = try? JSONSerialization.jsonObject(with: patch) as? [String: Any] else {
        throw SettingsPatchError(description: "the body must be a JSON object such as {\"error_rate\": 0.1}")
    }
    guard var members = try JSONSerialization.jsonObject(with: JSONEncoder().encode(settings)) as? [String: Any] else {
        throw SettingsPatchError(description: "the settings are no JSON object")
    }
    for (name, value) in changes {
        guard members[name] != nil else {
            let known = members.keys.sorted().joined(separator: ", ")
            throw SettingsPatchError(description: "\"\(name)\" is no setting; there are: \(known)")
        }
        members[name] = value
    }
    let changed: Settings
    do {
        changed = try JSONDecoder().decode(Settings.self, from: JSONSerialization.data(withJSONObject: members))
    } catch let error as DecodingError {
        throw SettingsPatchError(description: sentence(of: error))
    }
    let faults = problems(changed)
    guard faults.isEmpty else { throw SettingsPatchError(description: faults.joined(separator: "; ")) }
    return changed
}

/// A decoding error in words: where, and what.
public func sentence(of error: DecodingError) -> String {
    let context: DecodingError.Context
    var name = ""
    switch error {
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found): context = found
    case .keyNotFound(let key, let found):
        context = found
        name = key.stringValue
    @unknown default: return "\(error)"
    }
    let path = (context.codingPath.map(\.stringValue) + (name.isEmpty ? [] : [name])).joined(separator: ".")
    return path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)"
}
