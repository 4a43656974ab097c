import EnergyModel

/// A recorded load, read from a CSV file with the header `utc,load,temp,holiday`: time (RFC 3339), kW, °C (may be empty),
/// 0 or 1. Times ascend in equal steps or with gaps; between two rows the load runs straight.
package struct LoadFile: Hashable, Sendable {
    package struct Row: Hashable, Sendable {
        package var time: UTCInstant
        package var kilowatts: Double
        package var celsius: Double?
        package var isHoliday: Bool
    }

    package let rows: [Row]

    /// `name` stands in errors, which also give the line.
    package init(parsing text: String, name: String) throws(SimulationError) {
        var rows: [Row] = []
        var number = 0
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            number += 1
            if number == 1 {
                guard line == "utc,load,temp,holiday" else {
                    throw SimulationError("\(name):1: the header must be utc,load,temp,holiday")
                }
            } else if !line.isEmpty {
                let row = try Self.row(line, at: "\(name):\(number)")
                if let last = rows.last, row.time <= last.time {
                    throw SimulationError("\(name):\(number): times must ascend; this one is not after the line before")
                }
                rows.append(row)
            }
        }
        guard rows.count >= 2 else { throw SimulationError("\(name): at least two rows are needed") }
        self.rows = rows
    }

    package var span: TimeRange { TimeRange(start: rows[0].time, end: rows[rows.count - 1].time) }

    /// Kilowatts at a moment of the file's own time; beyond the ends the file goes round. O(log rows).
    package func kilowatts(at milliseconds: Int64) -> Double {
        let (low, position) = row(before: milliseconds)
        let (left, right) = (rows[low], rows[low + 1])
        let share =
            Double(position - left.time.milliseconds)
            / Double(right.time.milliseconds - left.time.milliseconds)
        return left.kilowatts + (right.kilowatts - left.kilowatts) * share
    }

    /// °C of the row before that moment; nil where the file has none.
    package func celsius(at milliseconds: Int64) -> Double? { rows[row(before: milliseconds).index].celsius }

    /// The row at or before a moment, never the last one, and the moment inside the file.
    private func row(before milliseconds: Int64) -> (index: Int, position: Int64) {
        let start = rows[0].time.milliseconds
        let length = rows[rows.count - 1].time.milliseconds - start
        let turns = (milliseconds - start).flooredQuotient(by: length)
        let position = milliseconds - turns * length
        var low = 0
        var high = rows.count - 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if rows[middle].time.milliseconds <= position { low = middle } else { high = middle }
        }
        return (low, position)
    }

    private static func row(_ line: Substring, at place: String) throws(SimulationError) -> Row {
        let fields = line.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == 4 else {
            throw SimulationError("\(place): expected 4 fields, utc,load,temp,holiday, and found \(fields.count)")
        }
        guard let time = UTCInstant(iso8601: fields[0]) else {
            throw SimulationError("\(place): \(fields[0].debugDescription) is no time such as 2026-11-21T23:00Z")
        }
        guard let load = Double(fields[1]), load.isFinite, abs(load) <= 1e6 else {
            throw SimulationError("\(place): load \(fields[1].debugDescription) is no number of kW up to 1,000,000")
        }
        var celsius: Double?
        if !fields[2].isEmpty {
            guard let value = Double(fields[2]), value.isFinite else {
                throw SimulationError("\(place): temp \(fields[2].debugDescription) is neither empty nor a number")
            }
            celsius = value
        }
        guard fields[3] == "0" || fields[3] == "1" else {
            throw SimulationError("\(place): holiday \(fields[3].debugDescription) is neither 0 nor 1")
        }
        return Row(time: time, kilowatts: load, celsius: celsius, isHoliday: fields[3] == "1")
    }
}
