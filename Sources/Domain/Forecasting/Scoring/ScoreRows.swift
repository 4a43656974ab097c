import EnergyModel

/// The rows of one series file: `utc,load,temp,holiday`, by columns.
package struct ScoreRows: Hashable, Sendable {
    package private(set) var starts: [UTCInstant] = []
    /// NaN where the file has none.
    package private(set) var loads: [Double] = []
    package private(set) var temperatures: [Double] = []
    package private(set) var holidays: [Bool] = []
    /// Whether the file writes seconds.
    private(set) var writesSeconds = false

    private static let missing: Set<String> = ["", "nan", "na", "n/a", "null", "none", "-"]

    /// Columns may come in any order and others may stand between; `temp` and `holiday` may be absent. Rows must be in order
    /// of time. Values that are no numbers are errors, missing ones are empty or `nan`.
    package init(csv bytes: [UInt8]) throws(ScoreInputError) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
        guard var head = lines.popFirst() else { throw ScoreInputError(line: 1, sentence: "the file is empty") }
        if head.starts(with: [0xEF, 0xBB, 0xBF]) { head = head.dropFirst(3) }
        let names = ScoreRows.fields(head).map { ScoreRows.text($0).lowercased() }
        guard let time = names.firstIndex(of: "utc"), let load = names.firstIndex(of: "load") else {
            throw ScoreInputError(line: 1, sentence: "the first line must name columns, `utc` and `load` among them")
        }
        let (temperature, holiday) = (names.firstIndex(of: "temp"), names.firstIndex(of: "holiday"))
        for (index, line) in lines.enumerated() {
            let fields = ScoreRows.fields(line)
            if fields.count == 1, fields[0].isEmpty { continue }
            let number = index + 2
            guard fields.count == names.count else {
                throw ScoreInputError(
                    line: number, sentence: "\(fields.count) columns where the first line has \(names.count)")
            }
            try append(time: fields[time], number)
            loads.append(try ScoreRows.value(fields[load], number))
            temperatures.append(try ScoreRows.value(temperature, of: fields, number))
            let mark = try ScoreRows.value(holiday, of: fields, number)
            holidays.append(mark.isFinite && mark != 0)
        }
    }

    private mutating func append(time field: ArraySlice<UInt8>, _ line: Int) throws(ScoreInputError) {
        let start = field.withUnsafeBufferPointer { UTCInstant(rfc3339: $0) }
        guard let start else {
            throw ScoreInputError(
                line: line, sentence: "\(ScoreRows.text(field).prefix(40).debugDescription) is no time in UTC")
        }
        if let last = starts.last, start <= last {
            throw ScoreInputError(line: line, sentence: "\(start.iso8601) does not come after the row before it")
        }
        if starts.isEmpty { writesSeconds = field.filter { $0 == UInt8(ascii: ":") }.count > 1 }
        starts.append(start)
    }

    private static func fields(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        return line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: "\"") }
        guard let first = field.firstIndex(where: { !isSpace($0) }), let last = field.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(decoding: field[first...last], as: UTF8.self)
    }

    /// NaN for a column that the file does not have.
    private static func value(
        _ column: Int?, of fields: [ArraySlice<UInt8>], _ line: Int
    ) throws(ScoreInputError) -> Double {
        guard let column else { return .nan }
        return try value(fields[column], line)
    }

    private static func value(_ field: ArraySlice<UInt8>, _ line: Int) throws(ScoreInputError) -> Double {
        if field.isEmpty { return .nan }
        let text = text(field)
        if missing.contains(text.lowercased()) { return .nan }
        guard let value = Double(text), value.isFinite, abs(value) < 1e30 else {
            throw ScoreInputError(
                line: line, sentence: "\(text.prefix(40).debugDescription) is no number; leave it empty if unknown")
        }
        return value
    }

    /// The time of an interval the way the file writes it.
    func text(of instant: UTCInstant) -> String {
        let text = instant.iso8601
        return writesSeconds || !text.hasSuffix(":00Z") ? text : text.dropLast(4) + "Z"
    }

    /// Position of the row that starts at `instant`; nil when there is none. O(log n).
    package func position(of instant: UTCInstant) -> Int? {
        var (low, high) = (0, starts.count)
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] < instant { low = middle + 1 } else { high = middle }
        }
        return low < starts.count && starts[low] == instant ? low : nil
    }
}
