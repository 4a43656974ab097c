import EnergyModel

/// One series of rollups as Green Button data (NAESB ESPI 4.0, DOMAIN §5.3), written piece by piece: `head`, a block for
/// each run of rollups, `tail`. Values are whole watt-hours of net energy, positive imported; what was not measured has no reading.
package struct GreenButtonUsage: Sendable {
    private let facility: FacilityID
    private let subject: String
    private let title: String
    private let granularity: Granularity
    private let range: TimeRange
    private let zoneName: String
    private let rule: DaylightRule?
    private let expectedPerSlot: Int
    private let made: String

    /// - Parameters:
    ///   - zone: the changes of the facility's zone over some years about the range; nil tells it in UTC, and the title
    ///     says so.
    ///   - expectedPerSlot: readings of a 15-s slot when all is well: the number of meters.
    package init(
        facility: FacilityID, meter: MeterID?, granularity: Granularity, range: TimeRange, zoneName: String,
        zone: (String, TimeRange) -> ZoneOffsets?, expectedPerSlot: Int, at now: UTCInstant
    ) {
        self.facility = facility
        subject = "\(facility)" + (meter.map { "/Meter/\($0)" } ?? "")
        title = meter.map { "\($0) of \(facility)" } ?? "\(facility)"
        self.granularity = granularity
        self.range = range
        self.zoneName = zoneName
        self.expectedPerSlot = expectedPerSlot
        made = now.iso8601
        let years = TimeRange(
            start: range.start.advanced(by: .seconds(-2 * 366 * 86_400)),
            end: range.end.advanced(by: .seconds(2 * 366 * 86_400)))
        rule = zone(zoneName, years).flatMap { DaylightRule($0, within: years) }
    }

    private static let namespace = "http://naesb.org/espi"
    private var point: String { "UsagePoint/\(subject)" }
    private var reading: String { "\(point)/MeterReading/\(granularity.label)" }
    private var type: String { "ReadingType/net-\(granularity.label)" }

    package var head: String {
        let clock = rule == nil ? " (times in UTC: \(zoneName) has no yearly rule)" : ""
        let name = "\(subject) \(granularity.label) \(range.start.iso8601) \(range.end.iso8601)"
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <feed xmlns="http://www.w3.org/2005/Atom">
            <id>\(GreenButton.identifier("usage " + name))</id>
            <title>Switchyard usage data</title>
            <updated>\(made)</updated>

            """
                + entry(
                    point, title: title + clock, related: ["\(reading)", "LocalTimeParameters/\(facility)"],
                    "<UsagePoint xmlns=\"\(Self.namespace)\"><ServiceCategory><kind>0</kind></ServiceCategory>"
                        + "</UsagePoint>"
                )
                + entry("LocalTimeParameters/\(facility)", title: zoneName, localTime)
                + entry(
                    reading, title: "Net energy by \(granularity.label)", related: ["\(reading)/IntervalBlock", type],
                    "<MeterReading xmlns=\"\(Self.namespace)\"/>")
                + entry(type, title: "Net energy, Wh", readingType)
    }

    package var tail: String { "</feed>\n" }

    private var localTime: String {
        let rule = rule ?? .utc
        return
            "<LocalTimeParameters xmlns=\"\(Self.namespace)\"><dstEndRule>\(DaylightRule.text(rule.end))</dstEndRule>"
            + "<dstOffset>\(rule.summer)</dstOffset><dstStartRule>\(DaylightRule.text(rule.start))</dstStartRule>"
            + "<tzOffset>\(rule.offset)</tzOffset></LocalTimeParameters>"
    }

    /// Delta data of electricity, energy, net, in watt-hours; quality raw unless an interval says otherwise.
    private var readingType: String {
        "<ReadingType xmlns=\"\(Self.namespace)\"><accumulationBehaviour>4</accumulationBehaviour>"
            + "<commodity>1</commodity><dataQualifier>12</dataQualifier><defaultQuality>14</defaultQuality>"
            + "<flowDirection>4</flowDirection><intervalLength>\(seconds)</intervalLength><kind>12</kind>"
            + "<powerOfTenMultiplier>0</powerOfTenMultiplier><timeAttribute>0</timeAttribute>"
            + "<uom>72</uom></ReadingType>"
    }

    private var seconds: Int64 { granularity.milliseconds / 1_000 }

    /// - Parameters:
    ///   - rollups: by time, at least one.
    ///   - residue: watt-hours that rounding left over of the blocks before, so that the sum of all stays exact.
    package func block(_ rollups: [Rollup], number: Int, residue: inout Double) -> String {
        guard let first = rollups.first, let last = rollups.last else { return "" }
        let readings = rollups.compactMap { rollup -> String? in
            guard rollup.kilowattHours.isFinite, abs(rollup.kilowattHours) < 1e9 else { return nil }
            let exact = rollup.kilowattHours * 1_000 + residue
            let whole = exact.rounded()
            residue = exact - whole
            // Interpolated stands for what was partly missing.
            let quality = rollup.qualityShare(expectedPerSlot: expectedPerSlot) >= 0.95 ? 14 : 9
            return "<IntervalReading><ReadingQuality><quality>\(quality)</quality></ReadingQuality>"
                + "<timePeriod>\(period(rollup.start, seconds))</timePeriod><value>\(Int64(whole))</value>"
                + "</IntervalReading>"
        }
        let length = last.end.since(first.start).milliseconds / 1_000
        return entry(
            "\(reading)/IntervalBlock/\(number)", title: "From \(first.start.iso8601)",
            "<IntervalBlock xmlns=\"\(Self.namespace)\"><interval>\(period(first.start, length))</interval>"
                + readings.joined() + "</IntervalBlock>")
    }

    private func period(_ start: UTCInstant, _ seconds: Int64) -> String {
        "<duration>\(seconds)</duration><start>\(start.floor(toMilliseconds: 1_000).milliseconds / 1_000)</start>"
    }

    /// Ids and zone names are of harmless characters, so that nothing here needs an escape.
    private func entry(_ path: String, title: String, related: [String] = [], _ content: String) -> String {
        let own = "espi/1_1/resource/\(path)"
        let links = related.map { "<link rel=\"related\" href=\"espi/1_1/resource/\($0)\"/>" }.joined()
        let up = own.split(separator: "/").dropLast().joined(separator: "/")
        let name = "usage \(path) \(range.start.iso8601) \(range.end.iso8601)"
        return """
            <entry>
            <id>\(GreenButton.identifier(name))</id>
            <link rel="self" href="\(own)"/><link rel="up" href="\(up)"/>\(links)
            <title>\(title)</title>
            <content>\(content)</content>
            <published>\(made)</published><updated>\(made)</updated>
            </entry>

            """
    }
}
