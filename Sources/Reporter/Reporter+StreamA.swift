public import HTTPClient
import IncidentAPI
public import Secrets
public import StageKit

extension Reporter {
    /// A reporter to the "Stream A" API.
    ///
    /// - Parameters:
    ///   - url: the API, http or https.
    ///   - key: its bearer key; read for every request.
    ///   - http: the connections.
    ///   - configuration: how it works.
    ///   - trouble: where a key that is not accepted is said.
    public init(
        streamA url: String,
        key: SecretSource,
        http: HTTPClient,
        configuration: ReporterConfiguration,
        trouble: Trouble
    ) {
        let masks = SharedMask()
        self.init(
            system: StreamAClient(url: url, apiKey: { try key.read() }, http: http),
            configuration: configuration,
            // A key that cannot be read was not sent either: the call itself says so.
            mask: { masks.mask((try? key.read()).map { [$0] } ?? []) },
            trouble: trouble
        )
    }
}
