#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension HTTPClient {
    /// How a client works; fixed for its life.
    public struct Configuration: Hashable, Sendable {
        /// How many requests libcurl works on at once; further ones wait in order.
        public var maximumConcurrentTransfers: Int

        /// How many connections there are to one host and port at once; further requests wait for one.
        ///
        /// A streamed answer holds one of them until it ends.
        public var maximumConnectionsPerHost: Int

        /// A PEM file of certificate authorities that are trusted.
        public var caFile: String?

        /// Whether the system's directory of authorities is trusted besides `caFile`.
        ///
        /// Without a `caFile` the system's authorities always are.
        public var trustsSystemCertificates: Bool

        /// What is sent as `User-Agent`.
        public var userAgent: String

        /// A proxy, such as `http://proxy.example:3128`, or nil for none.
        ///
        /// The environment is never asked.
        public var proxy: String?

        /// The thread's name, of which the system shows 15 bytes.
        public var threadName: String

        /// A streamed body is read on when its buffer has fallen to this many bytes.
        public var streamLowWatermark: Int

        /// A streamed body is not read further while its buffer holds this many bytes.
        public var streamHighWatermark: Int

        /// Makes a configuration; every value has a default that suits one outside system.
        public init(
            maximumConcurrentTransfers: Int = 256,
            maximumConnectionsPerHost: Int = 16,
            caFile: String? = nil,
            trustsSystemCertificates: Bool = true,
            userAgent: String = "mendline",
            proxy: String? = nil,
            threadName: String = "http-client",
            streamLowWatermark: Int = 64 << 10,
            streamHighWatermark: Int = 256 << 10
        ) {
            self.maximumConcurrentTransfers = maximumConcurrentTransfers
            self.maximumConnectionsPerHost = maximumConnectionsPerHost
            self.caFile = caFile
            self.trustsSystemCertificates = trustsSystemCertificates
            self.userAgent = userAgent
            self.proxy = proxy
            self.threadName = threadName
            self.streamLowWatermark = streamLowWatermark
            self.streamHighWatermark = streamHighWatermark
        }

        var streamBuffer: BodyBuffer.Watermarks {
            BodyBuffer.Watermarks(low: streamLowWatermark, high: streamHighWatermark)
        }

        /// Refuses what cannot work, before the first request does.
        func check() throws(Failure) {
            guard (1...100_000).contains(maximumConcurrentTransfers), (1...100_000).contains(maximumConnectionsPerHost)
            else {
                throw Self.invalid(
                    "maximumConcurrentTransfers and maximumConnectionsPerHost must be 1 to 100000, and are"
                        + " \(maximumConcurrentTransfers) and \(maximumConnectionsPerHost)"
                )
            }
            guard streamLowWatermark >= 0, streamLowWatermark < streamHighWatermark else {
                throw Self.invalid("streamLowWatermark must be at least 0 and less than streamHighWatermark")
            }
            for (name, value) in [("userAgent", userAgent), ("proxy", proxy ?? ""), ("caFile", caFile ?? "")]
            where value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                throw Self.invalid("\(name) has a line break or another control character in it")
            }
            if let caFile, access(caFile, R_OK) != 0 {
                let reason = String(cString: strerror(errno))
                throw Self.invalid("the CA file \(caFile) cannot be read (\(reason)): name a readable PEM file")
            }
        }

        private static func invalid(_ message: String) -> Failure {
            Failure(code: .invalidRequest, message: message)
        }
    }
}
