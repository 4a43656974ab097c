import EnergyModel

/// A report in the words of OpenADR 3.1.0, the body of `POST /reports` (DOMAIN §1.2): metered energy and mean power, the
/// baseline, the quality of both, and what the building did, interval by interval. Interval ids repeat the event's.
package struct OpenADRReport: Encodable, Hashable, Sendable {
    package enum Value: Encodable, Hashable, Sendable {
        case number(Double)
        case text(String)

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .number(let number): try container.encode(number)
            case .text(let text): try container.encode(text)
            }
        }
    }
    package struct Payload: Encodable, Hashable, Sendable {
        package var type: String
        package var values: [Value]

        package init(type: String, values: [Value]) { (self.type, self.values) = (type, values) }
    }
    package struct Period: Encodable, Hashable, Sendable {
        package var start: String
        package var duration: String

        package init(start: String, duration: String) { (self.start, self.duration) = (start, duration) }
    }
    package struct Interval: Encodable, Hashable, Sendable {
        package var id: Int
        package var intervalPeriod: Period
        package var payloads: [Payload]
    }
    package struct Resource: Encodable, Hashable, Sendable {
        package var resourceName: String
        package var intervals: [Interval]
    }
    package struct Descriptor: Encodable, Hashable, Sendable {
        package var objectType = "REPORT_PAYLOAD_DESCRIPTOR"
        package var payloadType: String
        package var readingType: String
        package var units: String
    }

    /// 3.0.1 requires it, 3.1.0 does not know it.
    package var programID: String?
    package var eventID: String
    package var clientName: String
    /// Tells versions apart: the same name is the same report.
    package var reportName: String
    package var payloadDescriptors: [Descriptor]
    package var resources: [Resource]

    /// What the figures can be told in, with the units that descriptors give.
    private static let told: [Descriptor] = [
        Descriptor(payloadType: "USAGE", readingType: "SUMMED", units: "KWH"),
        Descriptor(payloadType: "DEMAND", readingType: "MEAN", units: "KW"),
        Descriptor(payloadType: "BASELINE", readingType: "MEAN", units: "KW"),
    ]

    /// - Parameters:
    ///   - asked: payload types of the event's report descriptors; without any of ours among them all are told.
    ///   - slots: the event's schedule, for the ids of its intervals.
    ///   - isOld: the utility speaks 3.0.1.
    package init(
        _ report: ParticipationReport, clientName: String, asked: [String], slots: [EventSchedule.Slot], isOld: Bool
    ) {
        let wanted = OpenADRReport.told.filter { asked.contains($0.payloadType) }
        payloadDescriptors = wanted.isEmpty ? OpenADRReport.told : wanted
        programID = isOld ? report.event.programID : nil
        eventID = report.event.id
        self.clientName = clientName
        let state = report.issue?.state.rawValue ?? "provisional"
        reportName = "participation \(report.facility.id) v\(report.reportVersion) \(state)"
        let types = Set(payloadDescriptors.map(\.payloadType))
        resources = [
            Resource(
                resourceName: report.facility.id,
                intervals: report.intervals.map { OpenADRReport.interval($0, of: report, types, slots) })
        ]
    }

    private static func interval(
        _ interval: ParticipationReport.Interval, of report: ParticipationReport, _ types: Set<String>,
        _ slots: [EventSchedule.Slot]
    ) -> Interval {
        let start = UTCInstant(iso8601: interval.start)
        let hours = Double(interval.durationSeconds) / 3_600
        var payloads: [Payload] = []
        func add(_ type: String, _ value: Double?) {
            guard types.contains(type), let value, value.isFinite else { return }
            payloads.append(Payload(type: type, values: [.number(thousandths(value))]))
        }
        add("USAGE", interval.actualKWh)
        if hours > 0 {
            add("DEMAND", interval.actualKWh.map { $0 / hours })
            add("BASELINE", interval.baselineKWh.map { $0 / hours })
        }
        payloads.append(Payload(type: "DATA_QUALITY", values: [.text(interval.quality)]))
        payloads.append(Payload(type: "OPERATING_STATE", values: [.text(operatingState(of: report))]))
        let id = start.flatMap { start in slots.first { $0.range.contains(start) }?.interval }
        return Interval(
            id: id ?? slots.first?.interval ?? 0,
            intervalPeriod: Period(start: interval.start, duration: "PT\(interval.durationSeconds)S"),
            payloads: payloads)
    }

    private static func operatingState(of report: ParticipationReport) -> String {
        if report.optState == "out" { return "RUNNING_OPTED_OUT" }
        return report.commands.contains { $0.outcome == "confirmed" } ? "RUNNING_CURTAILED" : "RUNNING_NORMAL"
    }
}
