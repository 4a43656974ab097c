import DemandResponse
import EnergyModel
import Engine
import Gateway
import Metering
import Ports

extension GatewayArchive {
    /// What the gateway's exports read, with the forms that only rooms beyond its arrows can write.
    static func stored(series: any SeriesStore, records: any RecordStore) -> GatewayArchive {
        GatewayArchive(
            series: series, records: records,
            report: { (form, records, now) throws(PortError) in try text(of: records, as: form, now) },
            usage: usage,
            gaps: { readings, range in
                let report = GapReport(readings: readings, in: range)
                return Gaps(
                    range: report.range, expectedSlots: report.expectedSlots, presentSlots: report.presentSlots,
                    gaps: report.gaps)
            })
    }

    static func text(
        of records: [ParticipationRecord], as form: ReportForm, _ now: UTCInstant
    ) throws(PortError) -> String {
        var text = ""
        var reports: [ParticipationReport] = []
        for record in records {
            if form == .json {
                text += try ReportText.sealed(record) + "\n"
            } else {
                reports.append(try ReportText.report(of: record))
            }
        }
        switch form {
        case .json: return text
        case .csv: return ReportTable.text(of: reports)
        case .espi: return GreenButton.feed(of: reports, at: now) { ZoneDatabase.offsets(of: $0, within: $1) }
        }
    }

    private static func usage(_ subject: UsageSubject) -> Usage {
        let feed = GreenButtonUsage(
            facility: subject.facility.id, meter: subject.meter, granularity: subject.granularity,
            range: subject.range, zoneName: subject.facility.timeZone,
            zone: { ZoneDatabase.offsets(of: $0, within: $1) }, expectedPerSlot: subject.expectedPerSlot,
            at: subject.now)
        return Usage(head: feed.head, tail: feed.tail) { feed.block($0, number: $1, residue: &$2) }
    }
}
