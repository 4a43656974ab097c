import Foundation
import Screen

/// What commands print. Text from outside is made harmless before it reaches a terminal or a file (SEC-06).
enum Output {
    static func line(_ text: String) { write(text + "\n", to: .standardOutput) }
    /// Each line is sanitised: a sentence may quote what came from outside.
    static func complain(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Sanitiser.drawable(String($0)) }
        write("switchyard: " + lines.joined(separator: "\n") + "\n", to: .standardError)
    }

    /// Raw bytes to standard output; a closed pipe ends the program quietly, as with any filter.
    static func write(_ bytes: [UInt8]) throws {
        try FileHandle.standardOutput.write(contentsOf: Data(bytes))
    }

    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        line(printable(String(decoding: try encoder.encode(value), as: UTF8.self)))
    }

    /// The encoder escapes only what JSON must; C1, bidirectional and zero-width characters are escaped here, so that the
    /// text stays valid JSON and a terminal sees none of them. Line ends are the encoder's own.
    static func printable(_ json: String) -> String {
        var result = ""
        result.reserveCapacity(json.utf8.count)
        for scalar in json.unicodeScalars {
            if scalar == "\n" || (scalar.isASCII && scalar.value >= 0x20 && scalar.value != 0x7F) {
                result.unicodeScalars.append(scalar)
            } else if String(scalar) == Sanitiser.drawable(String(scalar)) {
                result.unicodeScalars.append(scalar)
            } else {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
        return result
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
