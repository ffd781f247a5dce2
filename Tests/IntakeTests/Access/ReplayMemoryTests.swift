import Testing

@testable import Intake

@Suite("Copies of signed requests")
struct ReplayMemoryTests {
    private func mark(_ code: UInt8, until: Int64 = 300) -> SignatureCheck.Mark { .init(code: [code], until: until) }

    @Test func aCopyIsToldWhileItsTimeCounts() {
        var memory = ReplayMemory()
        #expect(memory.admit(mark(1), now: 0) == .new)
        #expect(memory.admit(mark(1), now: 300) == .copy)
        #expect(memory.admit(mark(2), now: 300) == .new)
        #expect(memory.admit(mark(1, until: 301), now: 300) == .new, "the same with another time is no copy")
        #expect(memory.count == 3)
        #expect(memory.admit(mark(3, until: 700), now: 302) == .new)
        #expect(memory.count == 1, "what the window refuses anyway is forgotten")
    }

    @Test func whatWasNotTakenMayComeAgain() {
        var memory = ReplayMemory()
        #expect(memory.admit(mark(1), now: 0) == .new)
        memory.forget(mark(1))
        memory.forget(mark(1))
        #expect(memory.count == 0)
        #expect(memory.admit(mark(1), now: 0) == .new)
    }

    @Test func isBounded() {
        var memory = ReplayMemory(most: 2)
        #expect(memory.admit(mark(1), now: 0) == .new)
        #expect(memory.admit(mark(2), now: 0) == .new)
        #expect(memory.admit(mark(3), now: 0) == .full)
        #expect(memory.admit(mark(1), now: 0) == .copy)
        #expect(memory.admit(mark(3, until: 900), now: 301) == .new, "there is room again")
    }
}
