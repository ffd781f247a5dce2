import Crypto
import Foundation

/// Seals a `target_service_token` so that what is stored cannot be read by whoever stores it.
///
/// HPKE (RFC 9180) in base mode, `Curve25519_SHA256_ChachaPoly`, the incident id as associated data. The blob is
/// `1 byte version | 8 bytes key id | 32 bytes encapsulated key | ciphertext`, base64.
public enum TokenSeal {
    private static let suite = HPKE.Ciphersuite.Curve25519_SHA256_ChachaPoly
    private static let info = Data("mendline target_service_token".utf8)
    private static let version: UInt8 = 1
    private static let encapsulatedBytes = 32

    /// The key that seals; intake has no other.
    public struct PublicKey: Sendable {
        fileprivate let key: Curve25519.KeyAgreement.PublicKey

        /// Reads the base64 form.
        public init(base64: String) throws(SecretError) {
            guard let raw = Data(base64Encoded: base64),
                let key = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: raw)
            else { throw SecretError(what: "the sealing key is not the base64 of a 32-byte Curve25519 public key") }
            self.key = key
        }

        fileprivate init(_ key: Curve25519.KeyAgreement.PublicKey) { self.key = key }

        /// The base64 form, for its file.
        public var base64: String { key.rawRepresentation.base64EncodedString() }

        /// The first 8 bytes of the key's SHA-256: tells which private key opens a blob.
        fileprivate var id: Data { Data(SHA256.hash(data: key.rawRepresentation).prefix(8)) }
    }

    /// The key that opens; only the provisioner and the log-collector hold it.
    public struct PrivateKey: Sendable {
        private let key: Curve25519.KeyAgreement.PrivateKey

        /// A new key.
        public init() { key = Curve25519.KeyAgreement.PrivateKey() }

        /// Reads the base64 form.
        public init(base64: String) throws(SecretError) {
            guard let raw = Data(base64Encoded: base64),
                let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: raw)
            else { throw SecretError(what: "the opening key is not the base64 of a 32-byte Curve25519 private key") }
            self.key = key
        }

        /// The base64 form, for its file.
        public var base64: String { key.rawRepresentation.base64EncodedString() }

        /// The key that seals for this one.
        public var publicKey: PublicKey { PublicKey(key.publicKey) }

        /// Opens a blob that was sealed for this key and incident.
        ///
        /// - Throws: ``SecretError`` when the blob is damaged, or sealed for another key or incident.
        public func open(_ sealed: String, incidentID: String) throws(SecretError) -> String {
            guard let blob = Data(base64Encoded: sealed), blob.count > 9 + encapsulatedBytes, blob.first == version
            else {
                throw SecretError(what: "the sealed token is damaged or of a newer version")
            }
            guard blob.dropFirst().prefix(8) == publicKey.id else {
                throw SecretError(
                    what: "the token was sealed for another key; give this process the key that intake uses"
                )
            }
            let body = blob.dropFirst(9)
            do {
                var recipient = try HPKE.Recipient(
                    privateKey: key,
                    ciphersuite: suite,
                    info: info,
                    encapsulatedKey: Data(body.prefix(encapsulatedBytes))
                )
                let plain = try recipient.open(
                    Data(body.dropFirst(encapsulatedBytes)),
                    authenticating: Data(incidentID.utf8)
                )
                guard let text = String(validating: plain, as: UTF8.self) else {
                    throw SecretError(what: "the sealed token is not text")
                }
                return text
            } catch {
                throw SecretError(what: "the sealed token does not open for this incident")
            }
        }
    }

    /// Seals a token for an incident.
    public static func seal(_ token: String, incidentID: String, for key: PublicKey) throws(SecretError) -> String {
        do {
            var sender = try HPKE.Sender(recipientKey: key.key, ciphersuite: suite, info: info)
            let ciphertext = try sender.seal(Data(token.utf8), authenticating: Data(incidentID.utf8))
            return (Data([version]) + key.id + sender.encapsulatedKey + ciphertext).base64EncodedString()
        } catch {
            throw SecretError(what: "the target_service_token could not be sealed")
        }
    }
}
