import Glibc

/// Measures what a large ledger costs.
///
/// `fill FILE COUNT` makes one with so many incidents that wait for Coder; `open FILE` opens it in a process of its own
/// and says how long that took and what it needs. `finish FILE COUNT` makes one with so many incidents that have ended;
/// `load FILE` opens it, reads some of them, and brings further ones to an end.
@main
enum LedgerOpen {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch (arguments.first, arguments.count) {
        case ("fill", 3):
            guard let count = Int(arguments[2]), count > 0 else { usage() }
            try await OpenIncidents.fill(arguments[1], count)
        case ("open", 2): try await OpenIncidents.open(arguments[1])
        case ("finish", 3):
            guard let count = Int(arguments[2]), count > 0 else { usage() }
            try await FinishedIncidents.finish(arguments[1], count)
        case ("load", 2): try await FinishedIncidents.load(arguments[1])
        default: usage()
        }
    }

    private static func usage() -> Never {
        print(
            """
            usage: ledger-open fill FILE COUNT
                   ledger-open open FILE
                   ledger-open finish FILE COUNT
                   ledger-open load FILE
            """
        )
        exit(64)
    }
}

/// What a measurement cannot go on from.
struct BenchmarkFailure: Error, CustomStringConvertible {
    let description: String
}
