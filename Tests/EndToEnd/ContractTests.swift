import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Whether what is published holds: intake's description, and the schemas of the messages.
    ///
    /// The seeds are fixed, so that a change is what makes it fail; `make contract` takes fresh ones.
    @Suite struct Contract {
        /// Intake does what its description says, and nothing else.
        @Test func intakeKeepsToItsDescription() async throws {
            try await check("contract.py", with: "mendline", examples: 15)
        }

        /// The types of the messages read and write what the schemas say, and nothing else.
        @Test func messagesAreAsTheirSchemasSay() async throws {
            try await check("messages.py", with: "contract-echo", examples: 60)
        }

        private func check(_ script: String, with program: String, examples: Int) async throws {
            let python = Repository.path(".build/contract/bin/python")
            try #require(
                FileManager.default.isExecutableFile(atPath: python),
                "schemathesis is not installed; run make contract-tools"
            )
            let programs = URL(fileURLWithPath: try Program.path(of: program)).deletingLastPathComponent().path
            let (end, output) = try await Program.run(
                path: python,
                [Repository.path("Tests/Contract/\(script)")],
                environment: ["BIN": programs, "EXAMPLES": "\(examples)", "SEED": "1"]
            )
            #expect(end == .exit(0), "\(output)")
        }
    }
}
