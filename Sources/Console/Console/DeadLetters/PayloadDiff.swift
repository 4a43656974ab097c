import Screen

/// Two payloads beside each other: field by field where both are JSON, else line by line, else byte by byte.
struct PayloadDiff: Sendable, Equatable {
    let lines: LineDiff
    /// How they were compared.
    let words: String

    init(old: [UInt8], new: [UInt8]) {
        if let one = JSONLines.exact(old), let two = JSONLines.exact(new) {
            let fields = LineDiff(old: one, new: two)
            if !fields.isSame || old == new {
                (lines, words) = (fields, "field by field")
                return
            }
        }
        if let one = String(validating: old, as: UTF8.self), let two = String(validating: new, as: UTF8.self) {
            lines = LineDiff(old: Self.lines(one), new: Self.lines(two))
            words = "line by line"
        } else {
            lines = LineDiff(old: Self.hexadecimal(old), new: Self.hexadecimal(new))
            words = "in hexadecimal"
        }
    }

    /// By scalar: a `\r` before the line end is a difference too.
    private static func lines(_ text: String) -> [String] {
        text.isEmpty
            ? []
            : text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> [String] {
        HexText.written(bytes).split(separator: "\n").map(String.init)
    }

    /// `2 lines removed, 3 added`.
    var summary: String {
        guard !lines.isSame else { return "no difference" }
        let removed = Numbers.count(lines.removed, "line", "lines")
        return "\(removed) removed, \(Numeral.grouped(lines.added)) added"
    }

    /// Side by side where there is width for it.
    func rows(width: Int) -> [[Span]] {
        width >= 110 ? lines.sideBySide(width: width) : lines.unified(width: width)
    }
}
