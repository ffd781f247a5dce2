import Foundation
import Secrets
import Testing

@Suite("Secrets")
struct SecretsTests {
    @Test func aSealedTokenOpensForItsIncidentAlone() throws {
        let key = TokenSeal.PrivateKey()
        let sealed = try TokenSeal.seal("s3cret-token", incidentID: "I-1", for: key.publicKey)
        #expect(!sealed.contains("s3cret"))
        #expect(try key.open(sealed, incidentID: "I-1") == "s3cret-token")
        #expect(throws: SecretError.self) { try key.open(sealed, incidentID: "I-2") }
        #expect(throws: SecretError.self) { try TokenSeal.PrivateKey().open(sealed, incidentID: "I-1") }
        #expect(throws: SecretError.self) { try key.open("AQ==", incidentID: "I-1") }
        let again = try TokenSeal.PrivateKey(base64: key.base64)
        #expect(try again.open(sealed, incidentID: "I-1") == "s3cret-token")
    }

    @Test func aMaskFindsEveryForm() {
        let secret = "tok/en+with=signs and spaces"
        let mask = SecretMask([secret])
        for before in ["", "a", "ab", "abc"] {
            let encoded = Data("\(before)\(secret) after".utf8).base64EncodedString()
            #expect(mask.apply(to: encoded).contains("[masked]"), "\(before)")
        }
        #expect(mask.apply(to: "x \(secret) y") == "x [masked] y")
        #expect(mask.apply(to: "q=tok%2Fen%2Bwith%3Dsigns%20and%20spaces&r") == "q=[masked]&r")
        #expect(mask.apply(to: "q=tok%2fen%2bwith%3dsigns%20and%20spaces&r") == "q=[masked]&r")
        #expect(mask.apply(to: "nothing here") == "nothing here")
        #expect(SecretMask(["t"]).apply(to: "t") == "t")
    }

    @Test func aFileIsReadAnewWhenItChanges() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = folder.appending(path: "token")
        let file = SecretFile(path: url.path)
        #expect(throws: SecretError.self) { try file.read() }
        try Data("one\n".utf8).write(to: url)
        #expect(try file.read() == "one")
        try Data("second\n".utf8).write(to: url)
        #expect(try file.read() == "second")
        try Data().write(to: url)
        #expect(throws: SecretError.self) { try file.read() }
        #expect(!"\(file)".contains("second"))
    }
}
