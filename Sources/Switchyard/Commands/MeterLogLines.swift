import Foundation

/// Lines of a meter log as newline-delimited JSON readings: NDJSON as it is, CSV by the names of its first line
/// (`meter_id,facility_id,ts,kw,kwh,voltage,quality` in any order, empty fields left out). Pure.
struct MeterLogLines {
    enum Format { case ndjson, csv }

    private static let columns: Set<String> = ["meter_id", "facility_id", "ts", "kw", "kwh", "voltage", "quality"]
    private static let numbers: Set<String> = ["kw", "kwh", "voltage"]

    private var format: Format?
    private var names: [String] = []

    /// Nil for an empty line and the heading. The first line decides: one that begins with a brace is NDJSON. Throws a sentence
    /// for a heading that is none.
    mutating func json(_ line: Substring) throws -> String? {
        let line = line.trimmingSuffix("\r")
        guard !line.allSatisfy(\.isWhitespace) else { return nil }
        switch format {
        case .ndjson: return String(line)
        case .csv: return object(Self.fields(line))
        case nil:
            if line.first == "{" {
                format = .ndjson
                return String(line)
            }
            names = Self.fields(line)
            guard names.contains("meter_id"), names.contains("ts"), names.allSatisfy(Self.columns.contains) else {
                throw CommandFailure(
                    .failed,
                    "the first line is neither a JSON object nor a heading with meter_id and ts among "
                        + Self.columns.sorted().joined(separator: ", "))
            }
            format = .csv
            return nil
        }
    }

    /// What is no number stays text, so that the intake says what is wrong with it.
    private func object(_ fields: [String]) -> String {
        let members = zip(names, fields).compactMap { name, field -> String? in
            guard !field.isEmpty else { return nil }
            let isNumber = Self.numbers.contains(name) && Double(field)?.isFinite == true
            // `readings export` guards an id that a spreadsheet would take for a formula.
            let field = field.hasPrefix("'-") ? String(field.dropFirst()) : field
            return "\"\(name)\":" + (isNumber ? field : Self.quoted(field))
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    /// RFC 4180 without line breaks inside fields.
    static func fields(_ line: Substring) -> [String] {
        var fields: [String] = [""]
        var isQuoted = false
        var rest = line[...]
        while let character = rest.popFirst() {
            switch (character, isQuoted) {
            case ("\"", true) where rest.first == "\"": fields[fields.count - 1].append(rest.removeFirst())
            case ("\"", _): isQuoted.toggle()
            case (",", false): fields.append("")
            default: fields[fields.count - 1].append(character)
            }
        }
        return fields
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension Substring {
    fileprivate func trimmingSuffix(_ character: Character) -> Substring { last == character ? dropLast() : self }
}
