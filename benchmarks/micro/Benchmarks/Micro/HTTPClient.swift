import Benchmark
import HTTPClient

/// A GET through our client, one after the other on a kept connection, from a server that answers at once.
func httpClient() {
    let configuration = Benchmark.Configuration(
        metrics: BenchmarkMetric.timed + [BenchmarkMetric.connections],
        scalingFactor: .kilo
    )
    let client = HTTPClient()
    var server: LoopbackServer?
    Benchmark("GetOnLoopback", configuration: configuration) { benchmark in
        guard let server else { throw BenchmarkFailure(description: "the server does not run") }
        let request = HTTPRequest(url: server.url)
        for _ in benchmark.scaledIterations {
            let response = try await client.send(request)
            guard response.status == 200 else {
                throw BenchmarkFailure(description: "the server answered \(response.status)")
            }
        }
        benchmark.stopMeasurement()
        benchmark.measurement(.connections, client.statistics.connectionsOpened)
    } setup: {
        server = try LoopbackServer()
    } teardown: {
        await client.close()
        server?.stop()
    }
}
