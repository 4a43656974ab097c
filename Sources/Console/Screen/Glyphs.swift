/// Which characters the terminal can show. Widgets ask the grid they draw on, so one setting changes all of them.
package enum Glyphs: Hashable, Sendable {
    /// Braille charts, eighth blocks, box lines.
    case unicode
    /// As `unicode`, but charts in half blocks: for fonts without braille (the Linux console, some serial terminals).
    case blocks
    /// Nothing above U+007E ever reaches the terminal (`--ascii`).
    case ascii

    package var isASCII: Bool { self == .ascii }

    /// Cuts a text short; one column in every set.
    var ellipsis: Unicode.Scalar { isASCII ? "~" : "…" }

    /// House symbols in plain ASCII, one column for one column so that a layout never moves. Everything else that is not
    /// ASCII becomes `?`.
    static func ascii(_ scalar: UInt32) -> UInt32 {
        if scalar < 0x7F { return scalar }
        return UInt32(fallback(scalar).value)
    }

    private static func fallback(_ scalar: UInt32) -> Unicode.Scalar {
        switch scalar {
        case 0x2500, 0x2501, 0x2504, 0x2505, 0x2508, 0x254C, 0x254D, 0x2574, 0x2576, 0x2010...0x2015, 0x2212: "-"
        case 0x2502, 0x2503, 0x2506, 0x250A, 0x254E, 0x2575, 0x2577, 0x258F, 0x2590, 0x2595: "|"
        case 0x250C...0x254B, 0x256D...0x2570: "+"
        case 0x2550: "="
        case 0x2588, 0x2589, 0x258A, 0x258B: "#"
        case 0x258C, 0x258D, 0x258E: "="
        case 0x2580...0x2587: "#"
        case 0x2591: "."
        case 0x2592, 0x2593: ":"
        default: symbol(scalar)
        }
    }

    private static func symbol(_ scalar: UInt32) -> Unicode.Scalar {
        switch scalar {
        case 0x25B2: "^"  // ▲ high
        case 0x25C6: "*"  // ◆ medium
        case 0x25BD: "v"  // ▽ low
        case 0x25BC, 0x25BE, 0x2193: "v"
        case 0x25B4, 0x2191: "^"
        case 0x25B6, 0x25B8, 0x2192, 0x203A, 0x00BB: ">"
        case 0x25C0, 0x25C2, 0x2190, 0x2039, 0x00AB: "<"
        case 0x25CF: "@"  // ● live
        case 0x25CB, 0x25E6: "o"  // ○ stale
        case 0x00B7, 0x2022, 0x22C5: "."
        case 0x2713, 0x2714: "+"
        case 0x2717, 0x2718, 0x00D7, 0x2715: "x"
        case 0x2026: "~"
        case 0x00B1: "~"  // ± : about
        case 0x00B0: "d"
        case 0x2018, 0x2019: "'"
        case 0x201C, 0x201D: "\""
        case 0x2264: "<"
        case 0x2265: ">"
        default: "?"
        }
    }
}
