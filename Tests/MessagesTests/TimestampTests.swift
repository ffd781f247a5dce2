import Messages
import Testing

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-23T18:00:00.123Z", 1_795_456_800_123),
            ("2026-11-23T19:00:00.1+01:00", 1_795_456_800_100), ("2025-12-09T10:00:00.123456Z", 1_765_274_400_123),
            ("1969-12-31T23:59:59.999Z", -1), ("2024-02-29T00:00:00Z", 1_709_164_800_000),
        ] as [(String, Int64)]
    )
    func readsRFC3339(_ text: String, _ milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: ["", "2026-11-23", "2026-11-23T18:00:00", "2026-13-01T00:00:00Z", "2026-11-23T25:00:00Z", "now"])
    func refusesOtherText(_ text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func writesWhatItReads() {
        for milliseconds in stride(from: Int64(-10_000_000_000_000), to: 10_000_000_000_000, by: 777_777_777_777) {
            let time = Timestamp(milliseconds: milliseconds)
            #expect(Timestamp(time.description) == time)
        }
    }
}
