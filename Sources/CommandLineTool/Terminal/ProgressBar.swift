import Messages

/// One line that shows how far a run of many has come.
struct ProgressBar {
    var done: Int
    var total: Int
    /// How many are being worked on.
    var open: Int
    var elapsed: Duration

    /// `[#####.....] 250/500  50%  40.6/s  50 open`, never wider than the terminal.
    func line(width: Int) -> String {
        let share = total > 0 ? Double(done) / Double(total) : 1
        let seconds = elapsed.inSeconds
        let rate = seconds > 0 ? TimeText.decimal(Double(done) / seconds, 1) : "0.0"
        let figures = "\(done)/\(total)  \(Int(share * 100))%  \(rate)/s  \(open) open"
        let room = min(40, width - figures.count - 4)
        guard room >= 5 else { return String(figures.prefix(max(0, width - 1))) }
        let filled = min(room, Int((share * Double(room)).rounded(.down)))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: room - filled)
        return "[\(bar)] \(figures)"
    }
}
