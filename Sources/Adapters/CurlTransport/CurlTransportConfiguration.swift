package struct CurlTransportConfiguration: Hashable, Sendable {
    /// Name look-up, TCP and TLS together. Default: ledger BMS-01.
    package var connectTimeout: Duration
    /// For requests that bring no deadline of their own.
    package var deadline: Duration
    /// Longest body taken, in bytes; the header block may have 64 KiB.
    package var responseLimit: Int
    /// Transfers at the same time, in all and to one host.
    package var concurrent: Int
    package var concurrentPerHost: Int
    /// Requests that wait for a place; more are refused with `.overloaded`.
    package var queueCapacity: Int
    package var addresses: AddressPolicy
    package var tls: TLSConfiguration
    package var userAgent: String

    package init(
        connectTimeout: Duration = .seconds(2), deadline: Duration = .seconds(5), responseLimit: Int = 1 << 20,
        concurrent: Int = 64, concurrentPerHost: Int = 16, queueCapacity: Int = 1024,
        addresses: AddressPolicy = .publicOnly, tls: TLSConfiguration = TLSConfiguration(),
        userAgent: String = "switchyard"
    ) {
        self.connectTimeout = connectTimeout
        self.deadline = deadline
        self.responseLimit = responseLimit
        self.concurrent = max(1, concurrent)
        self.concurrentPerHost = max(1, concurrentPerHost)
        self.queueCapacity = max(0, queueCapacity)
        self.addresses = addresses
        self.tls = tls
        self.userAgent = userAgent
    }
}

/// Files in PEM. The server's certificate and name are always verified.
package struct TLSConfiguration: Hashable, Sendable {
    /// Nil trusts the system's authorities.
    package var authorityFile: String?
    /// Ours, shown to servers that ask; both or none.
    package var certificateFile: String?
    package var privateKeyFile: String?

    package init(authorityFile: String? = nil, certificateFile: String? = nil, privateKeyFile: String? = nil) {
        self.authorityFile = authorityFile
        self.certificateFile = certificateFile
        self.privateKeyFile = privateKeyFile
    }
}
