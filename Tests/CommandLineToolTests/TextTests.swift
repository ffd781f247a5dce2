import Messages
import Testing

@testable import CommandLineTool

@Suite struct SafeTextTests {
    @Test(arguments: [
        ("plain text, ümlaut, 漢字", "plain text, ümlaut, 漢字"),
        ("a\tb", "a\tb"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("\u{1B}]0;title\u{7}", "\\u{1B}]0;title\\u{7}"),
        ("\u{9B}31m", "\\u{9B}31m"),
        ("abc\u{202E}cba", "abc\\u{202E}cba"),
    ])
    func line(text: String, expected: String) { #expect(SafeText.line(text) == expected) }

    @Test func short() {
        #expect(SafeText.short("12345", 5) == "12345")
        #expect(SafeText.short("123456", 5) == "1234…")
    }
}

@Suite struct TimeTextTests {
    @Test(arguments: [
        (0, "0.000 s"), (12, "0.012 s"), (9_999, "9.999 s"), (12_345, "12.3 s"), (59_999, "59.9 s"),
        (125_000, "2 m 05 s"), (3_725_000, "1 h 02 m"), (273_600_000, "3 d 04 h"), (-5, "0.000 s"),
    ])
    func length(milliseconds: Int, expected: String) {
        #expect(TimeText.length(.milliseconds(milliseconds)) == expected)
    }

    @Test func offset() {
        let start = Timestamp(milliseconds: 1_000_000)
        #expect(TimeText.offset(start + .milliseconds(12), from: start) == "+0.012 s")
        #expect(TimeText.offset(start - .seconds(3), from: start) == "-3.000 s")
    }

    @Test(arguments: [(3.14, "3.1 ms"), (412.0, "412 ms"), (1_236.0, "1.24 s")])
    func latency(milliseconds: Double, expected: String) {
        #expect(TimeText.latency(.seconds(milliseconds / 1000)) == expected)
    }

    @Test(arguments: [(1.005, 1, "1.0"), (0.05, 1, "0.1"), (-0.04, 1, "0.0"), (-1.25, 1, "-1.3"), (40.6, 0, "41")])
    func decimal(number: Double, decimals: Int, expected: String) {
        #expect(TimeText.decimal(number, decimals) == expected)
    }
}

@Suite struct TableTests {
    @Test func columnsAreAsWideAsTheirWidestCell() {
        let table = Table(rows: [["A", "BB", "C"], ["aaa", "", "c"], ["", "b"]])
        #expect(table.lines(.none) == ["A    BB  C", "aaa      c", "     b"])
    }

    @Test func colourDoesNotCountAsWidth() {
        let terminal = Terminal(isInteractive: true, hasColor: true, width: 80)
        let table = Table(rows: [[.init("a", .good), "x"], [.init("bb"), "y"]])
        #expect(table.lines(terminal) == ["\u{1B}[32ma\u{1B}[0m   x", "bb  y"])
    }
}
