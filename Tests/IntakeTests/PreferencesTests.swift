import Testing

@testable import Intake

@Suite("Preferences of waiting")
struct PreferencesTests {
    @Test(
        arguments: [
            ([], 10), ([""], 10), (["return=minimal"], 10), (["wait=3"], 3), (["wait=0"], 0), (["WAIT=4"], 4),
            (["respond-async"], 0), (["return=minimal, wait=5"], 5), (["return=minimal", "wait=6"], 6),
            (["wait=7; why=so"], 7), (["wait=31"], 30), (["wait=99999999"], 30), (["wait=-1"], 10), (["wait=soon"], 10),
            (["wait="], 10), (["wait=99999999999999999999999999"], 10), ([","], 10), ([";"], 10),
        ] as [([String], Int64)]
    )
    func reads(values: [String], seconds: Int64) {
        #expect(Preferences(values, standard: .seconds(10)).wait == .seconds(seconds))
    }
}
