import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Whether intake does what its description says, and nothing else.
    @Suite struct Contract {
        /// The seed is fixed, so that a change of intake is what makes it fail; `make contract` takes a fresh one.
        @Test func intakeKeepsToItsDescription() async throws {
            let python = Repository.path(".build/contract/bin/python")
            try #require(
                FileManager.default.isExecutableFile(atPath: python),
                "schemathesis is not installed; run make contract-tools"
            )
            let programs = URL(fileURLWithPath: try Program.path(of: "mendline")).deletingLastPathComponent().path
            let (end, output) = try await Program.run(
                path: python,
                [Repository.path("Tests/Contract/contract.py")],
                environment: ["BIN": programs, "EXAMPLES": "15", "SEED": "1"]
            )
            #expect(end == .exit(0), "\(output)")
        }
    }
}
