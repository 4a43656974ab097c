/// Bytes as pairs of hexadecimal digits, sixteen to a line: how a payload that is not UTF-8 is edited.
enum HexText {
    struct Problem: Error, Equatable {
        /// The scalar at which it is wrong.
        let index: Int
        let sentence: String
    }

    static func written(_ bytes: [UInt8]) -> String {
        stride(from: 0, to: bytes.count, by: 16).map { start in
            bytes[start..<min(start + 16, bytes.count)].map(pair).joined(separator: " ")
        }.joined(separator: "\n")
    }

    static func pair(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) }

    /// Spaces and line ends part pairs and may be left out between whole ones.
    static func read(_ scalars: [Unicode.Scalar]) -> Result<[UInt8], Problem> {
        var bytes: [UInt8] = []
        var high: UInt8?
        for (index, scalar) in scalars.enumerated() {
            if let digit = digit(scalar) {
                guard let first = high else {
                    high = digit
                    continue
                }
                bytes.append(first << 4 | digit)
                high = nil
            } else if !isSpace(scalar) {
                return .failure(Problem(index: index, sentence: "Only 0 to 9 and A to F stand for bytes"))
            } else if high != nil {
                return .failure(Problem(index: index, sentence: "A byte is two digits: one is missing here"))
            }
        }
        guard high == nil else {
            return .failure(Problem(index: scalars.count, sentence: "A byte is two digits: one is missing at the end"))
        }
        return .success(bytes)
    }

    /// Where the pair of this byte begins; the end for what lies beyond.
    static func index(ofByte byte: Int, in scalars: [Unicode.Scalar]) -> Int {
        var digits = 0
        for (index, scalar) in scalars.enumerated() where digit(scalar) != nil {
            if digits == byte * 2 { return index }
            digits += 1
        }
        return scalars.count
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\n" || scalar == "\t" || scalar == "\r"
    }

    private static func digit(_ scalar: Unicode.Scalar) -> UInt8? {
        switch scalar {
        case "0"..."9": UInt8(scalar.value - 0x30)
        case "A"..."F": UInt8(scalar.value - 0x37)
        case "a"..."f": UInt8(scalar.value - 0x57)
        default: nil
        }
    }
}
