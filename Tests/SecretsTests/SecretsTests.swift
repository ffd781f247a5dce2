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

    /// As tools write texts that they quote.
    @Test(arguments: [
        #""tok\/e'n\\$a\u00fc\u0026 x""#, #"'tok/e'\''n\$aü& x'"#, #"tok/e'"'"'n\$aü& x"#,
        #"$'tok/e\'n\\$a\303\274& x'"#,
        "tok%2Fe%27n%5C%24a%C3%BC%26+x", "tok/e'n%5c$a%c3%bc&%20x", #"tok/e&#39;n\$aü&amp; x"#,
        #"tok\x2fe\x27n\x5c\x24a\xc3\xbc\x26\x20x"#, "746f6b2f65276e5c2461c3bc262078",
        "746F6B2F65276E5C2461C3BC262078",
    ])
    func aMaskFindsWhatIsEscaped(_ written: String) {
        let masked = SecretMask([#"tok/e'n\$aü& x"#]).apply(to: "before \(written) after")
        #expect(masked.contains("[masked]"), "\(masked)")
        #expect(masked.hasPrefix("before ") && masked.hasSuffix(" after"), "\(masked)")
        #expect(!masked.contains("tok") && !masked.contains("746"), "\(masked)")
    }

    @Test func whatLooksLikeAnEscapeIsNoSecret() {
        let mask = SecretMask([#"a\\\b"#, "plus sign"])
        let harmless = #"a\b a\\b %61 %zz \u00 \ud800\u & + ' \"#
        #expect(mask.apply(to: harmless) == harmless)
        #expect(mask.apply(to: #"a\\\b"#) == "[masked]")
        #expect(mask.apply(to: #"a\\\\\\b"#) == "[masked]")
        let many = String(repeating: #"\"#, count: 60)
        #expect(SecretMask([many + "x"]).apply(to: many + many) == many + many)
    }

    @Test func aPieceIsMaskedAtTheEdgesAlone() {
        let mask = SecretMask(["0123456789abcdef"])
        #expect(mask.apply(toPiece: "see 0123456789") == "see [masked]")
        #expect(mask.apply(toPiece: "abcdef and on") == "[masked] and on")
        #expect(mask.apply(toPiece: "56789a") == "[masked]")
        #expect(mask.apply(toPiece: "see 01234") == "see 01234")
        #expect(mask.apply(toPiece: "see 01234", atEnd: 4) == "see [masked]")
        #expect(mask.apply(toPiece: "0123456 is not it") == "0123456 is not it")
        #expect(mask.apply(toPiece: "0123456789abcdef0123456789abcdef") == "[masked]")
        #expect(mask.apply(toPiece: "") == "")
        #expect(SecretMask([]).apply(toPiece: "0123456789") == "0123456789")
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
