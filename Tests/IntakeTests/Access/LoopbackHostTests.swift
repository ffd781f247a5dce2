import HTTPClient
import TestSupport
import Testing

@testable import Intake

/// An intake that asks for no credentials answers nobody who calls it by another name.
@Suite("Names of this machine", .timeLimit(.minutes(3)))
struct LoopbackHostTests {
    @Test(
        arguments: [
            (nil, true), ("", true), ("localhost", true), ("LOCALHOST:8000", true), ("127.0.0.1:8000", true),
            ("127.0.0.1", true), ("[::1]:8000", true), ("[::1]", true), ("evil.example", false),
            ("evil.example:8000", false), ("127.0.0.1.evil.example", false), ("localhost.evil.example:8000", false),
            ("10.0.0.1:8000", false), ("[::2]:8000", false), ("a b", false), ("127.0.0.1:8000:1", false),
        ] as [(String?, Bool)]
    )
    func knows(authority: String?, isLocal: Bool) {
        #expect(LoopbackHost.isLocal(authority) == isLocal)
    }

    @Test func aPageThatRebindsItsNameIsTurnedAway() async throws {
        func status(_ intake: LiveIntake, _ path: String, _ more: String = "") async throws -> Int {
            let connection = try RawConnection(port: intake.port)
            try await connection.send("GET \(path) HTTP/1.1\r\nHost: evil.example:8000\r\n\(more)\r\n")
            return try await connection.answer().status
        }
        try await LiveIntake.with { intake async throws in
            #expect(try await status(intake, "/incidents") == 421)
            #expect(try await status(intake, "/health") == 200)
            #expect(try await intake.call(.get, "/incidents").status == 200)
        }
        try await LiveIntake.with(tokens: "t0ken") { intake async throws in
            #expect(try await status(intake, "/incidents", "Authorization: Bearer t0ken\r\n") == 200, "it has a token")
        }
    }
}
