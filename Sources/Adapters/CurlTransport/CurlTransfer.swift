import CCurl
import Glibc
import Ports

/// One transfer and its easy handle, used by the driving thread only. libcurl holds an unowned pointer to it: the loop
/// keeps it alive until the handle is off the multi handle.
final class CurlTransfer {
    let submission: CurlSubmission
    let easy: UnsafeMutableRawPointer
    private let configuration: CurlTransportConfiguration
    private let errorText: UnsafeMutablePointer<CChar>
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var headers: [HTTPHeader] = []
    private var headerBytes = 0
    private var body: [UInt8] = []
    private var isTooLarge = false
    private var lastHeard = ContinuousClock.now
    private var refusedAddress: IPAddress?
    /// Set once a connection stands and the request is about to be written.
    private var mayHaveBeenSent = false

    private static let headerLimit = 64 << 10

    init(_ submission: CurlSubmission, _ configuration: CurlTransportConfiguration) throws(HTTPTransportError) {
        guard let easy = curl_easy_init() else {
            throw HTTPTransportError(
                .overloaded, "libcurl could not get memory for another transfer; send fewer at once.")
        }
        self.submission = submission
        self.easy = easy
        self.configuration = configuration
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try setUp()
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headerList)
        errorText.deallocate()
    }

    /// The error to give when the transfer is ended from our side.
    func stopped(_ error: HTTPTransportError) -> HTTPTransportError {
        HTTPTransportError(error.code, error.sentence, mayHaveBeenSent: mayHaveBeenSent)
    }

    func answer(_ code: CURLcode) -> CurlSubmission.Answer {
        guard code == CURLE_OK else { return .failure(failure(code)) }
        var status = 0
        _ = ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return .success(HTTPResponse(status: status, headers: headers, body: body))
    }
}

// MARK: - Setting up

extension CurlTransfer {
    private func setUp() throws(HTTPTransportError) {
        let remaining = max(1, Int(((submission.deadline - .now) / .milliseconds(1)).rounded(.up)))
        let connecting = max(1, Int((configuration.connectTimeout / .milliseconds(1)).rounded(.up)))
        try set(CURLOPT_URL, submission.request.url)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_PROXY, "")
        try set(CURLOPT_NOSIGNAL, 1)
        // Do not wait for a name look-up that hangs when the transfer is ended.
        try set(CURLOPT_QUICK_EXIT, 1)
        try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        try set(CURLOPT_TIMEOUT_MS, submission.stream == nil ? remaining : 0)
        try set(CURLOPT_CONNECTTIMEOUT_MS, min(connecting, remaining))
        try set(CURLOPT_USERAGENT, configuration.userAgent)
        let limit = submission.stream == nil ? curl_off_t(max(1, configuration.responseLimit)) : 0
        try check(ccurl_set_offset(easy, CURLOPT_MAXFILESIZE_LARGE, limit))
        try check(ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
        if !submission.request.reusesConnection {
            try set(CURLOPT_FRESH_CONNECT, 1)
            try set(CURLOPT_FORBID_REUSE, 1)
        }
        try setUpTLS()
        try setUpRequest()
        try setUpCallbacks()
    }

    private func setUpTLS() throws(HTTPTransportError) {
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        if let file = configuration.tls.authorityFile { try set(CURLOPT_CAINFO, file) }
        if let file = configuration.tls.certificateFile { try set(CURLOPT_SSLCERT, file) }
        if let file = configuration.tls.privateKeyFile { try set(CURLOPT_SSLKEY, file) }
    }

    private func setUpRequest() throws(HTTPTransportError) {
        let request = submission.request
        switch request.method {
        case .get: try set(CURLOPT_HTTPGET, 1)
        case .head: try set(CURLOPT_NOBODY, 1)
        case .post, .put, .patch, .delete:
            if request.method != .delete || !request.body.isEmpty {
                try check(ccurl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
                let code = request.body.withUnsafeBytes { bytes in
                    // An empty body still needs a pointer, or libcurl would read from standard input.
                    withUnsafeBytes(of: UInt8(0)) { nothing in
                        let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress ?? nothing.baseAddress)
                        return ccurl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, start)
                    }
                }
                try check(code)
            }
            try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
        // Without these libcurl waits for "100 Continue" and claims a form.
        append("Expect:")
        if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) { append("Content-Type:") }
        for header in request.headers {
            let isBlank = header.value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 }
            append(isBlank ? "\(header.name);" : "\(header.name): \(header.value)")
        }
        try check(ccurl_set_list(easy, CURLOPT_HTTPHEADER, headerList))
    }

    private func setUpCallbacks() throws(HTTPTransportError) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        try check(
            ccurl_set_sink(easy, CURLOPT_WRITEFUNCTION) { data, size, count, context in
                CurlTransfer.of(context).takeBody(UnsafeRawBufferPointer(start: data, count: size * count))
            })
        try check(ccurl_set_pointer(easy, CURLOPT_WRITEDATA, context))
        try check(
            ccurl_set_sink(easy, CURLOPT_HEADERFUNCTION) { data, size, count, context in
                CurlTransfer.of(context).takeHeader(UnsafeRawBufferPointer(start: data, count: size * count))
            })
        try check(ccurl_set_pointer(easy, CURLOPT_HEADERDATA, context))
        let openSocket: curl_opensocket_callback = { context, _, address in
            guard let address else { return -1 }
            return CurlTransfer.of(context).openSocket(address)
        }
        try check(ccurl_set_open_socket(easy, openSocket, context))
        let beforeRequest: curl_prereq_callback = { context, _, _, _, _ in
            CurlTransfer.of(context).mayHaveBeenSent = true
            return CURL_PREREQFUNC_OK
        }
        try check(ccurl_set_before_request(easy, beforeRequest, context))
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> CurlTransfer {
        guard let context else { preconditionFailure("libcurl lost the context it was given") }
        return Unmanaged.fromOpaque(context).takeUnretainedValue()
    }

    private func set(_ option: CURLoption, _ value: Int) throws(HTTPTransportError) {
        try check(ccurl_set_long(easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) throws(HTTPTransportError) {
        try check(ccurl_set_string(easy, option, value))
    }

    private func check(_ code: CURLcode) throws(HTTPTransportError) {
        guard code != CURLE_OK else { return }
        throw HTTPTransportError(
            .invalidRequest, "libcurl did not take an option of the request; check URL, headers and TLS files.",
            cause: String(cString: curl_easy_strerror(code)))
    }

    private func append(_ line: String) { headerList = curl_slist_append(headerList, line) ?? headerList }
}

// MARK: - Called by libcurl

extension CurlTransfer {
    /// Less than was given makes libcurl end the transfer.
    private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        if let stream = submission.stream {
            lastHeard = .now
            return stream.offer(bytes) ? bytes.count : Int(CURL_WRITEFUNC_PAUSE)
        }
        guard body.count + bytes.count <= configuration.responseLimit else {
            isTooLarge = true
            return 0
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }

    private func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        headerBytes += bytes.count
        guard headerBytes <= Self.headerLimit else {
            isTooLarge = true
            return 0
        }
        // A status line begins a new answer: what came before it was "100 Continue" or the like.
        if bytes.starts(with: "HTTP/".utf8) { headers = [] }
        lastHeard = .now
        if bytes.allSatisfy({ $0 == 0x0D || $0 == 0x0A }) { beginStream() }
        if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
            let value = bytes[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
            let end = value.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? value.startIndex
            headers.append(
                HTTPHeader(
                    String(decoding: bytes[..<colon], as: UTF8.self),
                    String(decoding: value[value.startIndex..<end], as: UTF8.self)))
        }
        return bytes.count
    }

    /// Refuses before the first packet goes out; libcurl then tries the host's next address.
    private func openSocket(_ target: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        let bad: curl_socket_t = -1
        guard let address = ipAddress(target) else { return bad }
        guard configuration.addresses.permits(address) else {
            refusedAddress = address
            return bad
        }
        let kind = target.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
        return socket(target.pointee.family, kind, target.pointee.protocol)
    }

    private func ipAddress(_ target: UnsafeMutablePointer<curl_sockaddr>) -> IPAddress? {
        guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return nil }
        // libcurl's address field has room for any socket address; only its declared type is short.
        let start = UnsafeRawPointer(target) + offset
        switch target.pointee.family {
        case AF_INET:
            return withUnsafeBytes(of: start.loadUnaligned(as: sockaddr_in.self).sin_addr) {
                IPAddress(bytes: Array($0))
            }
        case AF_INET6:
            return withUnsafeBytes(of: start.loadUnaligned(as: sockaddr_in6.self).sin6_addr) {
                IPAddress(bytes: Array($0))
            }
        default:
            return nil
        }
    }
}

// MARK: - Streams

extension CurlTransfer {
    /// When it is given up unless something comes before; nil for what is no stream or waits for its reader.
    var nextStreamDeadline: ContinuousClock.Instant? {
        guard let stream = submission.stream, !stream.isPaused else { return nil }
        return stream.hasHead ? lastHeard + stream.idle : submission.deadline
    }

    var silenceError: HTTPTransportError {
        guard mayHaveBeenSent else {
            return HTTPTransportError(
                .timeoutBeforeSend, "No connection within the time allowed; check that the host is up.")
        }
        return HTTPTransportError(
            .timeoutAfterSend, "Nothing came for as long as is allowed; open the stream again.", mayHaveBeenSent: true)
    }

    func resume() {
        submission.stream?.resumed()
        lastHeard = .now
        // What it could not hand on before comes at once, from within the call; a failure comes as the transfer's end.
        curl_easy_pause(easy, CURLPAUSE_CONT)
    }

    /// At the empty line that ends the headers; those of `100 Continue` begin nothing.
    private func beginStream() {
        guard let stream = submission.stream else { return }
        var status = 0
        _ = ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        if status >= 200 { stream.begin(status: status, headers: headers) }
    }
}

// MARK: - What went wrong

extension CurlTransfer {
    private func failure(_ code: CURLcode) -> HTTPTransportError {
        let detail = String(cString: errorText)
        let cause = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        func error(_ kind: HTTPTransportError.Code, _ sentence: String) -> HTTPTransportError {
            HTTPTransportError(kind, sentence, cause: cause, mayHaveBeenSent: mayHaveBeenSent)
        }
        switch code {
        case CURLE_OPERATION_TIMEDOUT where mayHaveBeenSent:
            return error(
                .timeoutAfterSend, "No full answer within the deadline; find out whether the request took effect.")
        case CURLE_OPERATION_TIMEDOUT:
            return error(.timeoutBeforeSend, "No connection within the time allowed; check that the host is up.")
        case _ where isTooLarge || code == CURLE_FILESIZE_EXCEEDED:
            let limit = configuration.responseLimit
            return error(.tooLarge, "The answer is larger than \(limit) bytes; raise the limit or ask for less.")
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            return error(.tls, "TLS did not come up; check the certificates of both sides and the authority file.")
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
            // After the request went out, this means an answer that was no HTTP.
            guard !mayHaveBeenSent else { return otherFailure(error) }
            return error(.invalidRequest, "The URL cannot be used; correct it.")
        default:
            return otherFailure(error)
        }
    }

    private func otherFailure(
        _ error: (HTTPTransportError.Code, String) -> HTTPTransportError
    ) -> HTTPTransportError {
        if mayHaveBeenSent {
            return error(
                .lostAfterSend, "The connection broke before the answer; find out whether the request took effect.")
        }
        if let refusedAddress {
            return error(
                .refusedAddress,
                "\(refusedAddress) is not an address this transport may connect to; list it to allow it.")
        }
        return error(.connect, "No connection; check that the host name is right and the server is up.")
    }
}
