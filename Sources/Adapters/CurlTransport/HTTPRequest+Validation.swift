import Ports

extension HTTPRequest {
    /// Throws `.invalidRequest` for what could smuggle a second request or reach another protocol.
    func validate() throws(HTTPTransportError) {
        let scheme = url.prefix { $0 != ":" }.lowercased()
        guard scheme == "http" || scheme == "https", url.dropFirst(scheme.count).hasPrefix("://") else {
            throw HTTPTransportError(.invalidRequest, "The URL must begin with http:// or https://; correct it.")
        }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw HTTPTransportError(.invalidRequest, "The URL holds a space or control character; percent-encode it.")
        }
        for header in headers {
            guard !header.name.isEmpty, header.name.utf8.allSatisfy(isTokenByte) else {
                throw HTTPTransportError(
                    .invalidRequest, "The header name \(header.name.debugDescription) is no token; correct it.")
            }
            guard header.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                throw HTTPTransportError(
                    .invalidRequest, "The value of header \(header.name) holds a line break or control character.")
            }
            guard !["content-length", "transfer-encoding"].contains(header.name.lowercased()) else {
                throw HTTPTransportError(.invalidRequest, "Leave out \(header.name): the transport sets it itself.")
            }
        }
    }
}

/// RFC 9110 §5.6.2.
private func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122: true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
