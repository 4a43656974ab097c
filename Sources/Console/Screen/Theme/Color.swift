/// An sRGB colour, `#rrggbb`.
package struct Color: Hashable, Sendable {
    package let red: UInt8
    package let green: UInt8
    package let blue: UInt8

    package init(red: UInt8, green: UInt8, blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    package init?(hex text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 7, digits[0] == UInt8(ascii: "#"), digits.dropFirst().allSatisfy(Self.isHex),
            let value = UInt32(text.dropFirst(), radix: 16)
        else { return nil }
        self.init(rgb: value)
    }

    init(rgb value: UInt32) {
        self.init(
            red: UInt8(value >> 16 & 0xFF), green: UInt8(value >> 8 & 0xFF), blue: UInt8(value & 0xFF))
    }

    package var rgb: UInt32 { UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue) }

    /// Relative luminance, 0 to 1 (WCAG 2.2).
    package var luminance: Double {
        0.2126 * Self.linear(red) + 0.7152 * Self.linear(green) + 0.0722 * Self.linear(blue)
    }

    /// Contrast ratio, 1 to 21 (WCAG 2.2); the same either way round.
    package func contrast(with other: Color) -> Double {
        let (a, b) = (luminance, other.luminance)
        return (max(a, b) + 0.05) / (min(a, b) + 0.05)
    }

    /// Grey, as far as a terminal of eight colours can tell.
    var isGrey: Bool {
        let high = max(red, green, blue)
        return Int(high) - Int(min(red, green, blue)) <= max(24, Int(high) / 5)
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// Channel value 0 to 255 to linear light; the sRGB curve needs x^2.4, taken as x^2 · x^(2/5) by Newton's method,
    /// since this room has no C mathematics.
    private static func linear(_ channel: UInt8) -> Double {
        let share = Double(channel) / 255
        guard share > 0.04045 else { return share / 12.92 }
        let base = (share + 0.055) / 1.055
        var root = base
        for _ in 0..<40 { root -= (root * root * root * root * root - base * base) / (5 * root * root * root * root) }
        return base * base * root
    }
}

/// How many colours the terminal shows.
package enum ColorDepth: Hashable, Sendable, CaseIterable {
    case mono, eight, sixteen, palette256, trueColor

    /// As reported by the terminal's description (`COLORS`).
    package init(colors: Int) {
        switch colors {
        case ..<8: self = .mono
        case ..<16: self = .eight
        case ..<256: self = .sixteen
        case ..<(1 << 24): self = .palette256
        default: self = .trueColor
        }
    }

    /// The terminal's own number for the nearest colour it has; nil in mono. O(240), so done once at load.
    package func code(for color: Color) -> Int? {
        switch self {
        case .mono: nil
        case .eight: Self.nearest(color, among: 0..<8)
        case .sixteen: Self.nearest(color, among: 0..<16)
        // the first sixteen are whatever the user has made of them: not for measured colours
        case .palette256: Self.nearest(color, among: 16..<256)
        case .trueColor: Int(color.rgb)
        }
    }

    private static func nearest(_ color: Color, among codes: Range<Int>) -> Int {
        codes.min { distance(color, xterm($0)) < distance(color, xterm($1)) } ?? codes.lowerBound
    }

    /// Weighted by how much red there is ("redmean"): close to what eyes say, in whole numbers.
    private static func distance(_ a: Color, _ b: Color) -> Int {
        let mean = (Int(a.red) + Int(b.red)) / 2
        let (red, green, blue) = (Int(a.red) - Int(b.red), Int(a.green) - Int(b.green), Int(a.blue) - Int(b.blue))
        let weighted = (512 + mean) * red * red + (767 - mean) * blue * blue
        return weighted / 256 + 4 * green * green
    }

    /// xterm's palette: 16 named, a cube of 6³, a ramp of 24 greys.
    package static func xterm(_ code: Int) -> Color {
        let named: [UInt32] = [
            0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5,
            0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF,
        ]
        if code < 16 { return Color(rgb: named[max(0, code)]) }
        if code >= 232 {
            let grey = UInt8(8 + 10 * (min(code, 255) - 232))
            return Color(red: grey, green: grey, blue: grey)
        }
        let cube = code - 16
        func channel(_ step: Int) -> UInt8 { step == 0 ? 0 : UInt8(55 + 40 * step) }
        return Color(red: channel(cube / 36), green: channel(cube / 6 % 6), blue: channel(cube % 6))
    }
}
