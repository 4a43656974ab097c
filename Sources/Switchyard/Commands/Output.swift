import Foundation
import Screen

/// What commands print. Text from outside is made harmless before it reaches a terminal or a file (SEC-06).
enum Output {
    static func line(_ text: String) { write(text + "\n", to: .standardOutput) }
    static func complain(_ text: String) { write("switchyard: \(text)\n", to: .standardError) }

    /// Raw bytes to standard output; a closed pipe ends the program quietly, as with any filter.
    static func write(_ bytes: [UInt8]) throws {
        try FileHandle.standardOutput.write(contentsOf: Data(bytes))
    }

    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        line(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Columns padded to their widest cell. Cells are sanitised here, so callers pass text as it came.
    static func table(_ heading: [String], _ rows: [[String]], right: Set<Int> = []) {
        let cells = ([heading] + rows).map { $0.map { Sanitiser.drawable($0) } }
        let widths = heading.indices.map { column in cells.map { CharacterWidth.columns($0[column]) }.max() ?? 0 }
        for row in cells {
            let padded = row.indices.map { column in
                let gap = String(repeating: " ", count: widths[column] - CharacterWidth.columns(row[column]))
                return right.contains(column) ? gap + row[column] : row[column] + gap
            }
            line(padded.joined(separator: "  ").trimmingSuffix(while: { $0 == " " }))
        }
    }

    private static func write(_ text: String, to handle: FileHandle) {
        do {
            try handle.write(contentsOf: Data(text.utf8))
        } catch {
            exit(1)
        }
    }
}

extension String {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
        var text = self
        while let last = text.last, predicate(last) { text.removeLast() }
        return text
    }
}
