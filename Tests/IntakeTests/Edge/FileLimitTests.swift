import Testing
import Topology

@testable import Intake

@Suite("Bounds that fit the system's")
struct FileLimitTests {
    @Test(arguments: [
        (1_048_576, 12_288, 1_024), (20_000, 12_288, 1_024), (12_864, 12_288, 1_024), (12_863, 12_287, 1_024),
        (1_024, 448, 336), (256, 64, 48), (64, 1, 1), (0, 1, 1),
    ])
    func leaveFilesForTheRest(files: Int, connections: Int, requests: Int) {
        let bounds = HTTPBounds.standard.fitting(files: files)
        #expect(bounds.connections == connections)
        #expect(bounds.requests == requests)
    }
}
