import HTTPTypes
import Secrets
import Testing

@testable import Intake

@Suite("What a caller may do, and by what name")
struct RequestCallerTests {
    private static let callers: [(RequestCaller, Set<AccessScope>)] = [
        (RequestCaller.unknown, []), (RequestCaller.anybody, Set(AccessScope.allCases)),
        (RequestCaller.signer("gf"), [.send]),
        (RequestCaller.holder(name: "a", scopes: [.read, .operate]), [.read, .operate]),
    ]

    @Test(arguments: callers)
    func isRefusedWhatItMayNot(caller: RequestCaller, scopes: Set<AccessScope>) throws {
        for scope in AccessScope.allCases {
            guard !scopes.contains(scope) else {
                try caller.require(scope)
                continue
            }
            let problem = try #require(throws: Problem.self) { try caller.require(scope) }
            #expect(problem.status.code == 403)
            #expect(problem.scope == scope.rawValue)
            #expect(problem.detail.contains("needs the scope \(scope.rawValue)"))
        }
    }

    @Test(
        arguments: [
            (nil, nil, "operator"), (nil, "ann", "ann"), ("ops", nil, "ops"), ("ops", "ann", "ops"),
            (nil, "", "operator"), (nil, "a\nb", "operator"), (nil, "a\u{202e}b", "operator"),
            (nil, String(repeating: "x", count: 101), "operator"),
            (nil, "a" + String(repeating: "\u{301}", count: 100), "operator"),
        ] as [(String?, String?, String)]
    )
    func theTokensNameComesBeforeAnyClaim(name: String?, claim: String?, by: String) {
        #expect(RequestCaller.holder(name: name, scopes: [.operate]).operatorName(claim: claim) == by)
    }

    @Test(
        arguments: [
            (.holder(name: "a", scopes: [.read]), "a has read. Use another token"),
            (.holder(name: nil, scopes: []), "the caller has none. Use another token"),
            (.signer("gf"), "a signature has send alone"), (.unknown, "send Authorization: Bearer"),
        ] as [(RequestCaller, String)]
    )
    func whatToDoFollowsFromWhatWasShown(caller: RequestCaller, remedy: String) throws {
        let problem = try #require(throws: Problem.self) { try caller.require(.operate) }
        #expect(problem.detail.contains(remedy), "\(problem.detail)")
        let hasToken = caller.proof == .token
        #expect(problem.title.contains("token") == hasToken, "\(problem.title)")
        #expect(problem.detail.contains("this one's line") == hasToken, "\(problem.detail)")
    }
}
