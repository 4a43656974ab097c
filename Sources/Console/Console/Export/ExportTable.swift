/// A view as a plain table, for files and the clipboard. Cells are raw values, not what fitted on the screen.
package struct ExportTable: Sendable, Equatable {
    package enum Value: Sendable, Equatable {
        case text(String)
        case number(Double)
        /// Unknown: empty in CSV, `null` in JSON.
        case missing

        init(_ number: Double?) {
            self = number.flatMap { $0.isFinite ? Value.number($0) : nil } ?? .missing
        }

        init(_ text: String?) { self = text.map { Value.text($0) } ?? .missing }
    }

    package var title: String
    package var columns: [String]
    package var rows: [[Value]]

    package init(title: String, columns: [String], rows: [[Value]]) {
        self.title = title
        self.columns = columns
        self.rows = rows
    }
}

package enum ExportFormat: String, CaseIterable, Sendable {
    case csv, json, text = "txt"

    package init?(fileName: String) {
        guard let dot = fileName.lastIndex(of: "."), let format = Self(rawValue: String(fileName[dot...].dropFirst())),
            dot != fileName.startIndex
        else { return nil }
        self = format
    }

    /// The same name with the next format's ending.
    static func nextName(after name: String) -> String {
        let format = Self(fileName: name)
        let index = format.flatMap { allCases.firstIndex(of: $0) } ?? allCases.count - 1
        let next = allCases[(index + 1) % allCases.count]
        let stem = format == nil ? Substring(name) : name.dropLast(format.map { $0.rawValue.count + 1 } ?? 0)
        return "\(stem).\(next.rawValue)"
    }
}
