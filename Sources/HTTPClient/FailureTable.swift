import CCurl

/// A failure before it is tied to a request: the kind, a sentence, and libcurl's number where it is libcurl's.
struct Failure: Error, Hashable, Sendable {
    var code: HTTPClientError.Code
    var message: String
    var curlCode: Int32 = 0
}

/// What each of libcurl's result codes means to a caller.
enum FailureTable {
    /// `CURLE_SSL_CONNECT_ERROR`, the one TLS failure that a lost connection also causes.
    static let handshakeBroken = Int32(CURLE_SSL_CONNECT_ERROR.rawValue)

    /// The failure for a result code other than `CURLE_OK`.
    ///
    /// - Parameters:
    ///   - result: What the transfer ended with.
    ///   - detail: libcurl's error buffer; where it is empty, libcurl's general text for the code is taken.
    /// - Returns: The failure, with a remedy where there is one.
    static func failure(_ result: CURLcode, detail: String) -> Failure {
        let text = detail.isEmpty ? String(cString: curl_easy_strerror(result)) : detail
        let code = code(for: result)
        return Failure(code: code, message: text + remedy(for: result), curlCode: Int32(bitPattern: result.rawValue))
    }

    static func code(for result: CURLcode) -> HTTPClientError.Code {
        switch result {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            .couldNotResolve
        case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED, CURLE_PROXY:
            .couldNotConnect
        case CURLE_OPERATION_TIMEDOUT:
            .timedOut
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED,
            CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED:
            .tls
        // CURLE_SEND_ERROR and CURLE_RECV_ERROR are resets; the HTTP/2 pair is a stream or a connection given up.
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2,
            CURLE_HTTP2_STREAM:
            .cut
        // Only http and https get this far, so an unsupported protocol is an answer that is not HTTP/1 or later.
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
            .badAnswer
        case CURLE_URL_MALFORMAT:
            .invalidRequest
        default:
            .other
        }
    }

    private static func remedy(for result: CURLcode) -> String {
        switch result {
        case CURLE_PEER_FAILED_VERIFICATION:
            ": if the server's certificate is of your own authority, name its CA file in the configuration"
        case CURLE_UNSUPPORTED_PROTOCOL:
            ": what answers there does not speak HTTP"
        default:
            ""
        }
    }
}
