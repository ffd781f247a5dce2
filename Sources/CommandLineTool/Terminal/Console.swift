/// Where a command prints: results to standard output, everything else to standard error.
struct Console: Sendable {
    enum Stream: Sendable {
        case output
        case error
    }

    /// What standard output is.
    var output: Terminal
    /// What standard error is.
    var diagnostics: Terminal
    /// Takes text as it is, without adding a line end.
    var write: @Sendable (Stream, String) -> Void

    func print(_ line: String) { write(.output, line + "\n") }

    func error(_ line: String) { write(.error, line + "\n") }

    /// The process's own standard output and error.
    static func standard(environment: [String: String]) -> Console {
        Console(
            output: Terminal.of(descriptor: 1, environment: environment),
            diagnostics: Terminal.of(descriptor: 2, environment: environment)
        ) { stream, text in
            // Past the buffers of C's streams, so that what was said is seen even when the process is killed. Where nobody
            // reads any more, or the disk is full, there is no other place to say so.
            _ = Descriptor.write(Array(text.utf8), to: stream == .output ? 1 : 2)
        }
    }

    static let silent = Console(output: .none, diagnostics: .none) { _, _ in }
}
