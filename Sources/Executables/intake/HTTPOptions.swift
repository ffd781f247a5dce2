import ArgumentParser
import StageKit
import Topology

/// The flags of what the HTTP API takes on at once, and how long it waits.
struct HTTPOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Connections open at once; for another the longest idle one is closed.", valueName: "n"))
    var httpConnections: String?
    @Option(help: ArgumentHelp("Requests in progress at once; beyond, the answer is 503.", valueName: "n"))
    var httpRequests: String?
    @Option(help: ArgumentHelp("How long a new connection's first head may take.", valueName: "time"))
    var httpHeaderTime: String?
    @Option(help: ArgumentHelp("How long a body may take; a signed one 10 s at most.", valueName: "time"))
    var httpBodyTime: String?
    @Option(help: ArgumentHelp("How long a connection may wait between requests.", valueName: "time"))
    var httpIdleTime: String?

    /// What was given, by the keys of the settings.
    var flags: [String: String?] {
        [
            "intake.http.connections": httpConnections, "intake.http.requests": httpRequests,
            "intake.http.header.time": httpHeaderTime, "intake.http.body.time": httpBodyTime,
            "intake.http.idle.time": httpIdleTime,
        ]
    }

    /// Bounds as the topology file would write them.
    static func texts(_ http: HTTPBounds) -> [String: String?] {
        [
            "intake.http.connections": "\(http.connections)", "intake.http.requests": "\(http.requests)",
            "intake.http.header.time": DurationText.format(http.headerTime),
            "intake.http.body.time": DurationText.format(http.bodyTime),
            "intake.http.idle.time": DurationText.format(http.idleTime),
        ]
    }

    /// The bounds that count.
    ///
    /// - Throws: `SettingsError` for what is no number or time, or out of range.
    static func bounds(_ settings: Settings) throws(SettingsError) -> HTTPBounds {
        func number(_ key: String, _ range: ClosedRange<Int>) throws(SettingsError) -> Int {
            let text = try settings.required(key, remedy: "give a number")
            guard let number = Int(text), range.contains(number) else {
                throw SettingsError(
                    what: "\(key) is \"\(text)\"; it must be a number from \(range.lowerBound) to \(range.upperBound)"
                )
            }
            return number
        }
        func time(_ key: String) throws(SettingsError) -> Duration {
            let text = try settings.required(key, remedy: "give a length of time")
            guard let time = DurationText.parse(text), HTTPBounds.timeRange.contains(time) else {
                throw SettingsError(
                    what: "\(key) is \"\(text)\"; it must be a length of time from 100ms to 1h, such as 10s"
                )
            }
            return time
        }
        let bounds = HTTPBounds(
            connections: try number("intake.http.connections", HTTPBounds.connectionRange),
            requests: try number("intake.http.requests", HTTPBounds.requestRange),
            headerTime: try time("intake.http.header.time"),
            bodyTime: try time("intake.http.body.time"),
            idleTime: try time("intake.http.idle.time")
        )
        guard bounds.requests < bounds.connections else {
            throw SettingsError(
                what: "intake.http.requests is \(bounds.requests) and intake.http.connections \(bounds.connections); "
                    + "there must be fewer requests, so that a connection can be closed for a new one"
            )
        }
        return bounds
    }
}
