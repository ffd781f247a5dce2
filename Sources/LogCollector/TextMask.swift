import Messages
import Secrets

/// Takes an incident's token and the API's tokens out of text that will be seen.
struct TextMask {
    /// Coder keeps so many scalars of a line (`varchar(1024)`).
    static let mostCharacters = 1024

    private let masks: SharedMask
    private var secrets: [String]
    private var mask: SecretMask

    /// A mask for an incident's token.
    ///
    /// - Parameters:
    ///   - token: the token; nil where the incident has none.
    ///   - masks: where masks are made, the same for all incidents.
    init(token: String?, masks: SharedMask = SharedMask()) {
        self.masks = masks
        secrets = [token].compactMap(\.self)
        mask = SecretMask(secrets)
    }

    /// Masks a session token too, from now on; those known before stay masked.
    mutating func add(_ secret: String) {
        guard !secrets.contains(secret) else { return }
        secrets.append(secret)
        mask = masks.mask(secrets)
    }

    /// A text without secrets.
    func apply(to text: String) -> String { mask.apply(to: text) }

    /// A log line without secrets, and no longer than Coder's lines are.
    ///
    /// A secret may reach over several lines, and they need not come together, so each line is masked as a piece, and
    /// before it is cut.
    func line(_ text: String) -> String {
        // Where Coder has cut, even a short piece is no ordinary word.
        let isCut = text.utf8.count >= Self.mostCharacters
        let masked = mask.apply(toPiece: text, atEnd: isCut ? 4 : 6)
        // Escape sequences stay as they are: who shows the line leaves them out or writes them out.
        return OneLine.beginning(of: masked, most: .scalars(Self.mostCharacters))
    }
}
