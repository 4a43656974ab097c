/// What became of a copy, said as far as it can be known.
package enum CopyOutcome: Hashable, Sendable {
    /// Sent by OSC 52. Whether the terminal takes it cannot be known: many ask their user, some never listen.
    case sent(bytes: Int)
    case tooLong(bytes: Int, limit: Int)
    /// No terminal is running.
    case noTerminal

    /// For the message line.
    package var sentence: String {
        switch self {
        case .sent(let bytes): "\(bytes) bytes sent to the terminal's clipboard (OSC 52); it may refuse them."
        case .tooLong(let bytes, let limit):
            "Not copied: \(bytes) bytes, a terminal takes \(limit). Write the view to a file instead (W)."
        case .noTerminal: "Not copied: there is no terminal."
        }
    }
}

/// OSC 52, `ESC ] 52 ; c ; base64 BEL`. Base64 is all that reaches the terminal, so no text can break out of it.
enum Clipboard {
    /// The least that common terminals take is 74,994 characters of base64.
    static let limit = 74_994 / 4 * 3

    static func sequence(for text: String) -> [UInt8] {
        Array("\u{1B}]52;c;".utf8) + base64(Array(text.utf8)) + [0x07]
    }

    static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            bits <<= UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                let isPadding = place > group.count
                result.append(isPadding ? UInt8(ascii: "=") : alphabet[Int(bits >> UInt32(18 - 6 * place) & 63)])
            }
        }
        return result
    }
}
