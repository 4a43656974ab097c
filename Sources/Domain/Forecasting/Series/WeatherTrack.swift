/// Outdoor temperature by slot with its running means, past and, for a forecast, the hours ahead. A missing value takes the
/// one of a day earlier (persistence), else the last one.
package struct WeatherTrack: Sendable {
    let slotsPerDay: Int
    let slotsPerHour: Int
    /// Slot number of the first element.
    private(set) var base: Int
    private(set) var now: [Float] = []
    /// Means over the 24 and 6 hours that end with the slot.
    private(set) var day: [Float] = []
    private(set) var quarter: [Float] = []
    /// Values that really came, of all that were appended.
    private(set) var knownCount = 0

    init(base: Int, resolution: SeriesResolution) {
        self.base = base
        slotsPerDay = resolution.slotsPerDay
        slotsPerHour = resolution.slotsPerHour
    }

    var end: Int { base + now.count }
    var hasWeather: Bool { knownCount > 0 }

    mutating func append(_ value: Float) {
        let isKnown = value.isFinite && abs(value) < 80
        if isKnown { knownCount += 1 }
        let count = now.count
        let filled = isKnown ? value : count >= slotsPerDay ? now[count - slotsPerDay] : now.last ?? 15
        now.append(filled)
        day.append(mean(slotsPerDay))
        quarter.append(mean(6 * slotsPerHour))
    }

    /// Summed afresh every time: a running sum would drift, and the result would depend on where the track was cut.
    private func mean(_ slots: Int) -> Float {
        let first = max(0, now.count - slots)
        var sum: Float = 0
        now.withUnsafeBufferPointer { for index in first..<$0.count { sum += $0[index] } }
        return sum / Float(now.count - first)
    }

    /// The last day before `slot` and then `ahead`, slot by slot; NaN where unknown.
    func continued(from slot: Int, with ahead: [Float]) -> WeatherTrack {
        let kept = max(0, min(now.count, slot - base))
        let first = max(0, kept - 3 * slotsPerDay)
        var track = self
        track.base = base + first
        track.now = Array(now[first..<kept])
        track.day = Array(day[first..<kept])
        track.quarter = Array(quarter[first..<kept])
        for value in ahead { track.append(value) }
        return track
    }

    mutating func dropPrefix(_ slots: Int, room: Int) {
        now.forget(slots, room: room)
        day.forget(slots, room: room)
        quarter.forget(slots, room: room)
        base += slots
    }
}

extension WeatherTrack {
    /// The running means behind the first day follow from the temperatures.
    func write(to archive: inout ArchiveWriter) {
        archive.add(now)
        archive.add(day.prefix(slotsPerDay))
        archive.add(quarter.prefix(slotsPerDay))
        archive.add(knownCount)
    }

    init(
        from archive: inout ArchiveReader, end: Int, resolution: SeriesResolution
    ) throws(ForecastArchiveError) {
        let temperatures = try archive.floats(0...32 * resolution.slotsPerDay, "temperature")
        guard temperatures.count <= end else { throw .impossible("count of temperatures") }
        self.init(base: end - temperatures.count, resolution: resolution)
        let firstDay = min(temperatures.count, slotsPerDay)
        day = try archive.floats(firstDay...firstDay, "mean temperature")
        quarter = try archive.floats(firstDay...firstDay, "mean temperature")
        now = Array(temperatures.prefix(firstDay))
        for value in temperatures.dropFirst(firstDay) {
            now.append(value)
            day.append(mean(slotsPerDay))
            quarter.append(mean(6 * slotsPerHour))
        }
        knownCount = try archive.integer(in: 0...ArchiveReader.mostSlots, "count of temperatures")
    }
}
