/// The only entities there are.
let predefinedEntities: [(name: String.UTF8View, byte: UInt8)] = [
    ("lt".utf8, UInt8(ascii: "<")), ("gt".utf8, UInt8(ascii: ">")), ("amp".utf8, UInt8(ascii: "&")),
    ("quot".utf8, UInt8(ascii: "\"")), ("apos".utf8, UInt8(ascii: "'")),
]

/// `#65` or `#x41`; nil unless it names a character that XML allows.
func characterReference(_ name: ArraySlice<UInt8>) -> Unicode.Scalar? {
    guard name.first == UInt8(ascii: "#") else { return nil }
    let isHexadecimal = name.dropFirst().first == UInt8(ascii: "x")
    let digits = name.dropFirst(isHexadecimal ? 2 : 1)
    guard digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-"),
        let number = UInt32(String(decoding: digits, as: UTF8.self), radix: isHexadecimal ? 16 : 10),
        let scalar = Unicode.Scalar(number), isXMLCharacter(scalar)
    else { return nil }
    return scalar
}

/// XML 1.0, production 2 `Char`.
func isXMLCharacter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D, 0x20...0xFFFD, 0x10000...0x10FFFF: true
    default: false
    }
}

/// The same over bytes that are valid UTF-8.
func firstForbiddenByte(in bytes: [UInt8]) -> Int? {
    for (index, byte) in bytes.enumerated() {
        if byte < 0x20, byte != 0x09, byte != 0x0A, byte != 0x0D { return index }
        if byte == 0xEF, bytes[index + 1] == 0xBF, bytes[index + 2] >= 0xBE { return index }
    }
    return nil
}

func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D }

func isNameByte(_ byte: UInt8, first: Bool) -> Bool {
    switch byte {
    case 65...90, 97...122, 95: true
    case 48...57, 45, 46: !first
    default: false
    }
}
