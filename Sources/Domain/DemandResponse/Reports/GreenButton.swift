import EnergyModel

/// The metered energy of reports as Green Button data (NAESB ESPI 4.0, DOMAIN §5.3): an Atom feed with a usage point, its
/// local time, a meter reading, its type and one block of intervals for each facility. Values are whole watt-hours; what was
/// not measured has no reading.
package enum GreenButton {
    /// `zone` gives a zone's changes over some years about the report; nil tells it in UTC, and the usage point's title says so.
    package static func feed(
        of reports: [ParticipationReport], at now: UTCInstant, zone: (String, TimeRange) -> ZoneOffsets?
    ) -> String {
        let body = reports.map { entries(of: $0, zone: zone) }.joined()
        let name = reports.map { "\($0.event.id) \($0.facility.id) \($0.reportVersion)" }.joined(separator: " ")
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <feed xmlns="http://www.w3.org/2005/Atom">
            <id>\(identifier("feed " + name))</id>
            <title>Switchyard participation reports</title>
            <updated>\(now.iso8601)</updated>
            \(body)</feed>

            """
    }

    private static func entries(of report: ParticipationReport, zone: (String, TimeRange) -> ZoneOffsets?) -> String {
        let point = "UsagePoint/\(report.facility.id)"
        let reading = "\(point)/MeterReading/\(report.event.id)-v\(report.reportVersion)"
        let local = localTime(of: report, zone)
        let clock = local.isLocal ? "" : " (times in UTC: \(report.facility.timeZone) has no yearly rule)"
        let type = "ReadingType/\(report.event.id)-\(report.facility.id)"
        let entry = EntryText(report: report)
        return
            entry.text(
                point, title: "\(report.facility.id)\(clock)",
                related: [reading, "LocalTimeParameters/\(report.facility.id)"],
                "<UsagePoint xmlns=\"\(namespace)\"><ServiceCategory><kind>0</kind></ServiceCategory></UsagePoint>")
            + entry.text("LocalTimeParameters/\(report.facility.id)", title: report.facility.timeZone, local.content)
            + entry.text(
                reading, title: "Event \(report.event.id), report version \(report.reportVersion)",
                related: ["\(reading)/IntervalBlock", type], "<MeterReading xmlns=\"\(namespace)\"/>")
            + entry.text(type, title: "Energy imported, Wh", readingType(of: report))
            + entry.text("\(reading)/IntervalBlock/1", title: "Intervals of the event", block(of: report))
    }

    private static let namespace = "http://naesb.org/espi"

    private static func localTime(
        of report: ParticipationReport, _ zone: (String, TimeRange) -> ZoneOffsets?
    ) -> (content: String, isLocal: Bool) {
        let start = UTCInstant(iso8601: report.event.start) ?? .distantPast
        let years = TimeRange(
            start: start.advanced(by: .seconds(-2 * 366 * 86_400)), end: start.advanced(by: .seconds(2 * 366 * 86_400)))
        let found = zone(report.facility.timeZone, years).flatMap { DaylightRule($0, within: years) }
        let rule = found ?? .utc
        let content =
            "<LocalTimeParameters xmlns=\"\(namespace)\"><dstEndRule>\(DaylightRule.text(rule.end))</dstEndRule>"
            + "<dstOffset>\(rule.summer)</dstOffset><dstStartRule>\(DaylightRule.text(rule.start))</dstStartRule>"
            + "<tzOffset>\(rule.offset)</tzOffset></LocalTimeParameters>"
        return (content, found != nil)
    }

    /// Delta data of electricity, energy, imported, in watt-hours; quality raw unless an interval says otherwise.
    private static func readingType(of report: ParticipationReport) -> String {
        let lengths = Set(report.intervals.map(\.durationSeconds))
        let length = lengths.count == 1 ? lengths.first.map { "<intervalLength>\($0)</intervalLength>" } ?? "" : ""
        return
            "<ReadingType xmlns=\"\(namespace)\"><accumulationBehaviour>4</accumulationBehaviour><commodity>1</commodity>"
            + "<dataQualifier>12</dataQualifier><defaultQuality>14</defaultQuality><flowDirection>1</flowDirection>"
            + "\(length)<kind>12</kind><powerOfTenMultiplier>0</powerOfTenMultiplier><timeAttribute>0</timeAttribute>"
            + "<uom>72</uom></ReadingType>"
    }

    private static func block(of report: ParticipationReport) -> String {
        let start = UTCInstant(iso8601: report.event.start) ?? .distantPast
        let end = UTCInstant(iso8601: report.event.end) ?? start
        let readings = report.intervals.compactMap { interval -> String? in
            guard let energy = interval.actualKWh, let start = UTCInstant(iso8601: interval.start) else { return nil }
            // Interpolated stands for what was partly missing.
            let quality = interval.quality == "OK" ? 14 : 9
            return "<IntervalReading><ReadingQuality><quality>\(quality)</quality></ReadingQuality>"
                + "<timePeriod>\(period(start, interval.durationSeconds))</timePeriod>"
                + "<value>\(Int64((energy * 1_000).rounded()))</value></IntervalReading>"
        }
        let length = Int(end.since(start).milliseconds / 1_000)
        return "<IntervalBlock xmlns=\"\(namespace)\"><interval>\(period(start, length))</interval>"
            + readings.joined() + "</IntervalBlock>"
    }

    private static func period(_ start: UTCInstant, _ seconds: Int) -> String {
        "<duration>\(seconds)</duration><start>\(start.floor(toMilliseconds: 1_000).milliseconds / 1_000)</start>"
    }

    /// The same text has the same id in every export: a UUID of version 8 (RFC 9562), made of two FNV-1a sums.
    static func identifier(_ text: String) -> String {
        let (high, low) = (sum(of: text, 0xCBF2_9CE4_8422_2325), sum(of: "\u{0}" + text, 0x8422_2325_CBF2_9CE4))
        let words = [(high & ~0xF000) | 0x8000, (low & ~(0xC << 60)) | (0x8 << 60)]
        let digits = words.map { word in
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { digits.dropFirst($0.lowerBound).prefix($0.count) }
        return "urn:uuid:" + parts.joined(separator: "-")
    }

    private static func sum(of text: String, _ basis: UInt64) -> UInt64 {
        text.utf8.reduce(basis) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}

/// An entry of the feed, in the order of elements that ESPI has.
private struct EntryText {
    let report: ParticipationReport

    func text(_ path: String, title: String, related: [String] = [], _ content: String) -> String {
        let made = report.issue?.at ?? report.event.end
        let own = "espi/1_1/resource/\(path)"
        let links = related.map { "<link rel=\"related\" href=\"espi/1_1/resource/\(escaped($0))\"/>" }.joined()
        let up = own.split(separator: "/").dropLast().joined(separator: "/")
        return """
            <entry>
            <id>\(GreenButton.identifier("\(path) \(report.event.id) \(report.reportVersion)"))</id>
            <link rel="self" href="\(escaped(own))"/><link rel="up" href="\(escaped(up))"/>\(links)
            <title>\(escaped(title))</title>
            <content>\(content)</content>
            <published>\(made)</published><updated>\(made)</updated>
            </entry>

            """
    }

    /// Also drops what XML 1.0 has no way to write.
    private func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            case "\t", "\n", "\r": result += " "
            default: if scalar.value >= 0x20, scalar.value & 0xFFFE != 0xFFFE { result.unicodeScalars.append(scalar) }
            }
        }
        return result
    }
}
