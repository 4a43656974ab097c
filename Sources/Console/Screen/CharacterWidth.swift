/// How many columns a scalar takes, by our own table: the C library's depends on its version and locale, and a width the
/// terminal disagrees with shifts the rest of the row.
package enum CharacterWidth {
    /// 0 for a mark that sits on the character before it, 2 for an East Asian wide one, else 1. Controls are not text and
    /// count 1 here; the ``Sanitiser`` removes them before anything is measured. O(log n), O(1) below U+0300.
    package static func columns(_ scalar: Unicode.Scalar) -> Int {
        let value = scalar.value
        if value < 0x300 { return 1 }
        if zeroWidth.contains(value) { return 0 }
        return value >= 0x1100 && wide.contains(value) ? 2 : 1
    }

    /// The width of text as it will be drawn, that is after sanitising.
    package static func columns(_ text: String) -> Int {
        if let ascii = asciiLength(text) { return ascii }
        var clusters = ClusterReader(text)
        var width = 0
        while let cluster = clusters.next() { width += cluster.width }
        return width
    }

    /// Printable ASCII needs no tables: its width is its length.
    static func asciiLength(_ text: String) -> Int? {
        var length = 0
        for byte in text.utf8 {
            if byte < 0x20 || byte > 0x7E { return nil }
            length += 1
        }
        return length
    }

    private static let zeroWidth = ScalarRanges(CharacterWidthTable.zeroWidth)
    private static let wide = ScalarRanges(CharacterWidthTable.wide)
}

/// Sorted ranges of scalars, searched by halving.
private struct ScalarRanges: Sendable {
    private var lows: [UInt32] = []
    private var highs: [UInt32] = []

    /// `text` in the form of ``CharacterWidthTable``. A malformed entry is our own bug and traps on first use.
    init(_ text: String) {
        var end: UInt32 = 0
        for entry in text.split(separator: " ") {
            let parts = entry.split(separator: "+")
            guard let distance = UInt32(parts[0], radix: 16),
                let more = UInt32(parts.count > 1 ? parts[1] : "0", radix: 16)
            else { preconditionFailure("width table entry \(entry)") }
            lows.append(end + distance)
            end += distance + more
            highs.append(end)
        }
    }

    func contains(_ value: UInt32) -> Bool {
        var low = 0
        var high = lows.count
        while low < high {
            let middle = (low + high) / 2
            if highs[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low < lows.count && lows[low] <= value
    }
}
