import EnergyModel
import Ports

/// Makes log records of readings: one a facility, readings in their order (BASE-06). Pure. O(readings + facilities).
enum ReadingRecords {
    static func make(of readings: [Reading], keys: [String], headers: [String: String]) -> [LogRecord] {
        guard let first = readings.first else { return [] }
        if readings.allSatisfy({ $0.facility == first.facility }) {
            return [record(of: readings[...], key: key(of: first.facility, in: keys), headers: headers)]
        }
        let sorted = byFacility(readings, facilities: keys.count)
        var records: [LogRecord] = []
        var start = 0
        for index in 1...sorted.count where index == sorted.count || sorted[index].facility != sorted[start].facility {
            let key = key(of: sorted[start].facility, in: keys)
            records.append(record(of: sorted[start..<index], key: key, headers: headers))
            start = index
        }
        return records
    }

    /// Counting sort: stable, no comparison, two allocations whatever the number of readings.
    private static func byFacility(_ readings: [Reading], facilities: Int) -> [Reading] {
        var ends = [Int](repeating: 0, count: facilities + 1)
        for reading in readings { ends[Int(reading.facility.rawValue) + 1] += 1 }
        for index in 1...facilities { ends[index] += ends[index - 1] }
        return [Reading](unsafeUninitializedCapacity: readings.count) { buffer, count in
            for reading in readings {
                let facility = Int(reading.facility.rawValue)
                buffer.initializeElement(at: ends[facility], to: reading)
                ends[facility] += 1
            }
            count = readings.count
        }
    }

    private static func record(of readings: ArraySlice<Reading>, key: String, headers: [String: String]) -> LogRecord {
        var newest = UTCInstant.distantPast
        for reading in readings where reading.time > newest { newest = reading.time }
        return LogRecord(
            key: key, value: ReadingBlock.encode(readings), headers: headers, time: newest, items: readings.count)
    }

    private static func key(of facility: FacilityNumber, in keys: [String]) -> String { keys[Int(facility.rawValue)] }
}
