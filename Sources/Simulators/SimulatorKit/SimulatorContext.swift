import Foundation
public import Hummingbird
import NIOCore

/// What Hummingbird carries along with a request of a simulator.
public struct SimulatorContext: RequestContext {
    /// Hummingbird's own part.
    public var coreContext: CoreRequestContextStorage
    /// The client's IP address; rate limits go by it.
    public let clientAddress: String
    private let channel: any Channel

    /// Takes the parts from the connection.
    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        clientAddress = source.channel.remoteAddress?.ipAddress ?? "unknown"
        channel = source.channel
    }

    /// Closes the connection without another byte.
    func drop() async {
        try? await channel.close()
    }

    /// A part of the path, percent-decoded.
    public func pathPart(_ name: String) -> String {
        let raw = coreContext.parameters.get(name) ?? ""
        return raw.removingPercentEncoding ?? raw
    }
}
