import DemandResponse
import EnergyModel
import Metering
import Ports

/// The load of a facility in quarter hours, and in minutes where the event begins or ends inside one: what was drawn just
/// before or after it is not the event's.
struct EventLoad: Sendable {
    let sources: ReportSources
    let facility: Facility
    let span: TimeRange

    struct Answer: Sendable {
        var samples: [LoadSample]
        /// Of the event's own span.
        var quality: ParticipationReport.DataQuality
    }

    func read(_ range: TimeRange) async throws(PortError) -> Answer {
        guard let number = sources.directory.current.directory.number(of: facility.id) else {
            return Answer(samples: [], quality: .init(expected: 0, ok: 0, estimated: 0, missing: 0))
        }
        var rollups = try await rollups(of: number, .quarterHour, in: range)
        for quarter in cutQuarters {
            let minutes = try await self.rollups(of: number, .minute, in: quarter)
            guard !minutes.isEmpty else { continue }
            rollups.removeAll { quarter.contains($0.start) }
            rollups += minutes
        }
        let meters = sources.directory.current.meters.count { $0.facility == number }
        return Answer(
            samples: rollups.compactMap { LoadSample(rollup: $0, expectedPerSlot: meters) },
            quality: quality(of: rollups, meters: meters))
    }

    /// Quarter hours that an edge of the event cuts.
    private var cutQuarters: [TimeRange] {
        let step = Granularity.quarterHour
        let starts = [span.start, span.end].filter { step.windowStart(of: $0) != $0 }.map(step.windowStart)
        return Set(starts).sorted().map {
            TimeRange(start: $0, end: $0.advanced(by: .milliseconds(step.milliseconds)))
        }
    }

    private func quality(of rollups: [Rollup], meters: Int) -> ParticipationReport.DataQuality {
        let inside = rollups.filter { span.start <= $0.start && $0.end <= span.end }
        // A minute that an edge cuts is counted on neither side.
        let wanted = wholeMinutes * Granularity.minute.slots * meters
        let count = min(wanted, inside.reduce(0) { $0 + Int($1.count) })
        let ok = min(count, inside.reduce(0) { $0 + Int($1.goodCount) })
        return .init(expected: wanted, ok: ok, estimated: count - ok, missing: wanted - count)
    }

    private var wholeMinutes: Int {
        let step = Granularity.minute.milliseconds
        let first = (span.start.milliseconds + step - 1) / step
        return Int(max(0, span.end.milliseconds / step - first))
    }

    private func rollups(
        of number: FacilityNumber, _ granularity: Granularity, in range: TimeRange
    ) async throws(PortError) -> [Rollup] {
        var (found, rest) = ([Rollup](), range)
        while !rest.isEmpty {
            let (span, limit) = (rest, 5_000)
            let page = try await bounded(
                by: sources.settings.series.queryTimeout, "the series store", time: sources.time
            ) { [series = sources.series] () throws(PortError) in
                try await series.rollups(of: .facility(number), granularity, in: span, limit: limit)
            }
            found += page
            guard page.count == limit, let last = page.last else { break }
            rest.start = last.end
        }
        return found
    }
}
