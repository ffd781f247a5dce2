import Testing

@testable import CommandLineTool

@Suite struct ProgressBarTests {
    @Test(arguments: [
        (0, 10, 10, 0, 80, "[........................................] 0/10  0%  0.0/s  10 open"),
        (5, 10, 2, 2, 80, "[####################....................] 5/10  50%  2.5/s  2 open"),
        (10, 10, 0, 4, 80, "[########################################] 10/10  100%  2.5/s  0 open"),
        (5, 10, 2, 2, 40, "[######......] 5/10  50%  2.5/s  2 open"),
        (5, 10, 2, 2, 20, "5/10  50%  2.5/s  2"),
    ])
    func line(done: Int, total: Int, open: Int, seconds: Int, width: Int, expected: String) {
        let bar = ProgressBar(done: done, total: total, open: open, elapsed: .seconds(seconds))
        #expect(bar.line(width: width) == expected)
    }
}
