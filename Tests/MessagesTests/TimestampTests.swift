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

    /// The first and the last moment, and what lies beyond them by an offset or a leap second.
    @Test func readsNothingThatItCouldNotWrite() {
        for text in ["0000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"] {
            #expect(Timestamp(text)?.description == text)
        }
        for text in [
            "9999-12-31T23:59:60Z", "9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00+00:01",
            "9999-12-31T00:00:00-99:99",
        ] {
            #expect(Timestamp(text) == nil)
        }
    }

    /// Lengths of time come from messages too, and none may stop a process.
    @Test func addsAnyLengthOfTime() {
        let now = Timestamp(milliseconds: 1_795_456_800_123)
        for (length, sum) in [
            (Duration.seconds(Int64.max), "9999-12-31T23:59:59.999Z"),
            (.seconds(Int64.min), "0000-01-01T00:00:00.000Z"),
            (.milliseconds(877), "2026-11-23T18:00:01.000Z"), (.milliseconds(-124), "2026-11-23T17:59:59.999Z"),
        ] {
            #expect((now + length).description == sum)
            #expect((now - (.zero - length)).description == sum)
        }
        #expect(Duration.seconds(Int64.max).milliseconds == .max)
        #expect(Duration.seconds(Int64.min).milliseconds == .min)
        #expect(Duration.milliseconds(-1500).milliseconds == -1500)
    }

    @Test func writesWhatItReads() {
        for milliseconds in stride(from: Int64(-10_000_000_000_000), to: 10_000_000_000_000, by: 777_777_777_777) {
            let time = Timestamp(milliseconds: milliseconds)
            #expect(Timestamp(time.description) == time)
        }
    }
}
