import Foundation

/// Why a secret could not be had.
///
/// Never contains the secret.
public struct SecretTextError: Error, CustomStringConvertible, Sendable {
    /// One sentence that names the file or variable and the remedy.
    public let description: String
}

/// Reads a secret from a file, or else from an environment variable.
///
/// - Parameters:
///   - file: The path of a file with the secret; white space around it does not count.
///   - variable: The environment variable to take where there is no file.
///   - environment: The process's environment.
///   - flag: The flag that names the file, for the error.
/// - Returns: The secret.
/// - Throws: `SecretTextError` where there is none, or it is empty or has white space within.
public func secretText(
    file: String?,
    variable: String,
    environment: [String: String],
    flag: String
) throws -> String {
    let text: String
    let place: String
    if let file {
        place = "the file \(file) given by \(flag)"
        do {
            text = try String(contentsOfFile: file, encoding: .utf8)
        } catch {
            throw SecretTextError(description: "\(place) cannot be read: \(error.localizedDescription)")
        }
    } else if let value = environment[variable] {
        place = "the environment variable \(variable)"
        text = value
    } else {
        throw SecretTextError(description: "no secret to accept: give \(flag) FILE or set \(variable)")
    }
    let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !secret.isEmpty else { throw SecretTextError(description: "\(place) is empty; put one secret there") }
    guard !secret.contains(where: \.isWhitespace) else {
        throw SecretTextError(description: "\(place) holds several words; put one secret there and nothing else")
    }
    return secret
}

/// Whether two secrets are the same, in a time that depends on their lengths only.
public func sameSecret(_ left: String, _ right: String) -> Bool {
    let left = Array(left.utf8)
    let right = Array(right.utf8)
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for (one, other) in zip(left, right) { difference |= one ^ other }
    return difference == 0
}
