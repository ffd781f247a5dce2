/// Rows of text in columns that are as wide as their widest cell.
struct Table {
    /// One cell; the tone does not count towards its width.
    struct Cell: ExpressibleByStringLiteral {
        var text: String
        var tone: Terminal.Tone

        init(_ text: String, _ tone: Terminal.Tone = .plain) {
            self.text = text
            self.tone = tone
        }

        init(stringLiteral value: String) { self.init(value) }
    }

    var rows: [[Cell]] = []

    /// The table's lines, columns two spaces apart, without spaces at the ends of lines.
    func lines(_ terminal: Terminal) -> [String] {
        var widths: [Int] = []
        for row in rows {
            for (column, cell) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], cell.text.count)
            }
        }
        return rows.map { row in
            var line = ""
            var gap = ""
            for (column, cell) in row.enumerated() {
                if !cell.text.isEmpty {
                    line += gap + terminal.paint(cell.text, cell.tone)
                    gap = ""
                }
                gap += String(repeating: " ", count: widths[column] - cell.text.count + 2)
            }
            return line
        }
    }
}
