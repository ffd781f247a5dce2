import CCurl

/// One libcurl easy handle and what it borrows from us; used on the loop's thread only.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private var headers: UnsafeMutablePointer<curl_slist>?
    /// `CURLOPT_ERRORBUFFER` keeps a pointer to it and writes `CURL_ERROR_SIZE` bytes at most.
    private let errorText = UnsafeMutableBufferPointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    init() throws(Failure) {
        guard let pointer = curl_easy_init() else {
            errorText.deallocate()
            throw Failure(code: .other, message: "libcurl has no memory for a transfer")
        }
        self.pointer = pointer
        errorText.initialize(repeating: 0)
    }

    /// The handle must have been taken out of its multi handle.
    deinit {
        curl_easy_cleanup(pointer)
        curl_slist_free_all(headers)
        errorText.deallocate()
    }

    /// libcurl's own words about what went wrong, empty if there are none.
    var detail: String {
        let bytes = errorText.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// How many connections were opened for the transfer.
    var connectionsOpened: Int {
        var count = 0
        return CCurl_easy_getinfo_long(pointer, CURLINFO_NUM_CONNECTS, &count) == CURLE_OK ? count : 0
    }

    /// Forgets all options and everything of the transfer before.
    func reset() throws(Failure) {
        curl_easy_reset(pointer)
        curl_slist_free_all(headers)
        headers = nil
        errorText.update(repeating: 0)
        try check(CCurl_easy_setopt_pointer(pointer, CURLOPT_ERRORBUFFER, errorText.baseAddress))
    }

    func set(_ option: CURLoption, _ value: Int) throws(Failure) {
        try check(CCurl_easy_setopt_long(pointer, option, value))
    }

    /// libcurl copies the text.
    func set(_ option: CURLoption, _ value: String?) throws(Failure) {
        try check(CCurl_easy_setopt_string(pointer, option, value))
    }

    /// Calls back with `context`, which must outlive the transfer.
    func setCallbacks(
        context: UnsafeMutableRawPointer,
        header: CCurl_data_callback,
        body: CCurl_data_callback,
        aboutToSend: curl_prereq_callback
    ) throws(Failure) {
        try check(CCurl_easy_setopt_data_callback(pointer, CURLOPT_HEADERFUNCTION, header))
        try check(CCurl_easy_setopt_pointer(pointer, CURLOPT_HEADERDATA, context))
        try check(CCurl_easy_setopt_data_callback(pointer, CURLOPT_WRITEFUNCTION, body))
        try check(CCurl_easy_setopt_pointer(pointer, CURLOPT_WRITEDATA, context))
        try check(CCurl_easy_setopt_prereq_callback(pointer, aboutToSend))
        try check(CCurl_easy_setopt_pointer(pointer, CURLOPT_PREREQDATA, context))
    }

    /// Sends a body, of which libcurl keeps a copy.
    ///
    /// The method is then POST unless another is set.
    func setBody(_ body: [UInt8]) throws(Failure) {
        // First the size: CURLOPT_COPYPOSTFIELDS copies as many bytes as were announced before it.
        try check(CCurl_easy_setopt_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
        let result = body.withUnsafeBytes { bytes in
            // A null pointer would make libcurl read the body from standard input.
            withUnsafeBytes(of: UInt8(0)) { empty in
                CCurl_easy_setopt_pointer(pointer, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress ?? empty.baseAddress)
            }
        }
        try check(result)
    }

    /// Sends these lines, and leaves out libcurl's own headers named in `without`.
    func setHeaders(_ fields: [HTTPHeader], without: [String]) throws(Failure) {
        var lines = without.map { "\($0):" }
        // "Name;" is how libcurl is told to send a header with an empty value.
        lines += fields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        for line in lines {
            guard let longer = curl_slist_append(headers, line) else {
                throw Failure(code: .other, message: "libcurl has no memory for the headers")
            }
            headers = longer
        }
        try check(CCurl_easy_setopt_list(pointer, CURLOPT_HTTPHEADER, headers))
    }

    private func check(_ result: CURLcode) throws(Failure) {
        guard result == CURLE_OK else { throw FailureTable.failure(result, detail: detail) }
    }
}
