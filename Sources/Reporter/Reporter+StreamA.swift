public import HTTPClient
import IncidentAPI
public import Secrets
public import StageKit
import Synchronization

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
        let masks = LatestMask()
        self.init(
            system: StreamAClient(url: url, apiKey: { try key.read() }, http: http),
            configuration: configuration,
            // A key that cannot be read was not sent either: the call itself says so.
            mask: { masks.mask((try? key.read()).map { [$0] } ?? []) },
            trouble: trouble
        )
    }
}

/// The mask that was made last: to make one takes longer than to use it, and a key is replaced once in months.
private final class LatestMask: Sendable {
    private let latest = Mutex<(secrets: [String], mask: SecretMask)>(([], SecretMask([])))

    func mask(_ secrets: [String]) -> SecretMask {
        latest.withLock { latest in
            if latest.secrets != secrets { latest = (secrets, SecretMask(secrets)) }
            return latest.mask
        }
    }
}
