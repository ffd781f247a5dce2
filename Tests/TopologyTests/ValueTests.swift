import Testing

@testable import Topology

/// Lengths of time, addresses, globs, paths and suggestions.
@Suite(.timeLimit(.minutes(3)))
struct ValueTests {
    @Test(
        arguments: [
            ("200ms", .milliseconds(200)), ("10s", .seconds(10)), ("15m", .seconds(900)), ("1h", .seconds(3600)),
            ("30d", .seconds(2_592_000)), ("0s", .zero), ("999999999d", .seconds(999_999_999 * 86_400)),
            ("", nil), ("s", nil), ("10", nil), ("1.5h", nil), ("1h30m", nil), ("-1s", nil), ("+1s", nil), ("01s", nil),
            ("10 s", nil), ("10S", nil), ("1000000000s", nil), ("٣s", nil), ("1e3s", nil), ("10s ", nil),
        ] as [(String, Duration?)]
    )
    func durations(text: String, expected: Duration?) {
        #expect(DurationText.parse(text) == expected)
        if let expected { #expect(DurationText.parse(DurationText.format(expected)) == expected) }
    }

    @Test(
        arguments: [
            (.milliseconds(1_500), "1500ms"), (.seconds(90), "90s"), (.seconds(3600), "1h"), (.seconds(86_400), "1d"),
            (.zero, "0s"),
        ] as [(Duration, String)]
    )
    func written(duration: Duration, text: String) {
        #expect(DurationText.format(duration) == text)
    }

    @Test(arguments: [
        ("127.0.0.1:8000", true), ("localhost:1", true), ("[::1]:80", true), ("127.9.9.9:1", true),
        ("0.0.0.0:1", false), ("[::]:1", false), ("example.org:443", false), ("127.example.org:1", false),
        ("10.0.0.1:0", false), ("my_host:1", false),
    ])
    func addresses(text: String, isLoopback: Bool) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.isLoopback == isLoopback)
        #expect(address.description == text)
    }

    @Test(arguments: [
        "", ":80", "a", "a:", "a:b", "a:-1", "a:080", "1.2.3:1", "1.2.3.4.5:1", "::1:80", "[::1]", "[x]:1", "a b:1",
        "-a:1", "a..b:1", "[1:2:3]:1", "a:1:2", "ä:1",
    ])
    func noAddresses(text: String) {
        #expect(ListenAddress(text) == nil)
    }

    @Test(
        arguments: [
            ("http://a", "http://a", 80), ("https://a/", "https://a", 443),
            ("HTTP://a:8080/x//", "http://a:8080/x", 8080),
            ("https://[::1]:5/coder", "https://[::1]:5/coder", 5), ("ftp://a", nil, 0), ("a", nil, 0),
            ("http://", nil, 0),
            ("http://a?x", nil, 0), ("http://a/#x", nil, 0), ("http://u@a", nil, 0), ("http://a b", nil, 0),
            ("http://a:0", nil, 0), ("http://a/ä", nil, 0),
        ] as [(String, String?, Int)]
    )
    func urls(text: String, expected: String?, port: Int) {
        let address = HTTPAddress(text)
        #expect(address?.text == expected)
        #expect((address?.port ?? 0) == port)
    }

    @Test(arguments: [
        ("*", "", true), ("*", "abc", true), ("", "", true), ("", "a", false), ("a?c", "abc", true),
        ("a?c", "ac", false), ("a*c", "ac", true), ("a*c", "abbc", true), ("a*c", "abbd", false),
        ("*a*b*", "xaxbx", true), ("*a*b", "abab", true), ("?", "ä", true), ("A", "a", false), ("[a]", "a", false),
        ("**", "x", true), ("a", "ab", false), ("ab", "a", false), ("*.prod", "db.prod", true),
    ])
    func globs(pattern: String, text: String, matches: Bool) {
        #expect(Glob(pattern).matches(text) == matches)
    }

    @Test func aGlobNeverTakesForEver() {
        let pattern = String(repeating: "a*", count: 90) + "b"
        #expect(!Glob(pattern).matches(String(repeating: "a", count: 10_000)))
    }

    @Test(arguments: [
        ("cpu", "High CPU!", true), ("cpu", "cpus", false), ("not responding", "it is Not, responding", true),
        ("not responding", "unresponsive", false), ("load*", "overload", false), ("load*", "Loads rise", true),
        ("* is * full", "disk is nearly full", true), ("* is * full", "disk is nearly full.", false),
        ("Über", "über alles", true), ("a", "", false),
    ])
    func mentions(pattern: String, text: String, matches: Bool) {
        #expect(Mention(pattern).matches(text) == matches)
    }

    @Test(
        arguments: [
            ("lisen", "listen"), ("lsiten", "listen"), ("LISTEN", "listen"), ("databse", "database"), ("x", nil),
            ("zebra", nil),
        ] as [(String, String?)]
    )
    func suggestions(word: String, expected: String?) {
        #expect(Suggestion.nearest(to: word, among: ["listen", "database", "answers"]) == expected)
    }

    @Test(arguments: [
        ("/a/./b/../c//d", "/a/c/d"), ("a/../..", ".."), ("/..", "/"), ("", "."), ("./x", "x"), ("../x", "../x"),
    ])
    func paths(path: String, normal: String) {
        #expect(PathText.normal(path) == normal)
    }

    @Test(arguments: [
        ("{data}/x", "/d/x"), ("x", "/t/x"), ("../x", "/x"), ("/x/{data}/y", "/x/d/y"), ("{data}{data}", "/d/d"),
    ])
    func resolved(text: String, expected: String) throws {
        #expect(try PathResolver(folder: "/t", data: "/d").path(text) == expected)
    }
}
