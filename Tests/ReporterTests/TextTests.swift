import IncidentAPI
import Testing

@testable import Reporter

/// Texts made fit to be read.
struct TextTests {
    @Test(arguments: [
        ("plain", "plain"), ("", ""), ("two\nlines\tand a tab\r\n", "two lines and a tab"),
        ("\u{1B}[1;31mred\u{1B}[0m text", "red text"),
        ("\u{1B}]8;;http://x\u{07}link\u{1B}]8;;\u{1B}\\ end", "link end"),
        ("\u{1B}", ""), ("a\u{1B}[", "a"), ("a\u{1B}]never ends", "a"), ("a\u{1B}cb", "ab"),
        ("bell\u{07}nul\u{00}", "bellnul"),
        ("right\u{202E}left", "rightleft"), ("c1\u{9B}31m", "c131m"), ("日本", "日本"), ("👩‍👩‍👧", "👩‍👩‍👧"),
    ])
    func `escape sequences and control characters go`(text: String, clean: String) {
        #expect(PlainText.line(text, most: 100) == clean)
    }

    @Test(arguments: [
        ("abcdef", 6, "abcdef"), ("abcdefg", 6, "abc…"), ("äöüß", 8, "äöüß"), ("äöüßx", 8, "äö…"), ("日本語", 8, "日…"),
    ])
    func `long text is cut between characters`(text: String, most: Int, cut: String) {
        #expect(PlainText.line(text, most: most) == cut)
        #expect(PlainText.line(text, most: most).utf8.count <= most)
    }

    @Test func `the head keeps the first lines, the tail the last`() {
        let lines = ["aaaa", "bbbb", "cccc"]
        #expect(PlainText.head(lines, most: 21) == ["  aaaa", "  bbbb", "  cccc"])
        #expect(PlainText.tail(lines, most: 21) == ["  aaaa", "  bbbb", "  cccc"])
        #expect(PlainText.head(lines, most: 20) == ["  aaaa", "  bbbb", "  … 1 more"])
        #expect(PlainText.tail(lines, most: 20) == ["  … 1 earlier", "  bbbb", "  cccc"])
        #expect(PlainText.head([], most: 20).isEmpty)
        #expect(PlainText.tail([], most: 20).isEmpty)
    }

    @Test(arguments: [
        (0, "0.0 s"), (0.42, "0.4 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min 0 s"),
        (64, "1 min 4 s"), (3599.6, "1 h 0 min"), (7384, "2 h 3 min"), (-5, "0.0 s"), (1e300, "277777 h 46 min"),
    ])
    func `lengths of time are for people`(seconds: Double, text: String) {
        #expect(DurationWords.text(seconds) == text)
    }

    @Test func `the marker is found in our comment, also where a signature follows, and nowhere else`() {
        let marker = Marker(eventID: "01JD")
        func isIn(_ bodies: String...) -> Bool { marker.isIn(bodies.map { IncidentComment(body: $0, author: nil) }) }
        #expect(isIn("hello", "text\n\n[mendline:01JD]"))
        #expect(isIn("text\n\n[mendline:01JD]\n-- \nsent by bot"))
        #expect(!isIn())
        #expect(!isIn("hello", "text\n\n[mendline:01JE]", "01JD", "[mendline:01JDX]"))
        #expect(marker.isIn(IncidentState(status: nil, notes: "n\n[mendline:01JD]")))
        #expect(!marker.isIn(IncidentState(status: "remediated", notes: nil)))
    }
}
