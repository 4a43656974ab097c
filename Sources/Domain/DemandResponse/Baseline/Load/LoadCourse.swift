import EnergyModel

/// What is known of one stretch of time: the mean of what covers it.
struct SlotMean: Hashable, Sendable {
    var value: Double
    var coveredMilliseconds: Int64
    var estimatedMilliseconds: Int64
    /// Covered by readings that nobody has validated yet.
    var unvalidatedMilliseconds: Int64
}

/// A series of samples laid on the local clock: by day and slot for profiles, and by event time for the event day.
/// A repeated local hour is averaged, a missing one has no value (DOMAIN §2.5).
struct LoadCourse: Sendable {
    private struct Sum: Sendable {
        var weighted = 0.0
        var covered: Int64 = 0
        var estimated: Int64 = 0
        var unvalidated: Int64 = 0

        mutating func add(_ value: Double, _ quality: ReadingQuality, milliseconds: Int64) {
            weighted += value * Double(milliseconds)
            covered += milliseconds
            if quality == .estimated || quality == .interpolated || quality == .edited { estimated += milliseconds }
            if quality != .validated { unvalidated += milliseconds }
        }

        var mean: SlotMean? {
            guard covered > 0 else { return nil }
            return SlotMean(
                value: weighted / Double(covered), coveredMilliseconds: covered, estimatedMilliseconds: estimated,
                unvalidatedMilliseconds: unvalidated)
        }
    }

    private struct Sample: Sendable {
        var span: TimeRange
        var value: Double
        var quality: ReadingQuality
    }

    let ruler: SlotRuler
    private let samples: [Sample]
    private var days: [CivilDate: [Sum]] = [:]

    /// Questionable samples never count, estimated ones where the programme accepts them. Of two samples with the same
    /// start the later in `load` counts, as a point written again replaces the first. O(n log n).
    init(_ load: [LoadSample], acceptsEstimated: Bool, ruler: SlotRuler) {
        let usable = load.filter { sample in
            switch sample.quality {
            case .questionable: false
            case .estimated, .interpolated: acceptsEstimated
            case .validated, .raw, .edited: true
            }
        }
        self.init(
            usable.map { Sample(span: $0.span, value: $0.mean.kilowatts, quality: $0.quality) }, ruler: ruler)
    }

    init(_ temperatures: [TemperatureSample], ruler: SlotRuler) {
        self.init(
            temperatures.map { Sample(span: $0.span, value: $0.mean.celsius, quality: .validated) }, ruler: ruler)
    }

    /// A mean over more than a day tells nothing of its hours.
    private static func isUsable(_ span: TimeRange) -> Bool { !span.isEmpty && span.duration <= .seconds(86_400) }

    private init(_ unsorted: [Sample], ruler: SlotRuler) {
        self.ruler = ruler
        var latest: [UTCInstant: Sample] = [:]
        for sample in unsorted where sample.value.isFinite && LoadCourse.isUsable(sample.span) {
            latest[sample.span.start] = sample
        }
        samples = latest.values.sorted { $0.span.start < $1.span.start }
        let nothing = Array(repeating: Sum(), count: ruler.length.perDay)
        for sample in samples {
            let date = ruler.zone.date(at: sample.span.start)
            for piece in ruler.pieces(of: sample.span, origin: date) {
                let day = date.advanced(by: piece.slot.dayOffset)
                days[day, default: nothing][piece.slot.index].add(
                    sample.value, sample.quality, milliseconds: piece.range.duration.milliseconds)
            }
        }
    }

    var isEmpty: Bool { samples.isEmpty }

    /// The mean over one slot of the clock on the day that `date` would make the event day.
    func mean(_ slot: ClockSlot, on date: CivilDate) -> SlotMean? {
        days[date.advanced(by: slot.dayOffset)].flatMap { $0[slot.index].mean }
    }

    /// The mean over a stretch of event time. O(log n + samples inside).
    func mean(over range: TimeRange) -> SlotMean? {
        var sum = Sum()
        // The first sample that may reach into the range is the one before it.
        for sample in samples[max(0, firstIndex(notBefore: range.start) - 1)...] {
            if sample.span.start >= range.end { break }
            let covered = min(sample.span.end, range.end).since(max(sample.span.start, range.start)).milliseconds
            if covered > 0 { sum.add(sample.value, sample.quality, milliseconds: covered) }
        }
        return sum.mean
    }

    private func firstIndex(notBefore moment: UTCInstant) -> Int {
        var (low, high) = (0, samples.count)
        while low < high {
            let middle = (low + high) / 2
            if samples[middle].span.start < moment { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Mean over the slots of `pieces` on another day, weighted by the length of the pieces, with the share of their
    /// time that has a value. What this day's clock skips is not missed.
    func mean(of pieces: [SlotPiece], on date: CivilDate) -> (value: Double?, share: Double) {
        var (weighted, weights, present, expected) = (0.0, 0.0, 0.0, 0.0)
        for piece in pieces {
            let length = milliseconds(of: piece.slot, on: date)
            guard length > 0 else { continue }
            expected += piece.hours
            guard let mean = mean(piece.slot, on: date) else { continue }
            weighted += mean.value * piece.hours
            weights += piece.hours
            present += piece.hours * min(1, Double(mean.coveredMilliseconds) / Double(length))
        }
        return (weights > 0 ? weighted / weights : nil, expected > 0 ? present / expected : 0)
    }

    /// How long the clock shows this slot on that day: nothing when it skips it, twice the slot when it shows it twice.
    func milliseconds(of slot: ClockSlot, on date: CivilDate) -> Int64 {
        let day = date.advanced(by: slot.dayOffset)
        let range = ruler.zone.day(day)
        let justBefore = UTCInstant(milliseconds: range.start.milliseconds - 1)
        guard let change = ruler.zone.nextChange(after: justBefore), change < range.end else {
            return ruler.length.milliseconds
        }
        return ruler.pieces(of: range, origin: day).filter { $0.slot == ClockSlot(index: slot.index) }
            .reduce(0) { $0 + $1.range.duration.milliseconds }
    }
}
