import EnergyModel
import Ports

/// What stored data exports read, and the forms that rooms beyond the gateway's arrows write.
package struct GatewayArchive: Sendable {
    /// Forms of participation reports.
    package enum ReportForm: String, Sendable, CaseIterable { case json, csv, espi }

    /// One series as Green Button data, written piece by piece.
    package struct Usage: Sendable {
        package var head: String
        package var tail: String
        /// A block of intervals, by number from 1. `residue` is what rounding to whole watt-hours left over of the blocks
        /// before, so that the sum stays exact.
        package var block: @Sendable (_ rollups: [Rollup], _ number: Int, _ residue: inout Double) -> String

        package init(
            head: String, tail: String,
            block: @escaping @Sendable (_ rollups: [Rollup], _ number: Int, _ residue: inout Double) -> String
        ) {
            self.head = head
            self.tail = tail
            self.block = block
        }
    }

    /// What a usage feed is about.
    package struct UsageSubject: Sendable, Hashable {
        package var facility: Facility
        package var meter: MeterID?
        package var granularity: Granularity
        package var range: TimeRange
        /// Readings expected in a 15-s slot: the number of meters.
        package var expectedPerSlot: Int
        package var now: UTCInstant
    }

    /// Slots of one meter without a reading.
    package struct Gaps: Sendable, Hashable {
        package var range: TimeRange
        package var expectedSlots: Int
        package var presentSlots: Int
        package var gaps: [TimeRange]
        package init(range: TimeRange, expectedSlots: Int, presentSlots: Int, gaps: [TimeRange]) {
            self.range = range
            self.expectedSlots = expectedSlots
            self.presentSlots = presentSlots
            self.gaps = gaps
        }
    }

    let series: any SeriesStore
    let records: any RecordStore
    let report:
        @Sendable (_ form: ReportForm, _ records: [ParticipationRecord], _ now: UTCInstant) throws(PortError) -> String
    let usage: @Sendable (UsageSubject) -> Usage
    let gaps: @Sendable (_ readings: [Reading], _ range: TimeRange) -> Gaps

    package init(
        series: any SeriesStore, records: any RecordStore,
        report:
            @escaping @Sendable (_ form: ReportForm, _ records: [ParticipationRecord], _ now: UTCInstant)
            throws(PortError) -> String,
        usage: @escaping @Sendable (UsageSubject) -> Usage,
        gaps: @escaping @Sendable (_ readings: [Reading], _ range: TimeRange) -> Gaps
    ) {
        self.series = series
        self.records = records
        self.report = report
        self.usage = usage
        self.gaps = gaps
    }
}
