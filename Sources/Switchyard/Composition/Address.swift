/// `HOST:PORT`, `[::1]:PORT` or `off`.
struct ListenAddress: Equatable {
    let host: String
    let port: Int

    /// Nil for `off`; throws a sentence for anything that is no address.
    static func parse(_ text: String) throws -> ListenAddress? {
        if text == "off" || text.isEmpty { return nil }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else {
            throw CommandFailure(
                .usage, "http.listen is \(text.debugDescription); write HOST:PORT, e.g. 127.0.0.1:8080, or off")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty else {
            throw CommandFailure(
                .usage, "http.listen is \(text.debugDescription); the host is missing before the colon")
        }
        return ListenAddress(host: host, port: port)
    }
}
