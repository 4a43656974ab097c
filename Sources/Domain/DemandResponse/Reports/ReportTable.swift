import EnergyModel

/// Reports as comma-separated values (RFC 4180): one line an interval, lines end with CRLF, units stand in the header, decimals
/// have a point. Text that a spreadsheet would take for a formula is made harmless by an apostrophe before it.
package enum ReportTable {
    package static let columns = [
        "event_id", "facility_id", "report_version", "report_state", "start_utc", "start_local", "hour_ending_local",
        "duration_s", "actual_kwh", "baseline_kwh", "reduction_kwh", "quality", "baseline_method", "baseline_quality",
    ]

    package static func text(of reports: [ParticipationReport]) -> String {
        line(columns) + reports.map(lines).joined()
    }

    private static func lines(of report: ParticipationReport) -> String {
        report.intervals.map { interval in
            let local = interval.localStart ?? ""
            // The hour that ends is the one that began, and one.
            let hourEnding = Int(local.dropFirst(11).prefix(2)).map { "\($0 + 1)" } ?? ""
            return line(
                [
                    cell(report.event.id), cell(report.facility.id), "\(report.reportVersion)",
                    report.issue?.state.rawValue ?? "", cell(interval.start), cell(local), hourEnding,
                    "\(interval.durationSeconds)", number(interval.actualKWh), number(interval.baselineKWh),
                    number(interval.reductionKWh), cell(interval.quality), cell(report.baseline.preset),
                    cell(report.baseline.quality),
                ])
        }.joined()
    }

    private static func line(_ cells: [String]) -> String { cells.joined(separator: ",") + "\r\n" }

    /// Plain decimals, also for what Swift would write with an exponent.
    private static func number(_ kilowattHours: Double?) -> String {
        guard let kilowattHours, kilowattHours.isFinite, abs(kilowattHours) < 1e12 else { return "" }
        let wattHours = Int64((kilowattHours * 1_000).rounded())
        let (whole, part) = (wattHours.magnitude / 1_000, wattHours.magnitude % 1_000)
        let digits = String(part)
        return (wattHours < 0 ? "-" : "") + "\(whole)." + String(repeating: "0", count: 3 - digits.count) + digits
    }

    /// Text as a field. One that begins with `=`, `+`, `-`, `@`, a tab or a return is no formula any more.
    package static func cell(_ text: String) -> String {
        var text = text
        if let first = text.unicodeScalars.first, "=+-@\t\r\n".unicodeScalars.contains(first) { text = "'" + text }
        guard text.unicodeScalars.contains(where: { "\",\r\n".unicodeScalars.contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
