import Screen

extension ExportTable {
    package func text(as format: ExportFormat) -> String {
        switch format {
        case .csv: csv
        case .json: json
        case .text: plain
        }
    }

    // MARK: - CSV

    /// RFC 4180 with CR LF. A text that a spreadsheet would take for a formula gets an apostrophe before it (CWE-1236);
    /// numbers are ours and stay numbers.
    private var csv: String {
        let lines = [columns.map(Self.field)] + rows.map { $0.map(Self.field) }
        return lines.map { $0.joined(separator: ",") + "\r\n" }.joined()
    }

    private static func field(_ value: Value) -> String {
        switch value {
        case .text(let text): field(text)
        case .number(let number): decimal(number)
        case .missing: ""
        }
    }

    private static func field(_ text: String) -> String {
        // As it will stand in the file: what is dropped on the way must not hide a formula behind it.
        let shown = Sanitiser.drawable(text)
        let first = shown.unicodeScalars.first { !$0.properties.isWhitespace }
        let isBroken = text.unicodeScalars.first.map { "\t\r\n".unicodeScalars.contains($0) } ?? false
        let isFormula = isBroken || first.map { "=+-@|%＝＋－＠".unicodeScalars.contains($0) } ?? false
        let clean = isFormula ? "'" + shown : shown
        let needsQuotes = clean.unicodeScalars.contains { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" }
        return needsQuotes || clean.hasPrefix(" ") || clean.hasSuffix(" ") ? quoted(clean) : clean
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
    }

    // MARK: - JSON

    /// An array of objects, one a line, keys in the order of the columns. Texts are whole: JSON can escape everything.
    private var json: String {
        let objects = rows.map { row in
            "{" + zip(columns, row).map { "\(Self.string($0)):\(Self.json($1))" }.joined(separator: ",") + "}"
        }
        return "[\n" + objects.joined(separator: ",\n") + "\n]\n"
    }

    private static func json(_ value: Value) -> String {
        switch value {
        case .text(let text): string(text)
        case .number(let number): decimal(number)
        case .missing: "null"
        }
    }

    private static func string(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            default:
                guard Sanitiser.drawable(String(scalar)) != String(scalar) else {
                    result.unicodeScalars.append(scalar)
                    continue
                }
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
        return result + "\""
    }

    private static func decimal(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : String(number)
    }

    // MARK: - Text

    /// Aligned columns under a heading; nothing a terminal would obey.
    private var plain: String {
        let cells = [columns] + rows.map { $0.map(Self.shown) }
        let widths = columns.indices.map { column in
            cells.map { column < $0.count ? CharacterWidth.columns($0[column]) : 0 }.max() ?? 0
        }
        let lines = cells.map { row in
            let line = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: max(0, width - CharacterWidth.columns(cell)))
            }.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
        return ([Sanitiser.drawable(title), ""] + lines).joined(separator: "\n") + "\n"
    }

    private static func shown(_ value: Value) -> String {
        switch value {
        case .text(let text): Sanitiser.drawable(text)
        case .number(let number): decimal(number)
        case .missing: Numeral.missing
        }
    }
}
