import CCurl

extension EasyHandle {
    /// Sets everything about a hop that does not call back.
    func prepare(
        _ hop: Hop,
        isStreamed: Bool,
        timeouts: HTTPRequest.Timeouts,
        configuration: HTTPClient.Configuration
    ) throws(Failure) {
        try reset()
        try set(CURLOPT_URL, hop.address.text)
        try setLimits(timeouts)
        try setTrust(configuration)
        try setProxy(configuration)
        try setVersion(isStreamed: isStreamed)
        try setMessage(hop, userAgent: configuration.userAgent)
    }

    private func setLimits(_ timeouts: HTTPRequest.Timeouts) throws(Failure) {
        // libcurl must not use signals in a process with threads.
        try set(CURLOPT_NOSIGNAL, 1)
        // Without it, ending a transfer waits for its resolver thread, which may hang for as long as DNS does, and
        // every other transfer of the loop with it.
        try set(CURLOPT_QUICK_EXIT, 1)
        try set(CURLOPT_CONNECTTIMEOUT_MS, timeouts.connect.milliseconds)
        // The other limits are the engine's: the total one counts over all hops and while libcurl lets a transfer wait
        // for a connection, and libcurl's own measure of idleness is an average over five seconds.
        try set(CURLOPT_TCP_KEEPALIVE, 1)
    }

    private func setTrust(_ configuration: HTTPClient.Configuration) throws(Failure) {
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        guard let file = configuration.caFile else { return }
        try set(CURLOPT_CAINFO, file)
        if !configuration.trustsSystemCertificates {
            // libcurl's directory of certificates would be trusted besides the file.
            try set(CURLOPT_CAPATH, nil)
        }
    }

    private func setProxy(_ configuration: HTTPClient.Configuration) throws(Failure) {
        // An empty text, unlike none, keeps libcurl from reading http_proxy, HTTPS_PROXY and NO_PROXY.
        try set(CURLOPT_PROXY, configuration.proxy ?? "")
        try set(CURLOPT_NOPROXY, "")
        // The proxy's own answer to CONNECT is not the head of ours.
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    }

    private func setVersion(isStreamed: Bool) throws(Failure) {
        // HTTP/2 where TLS offers it (ALPN), HTTP/1.1 elsewhere; HTTP/0.9, which takes anything for an answer, never.
        // A stream has a connection of its own: on a shared one libcurl has to read on for the others' sake, and keeps
        // up to 32 MiB of what the stream's consumer has not taken yet.
        try set(CURLOPT_HTTP_VERSION, Int(isStreamed ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS))
        try set(CURLOPT_HTTP09_ALLOWED, 0)
    }

    private func setMessage(_ hop: Hop, userAgent: String) throws(Failure) {
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_USERAGENT, userAgent)

        var without = ["Expect"]
        if hop.method == .head {
            try set(CURLOPT_NOBODY, 1)
        } else if let body = hop.body {
            try setBody(body)
            if !hop.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
                // libcurl would say that it is a form.
                without.append("Content-Type")
            }
        }
        if hop.method != .head, hop.method != .get {
            try set(CURLOPT_CUSTOMREQUEST, hop.method.rawValue)
        }
        try setHeaders(hop.headers, without: without)
    }
}

extension Duration {
    /// Rounded up, at least 1, and at most what fits libcurl's and poll's 32 bits.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        guard seconds < 2_000_000 else { return 2_000_000_000 }
        guard seconds >= 0 else { return 1 }
        return max(1, Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
    }
}
