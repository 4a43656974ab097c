/// Where a broker listens and how to log in: `mqtt://[user[:password]@]host[:port]` or `mqtts://…`.
/// Its description, and so every log, status and error, leaves the password out.
package struct MQTTEndpoint: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    package let host: String
    /// 1...65535; 1883 and 8883 unless given.
    package let port: Int
    package let usesTLS: Bool
    package let user: String?
    let password: String?

    package init(host: String, port: Int, usesTLS: Bool = false, user: String? = nil, password: String? = nil) {
        self.host = host
        self.port = port
        self.usesTLS = usesTLS
        self.user = user
        self.password = password
    }

    /// User and password may be percent-encoded. Throws `.invalid`; the sentence never repeats the text, which may hold a password.
    package init(parsing text: String) throws(MQTTError) {
        guard let schemeEnd = text.firstRange(of: "://") else {
            throw MQTTError(.invalid, "A broker URL begins with mqtt:// or mqtts://.")
        }
        let scheme = text[..<schemeEnd.lowerBound].lowercased()
        guard scheme == "mqtt" || scheme == "mqtts" else {
            throw MQTTError(.invalid, "The scheme of a broker URL is mqtt or mqtts.")
        }
        var rest = text[schemeEnd.upperBound...]
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        guard !rest.contains(where: { $0 == "/" || $0 == "?" || $0 == "#" }) else {
            throw MQTTError(
                .invalid, "A broker URL ends after the port; percent-encode '/', '?' and '#' in a password.")
        }
        var user: String?
        var password: String?
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = try Self.decode(parts[0])
            password = parts.count == 2 ? try Self.decode(parts[1]) : nil
            guard user?.isEmpty == false else {
                throw MQTTError(.invalid, "A broker URL with '@' names a user before it.")
            }
            rest = rest[rest.index(after: at)...]
        }
        let (host, port) = try Self.splitHost(rest)
        self.init(
            host: host, port: port ?? (scheme == "mqtts" ? 8883 : 1883), usesTLS: scheme == "mqtts", user: user,
            password: password)
    }

    package var description: String {
        let shownHost = host.contains(":") ? "[\(host)]" : host
        return "\(usesTLS ? "mqtts" : "mqtt")://\(user.map { "\($0)@" } ?? "")\(shownHost):\(port)"
    }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["endpoint": description]) }

    private static func splitHost(_ text: Substring) throws(MQTTError) -> (String, Int?) {
        var host = text
        var port: Substring?
        if text.first == "[" {
            guard let close = text.lastIndex(of: "]") else {
                throw MQTTError(.invalid, "An IPv6 address in a broker URL stands in [brackets].")
            }
            host = text[text.index(after: text.startIndex)..<close]
            let tail = text[text.index(after: close)...]
            guard tail.isEmpty || tail.first == ":" else {
                throw MQTTError(.invalid, "After the address of a broker URL comes ':' and a port, or nothing.")
            }
            port = tail.isEmpty ? nil : tail.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw MQTTError(.invalid, "A broker URL names a host, e.g. mqtt://broker.example:1883.")
        }
        guard let port else { return (String(host), nil) }
        guard let number = Int(port), (1...65535).contains(number), port.utf8.allSatisfy({ $0 != 0x2B }) else {
            throw MQTTError(.invalid, "The port of a broker URL is a number from 1 to 65535.")
        }
        return (String(host), number)
    }

    private static func decode(_ text: Substring) throws(MQTTError) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else {
                throw MQTTError(.invalid, "In a broker URL '%' is followed by two hexadecimal digits.")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw MQTTError(.invalid, "User and password of a broker URL are UTF-8.")
        }
        return decoded
    }
}
