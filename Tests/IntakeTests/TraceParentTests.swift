import Testing

@testable import Intake

@Suite("Trace context")
struct TraceParentTests {
    private static let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test func keepsAValidOne() { #expect(TraceParent.of(Self.valid) == Self.valid) }

    @Test(
        arguments: [
            nil, "", "00", "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-00",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
        ] as [String?]
    )
    func beginsANewOneInsteadOf(header: String?) throws {
        let made = TraceParent.of(header)
        #expect(made != header)
        #expect(made.wholeMatch(of: /00-[0-9a-f]{32}-[0-9a-f]{16}-01/) != nil, "\(made)")
        #expect(TraceParent.of(made) == made, "what is begun here is valid")
        #expect(TraceParent.of(header) != made, "each request has its own")
    }
}
