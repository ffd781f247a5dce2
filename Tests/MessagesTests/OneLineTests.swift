import Messages
import Testing

@Suite("One line")
struct OneLineTests {
    @Test(arguments: [
        ("", ""), ("plain text, ümlaut, 漢字, 💥", "plain text, ümlaut, 漢字, 💥"),
        ("two\r\nlines\t", "two\u{FFFD}\u{FFFD}lines\u{FFFD}"),
        ("\u{0}\u{1B}[2J\u{7}\u{7F}", "\u{FFFD}\u{FFFD}[2J\u{FFFD}\u{FFFD}"),
        ("next\u{85}line, \u{9B}31mred", "next\u{FFFD}line, \u{FFFD}31mred"),
        ("line\u{2028}paragraph\u{2029}end", "line\u{FFFD}paragraph\u{FFFD}end"),
        ("abc\u{202E}cba\u{202C}", "abc\u{FFFD}cba\u{FFFD}"),
        ("\u{2066}\u{2069}\u{200E}\u{200F}\u{61C}", "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
        ("joined\u{200D}stays, soft\u{AD}hyphen too", "joined\u{200D}stays, soft\u{AD}hyphen too"),
    ])
    func nothingEndsOrTurnsIt(text: String, expected: String) {
        #expect(OneLine.text(text, most: .bytes(200)) == expected)
        #expect(OneLine.text(text, most: .scalars(200)) == expected)
        #expect(OneLine.beginning(of: text, most: .bytes(200)) == text)
    }

    @Test(arguments: [
        ("abc", OneLine.Most.bytes(0), ""), ("abc", .bytes(2), "ab"), ("abc", .bytes(3), "abc"),
        ("aä", .bytes(2), "a"), ("aä", .bytes(3), "aä"), ("漢字", .bytes(5), "漢"), ("💥", .bytes(3), ""),
        ("abc", .scalars(0), ""), ("漢字", .scalars(1), "漢"), ("💥💥", .scalars(1), "💥"),
    ])
    func itIsCutBetweenScalars(text: String, most: OneLine.Most, expected: String) {
        #expect(OneLine.text(text, most: most) == expected)
        #expect(OneLine.beginning(of: text, most: most) == expected)
    }

    @Test func whatStandsForAnotherCountsAsWhatItIs() {
        #expect(OneLine.text("ab\n", most: .bytes(4)) == "ab")
        #expect(OneLine.text("ab\n", most: .bytes(5)) == "ab\u{FFFD}")
        #expect(OneLine.text("ab\n", most: .scalars(3)) == "ab\u{FFFD}")
    }

    @Test func aMillionAccentsAreCutToo() {
        let hostile = "e" + String(repeating: "\u{301}", count: 100_000)
        #expect(OneLine.text(hostile, most: .bytes(1024)).utf8.count == 1023)
        #expect(OneLine.beginning(of: hostile, most: .bytes(1024)).utf8.count == 1023)
        #expect(OneLine.beginning(of: hostile, most: .scalars(1024)).unicodeScalars.count == 1024)
    }
}
