/// The processes of a run, by name.
enum Cast {
    /// How many of each stage, so that one can take over from another.
    static let ofEach = 2
    static let stages = ["validator", "provisioner", "log-collector", "reporter"]
    static let intake = "intake"
    static let sink = "metrics-sink"

    /// All of Mendline's.
    static let members = [sink, intake] + stages.flatMap { stage in (1...ofEach).map { "\(stage)-\($0)" } }

    /// The binary of a member.
    static func program(of member: String) -> String {
        stages.first { member.hasPrefix($0 + "-") } ?? member
    }
}
