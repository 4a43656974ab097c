/// `GET …?echo=value`: before a utility subscribes this URL it asks for the value back (OpenADR 3.1, Definition, Webhooks).
/// Anybody may ask, so nothing but a plain token comes back: it can be neither markup nor a terminal's command.
enum EchoChallenge {
    static let maximumLength = 256

    /// The value of the first `echo` in a query such as `a=b&echo=x%2D1`; nil when it is missing, empty, too long or has
    /// other than visible ASCII characters without `<>"'&`. `+` stands for itself.
    static func value(in query: String) -> String? {
        let pairs = query.split(separator: "&").map { $0.split(separator: "=", maxSplits: 1) }
        guard let raw = pairs.first(where: { $0.first == "echo" })?.dropFirst().first,
            raw.utf8.count <= 3 * maximumLength, let bytes = percentDecoded(raw.utf8),
            (1...maximumLength).contains(bytes.count), bytes.allSatisfy(isHarmless)
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}

private func isHarmless(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "&"): false
    default: (0x21...0x7E).contains(byte)
    }
}

private func percentDecoded(_ text: Substring.UTF8View) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = text[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard let high = rest.popFirst().flatMap(hexValue), let low = rest.popFirst().flatMap(hexValue) else {
            return nil
        }
        bytes.append(high << 4 | low)
    }
    return bytes
}

private func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
}
