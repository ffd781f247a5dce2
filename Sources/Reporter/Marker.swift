import IncidentAPI

/// The last line of everything that is told, by which a later hand-out knows it again.
struct Marker: Hashable {
    /// The line, such as `[mendline:01JD…]`.
    let line: String

    init(eventID: String) { line = "[mendline:\(PlainText.line(eventID, most: 200))]" }

    /// Whether one of the comments is the one that carries it.
    func isIn(_ comments: [IncidentComment]) -> Bool { comments.contains { isIn($0.body) } }

    /// Whether the notes are those that carry it.
    func isIn(_ state: IncidentState) -> Bool { state.notes.map(isIn) ?? false }

    // Not the last line only: systems append signatures, and people edit.
    private func isIn(_ text: String) -> Bool { text.contains(line) }
}
