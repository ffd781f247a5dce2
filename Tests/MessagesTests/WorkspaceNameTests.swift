import Messages
import Testing

@Suite("Workspace names")
struct WorkspaceNameTests {
    @Test(arguments: [
        "INC-1042", "a", String(repeating: "x", count: 200), "täglich / störung #7", "---", "日本語", "a--b__c..d", "new",
        "",
    ])
    func areNamesForCoder(_ incident: String) throws {
        let name = WorkspaceName.derive(installation: "i1", incident: incident, operatorAttempt: 1)
        #expect(name.utf8.count <= 32)
        #expect(name.wholeMatch(of: /[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*/) != nil, "\(name)")
    }

    @Test func areReadable() {
        #expect(
            WorkspaceName.derive(installation: "i", incident: "INC-1042", operatorAttempt: 1).hasPrefix("m-inc-1042-1-")
        )
    }

    @Test func areTheSameForTheSameAndOthersForOthers() {
        var names: Set<String> = []
        var count = 0
        for installation in ["a", "b"] {
            for incident in [
                "x", "X", "x ", "ax", String(repeating: "y", count: 200), String(repeating: "y", count: 199),
            ] {
                for attempt in 1...3 {
                    let name = WorkspaceName.derive(
                        installation: installation,
                        incident: incident,
                        operatorAttempt: attempt
                    )
                    let again = WorkspaceName.derive(
                        installation: installation,
                        incident: incident,
                        operatorAttempt: attempt
                    )
                    #expect(name == again)
                    names.insert(name.lowercased())
                    count += 1
                }
            }
        }
        #expect(names.count == count)
    }
}
