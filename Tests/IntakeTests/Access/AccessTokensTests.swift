import Secrets
import Testing

/// The list of tokens and what it allows.
@Suite("Lists of tokens")
struct AccessTokensTests {
    private static let all = Set(AccessScope.allCases)

    @Test(
        arguments: [
            ("s3cret", "s3cret", nil, all),
            ("\n  s3cret  \r\n", "s3cret", nil, all),
            ("am send s3cret", "s3cret", "am", [.send]),
            ("ops read,operate s3cret", "s3cret", "ops", [.read, .operate]),
            ("# people\n\na.b-c_d@e\tsend,read,operate\ts3cret\nother read x", "s3cret", "a.b-c_d@e", all),
            ("one send a\none send s3cret", "s3cret", "one", [.send]),
        ] as [(String, String, String?, Set<AccessScope>)]
    )
    func knowsItsTokens(text: String, token: String, name: String?, scopes: Set<AccessScope>) throws {
        let entry = try #require(try AccessTokens(text).entry(of: token))
        #expect(entry.name == name)
        #expect(entry.scopes == scopes)
    }

    @Test(arguments: ["", "s3cre", "s3cret ", "S3cret", "s3crets", "am", "am send s3cret", "\u{0}"])
    func knowsNoOther(token: String) throws {
        #expect(try AccessTokens("am send s3cret\nops operate t0ken").entry(of: token) == nil)
    }

    @Test(
        arguments: [
            ("", "no token"), ("# only\n#comments", "no token"), ("ok\nname token", "line 2 has 2 words"),
            ("a send b c", "line 1 has 4 words"), ("a sned t0ken", "line 1 has a scope"),
            ("a send, t0ken", "line 1 has a scope"), ("a/b send t0ken", "line 1 begins with no name"),
            ("\u{fc} send t0ken", "line 1 begins with no name"), ("t0ken\n\nname send t0ken", "line 3 repeats"),
            ((0...200).map { "t\($0)" }.joined(separator: "\n"), "over 200"),
        ]
    )
    func saysWhatIsWrongAndNotTheToken(text: String, problem: String) throws {
        let error = try #require(throws: SecretError.self) { _ = try AccessTokens(text) }
        #expect(error.what.contains(problem), "\(error.what)")
        #expect(!error.what.contains("t0ken"))
    }

    @Test func aDumpShowsNoToken() throws {
        let tokens = try AccessTokens("am send s3cret")
        var text = ""
        dump(tokens, to: &text)
        #expect(!text.contains("s3cret"))
    }

    @Test(arguments: [
        ("s3cret\n", "s3cret"), ("am send a\nops send,read,operate b\nx", "b"), ("am send a", "a"),
        ("am send a\nops read,operate b", "b"),
    ])
    func aProgramOfOursTakesTheOneThatAllowsMost(text: String, token: String) throws {
        #expect(try AccessTokens.callersToken(in: text) == token)
    }
}
