import Foundation
import Secrets

/// Takes an incident's token and the API's tokens out of text that will be seen.
struct TextMask {
    /// Coder keeps so many characters of a line.
    static let mostCharacters = 1024

    private var secrets: [String]
    private var mask: SecretMask

    init(token: String?) {
        secrets = [token].compactMap(\.self)
        mask = SecretMask(secrets)
    }

    /// Masks a session token too, from now on; those known before stay masked.
    mutating func add(_ secret: String) {
        guard !secrets.contains(secret) else { return }
        secrets.append(secret)
        mask = SecretMask(secrets)
    }

    /// A text without secrets.
    func apply(to text: String) -> String { mask.apply(to: text) }

    /// A log line without secrets, and no longer than Coder's lines are.
    func line(_ text: String) -> String {
        var masked = mask.apply(to: text)
        // What Coder cut may have cut a secret in two, and half of it is not what the mask looks for.
        if text.utf8.count >= Self.mostCharacters { masked = withoutCutSecret(masked) }
        return masked.utf8.count > Self.mostCharacters ? String(masked.prefix(Self.mostCharacters)) : masked
    }

    private func withoutCutSecret(_ text: String) -> String {
        for secret in secrets where secret.count >= 4 {
            for length in (4..<max(secret.count, 5)).reversed() where text.hasSuffix(secret.prefix(length)) {
                return text.dropLast(length) + "[masked]"
            }
        }
        return text
    }
}
