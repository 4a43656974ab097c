import EnergyModel
import GatewayWire
import HTTPTypes
import Hummingbird
import NIOCore
import Ports

/// Exports: streams of stored data (ledger API-02, DOMAIN §5). A client that does not read holds its export back; one that goes
/// away ends it.
struct ExportEndpoints: Sendable {
    let surface: Surface
    let archive: GatewayArchive

    /// Forms of an export.
    enum Form: String, Sendable, CaseIterable {
        case csv, ndjson, espi

        var mediaType: String {
            switch self {
            case .csv: "text/csv; charset=utf-8"
            case .ndjson: "application/x-ndjson"
            case .espi: "application/atom+xml"
            }
        }
    }

    private static let form = Parameters.choice("format", "`csv` unless told; `espi` is Green Button.", of: Form.self)
    private static let step = Parameters.choice(
        "granularity", "`15m` unless told; `raw` are readings, of all its meters unless `meter` names one.",
        of: HistoryEndpoints.Step.self)
    private static let from = Parameters.instant("from", "Begins here; 24 h before `to` unless told.")
    private static let to = Parameters.instant("to", "Ends here, not included; now unless told.")
    private static let reportForm = Parameters.choice(
        "format", "`json` (one object a line) unless told, `csv` or `espi`.", of: GatewayArchive.ReportForm.self)
    private static let version = Parameters.number(
        "version", in: .query, "This version instead of the newest of each facility.")

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, "/api/facilities/{facility_id}/export", access: .role(.viewer), rank: .bulk) {
                try await export($0)
            }
            .described(
                "exportFacility", .exports, "A facility's stored readings or rollups, as long as they are.",
                parameters: [
                    Parameters.facility.described, Parameters.ofMeter.described, Self.from.described,
                    Self.to.described, Self.step.described, Self.form.described,
                ], problems: [404: "No such facility or meter."],
                answers: [.text(200, "A stream.", "text/csv", "application/x-ndjson", "application/atom+xml")]),
            Endpoint(.get, "/api/dr-events/{event_id}/report", access: .role(.viewer), rank: .bulk) {
                try await report($0)
            }
            .described(
                "exportReport", .exports, "An event's participation reports.",
                parameters: [
                    Parameters.event.described, Parameters.ofFacility.described, Self.version.described,
                    Self.reportForm.described,
                ], problems: [404: "No such event, or no report of it yet."],
                answers: [.text(200, "The reports.", "application/x-ndjson", "text/csv", "application/atom+xml")]),
        ]
    }

    private func export(_ incoming: IncomingRequest) async throws -> Response {
        let id = try incoming.required(Parameters.facility)
        let meter = try incoming.value(Parameters.ofMeter)
        let step = try incoming.value(Self.step) ?? .quarterHour
        let form = try incoming.value(Self.form) ?? .csv
        let range = try incoming.range(from: Self.from, to: Self.to, standard: .seconds(86_400))
        // The caller's own link says whether it is theirs to see.
        let link = try surface.link(incoming)
        if let meter {
            try await HistoryEndpoints.check(meter, of: id, link)
        } else {
            _ = try await link.meters(of: id)
        }
        let subject = try Subject(
            facility: id, meter: meter, names: try await FleetNames(records: archive.records), range: range)
        let source = try await source(of: subject, step, form, at: incoming.arrivedAt)
        return stream(source, form.mediaType, name: "\(meter?.text ?? id.text)-\(step.rawValue)")
    }

    /// What an export is about, by the numbers of the stores.
    private struct Subject {
        let facility: FacilityID
        let meter: MeterID?
        let names: FleetNames
        let range: TimeRange
        let key: SeriesKey
        let meters: [MeterNumber]

        init(facility: FacilityID, meter: MeterID?, names: FleetNames, range: TimeRange) throws {
            (self.facility, self.meter, self.names, self.range) = (facility, meter, names, range)
            guard let number = names.number(of: facility) else {
                throw Problem.nothingThere("No facility \(facility) is known; GET /api/facilities lists them.")
            }
            guard let meter else {
                (key, meters) = (.facility(number), names.meters(of: number).map(\.number))
                return
            }
            guard let only = names.number(of: meter) else {
                throw Problem.nothingThere("No meter \(meter) is stored; GET /api/facilities/\(facility)/meters.")
            }
            (key, meters) = (.meter(only), [only])
        }
    }

    private func source(
        of subject: Subject, _ step: HistoryEndpoints.Step, _ form: Form, at now: UTCInstant
    ) async throws -> ExportSource {
        let format: LineFormat = form == .csv ? .csv : .ndjson
        switch (form, step.granularity) {
        case (.espi, nil):
            throw Problem.badParameter(
                Self.step.described, given: "raw", expected: "1m, 15m or 1h with format=espi, which tells energy")
        case (.espi, let granularity?):
            let feed = archive.usage(
                GatewayArchive.UsageSubject(
                    facility: try await facility(subject.facility), meter: subject.meter, granularity: granularity,
                    range: subject.range, expectedPerSlot: subject.meters.count, now: now))
            return .usage(of: subject.key, granularity, in: subject.range, as: feed, from: archive.series)
        case (_, nil):
            let lines = ReadingLines(names: subject.names, format: format)
            return .readings(of: subject.meters, in: subject.range, as: lines, from: archive.series)
        case (_, let granularity?):
            let lines = RollupLines(names: subject.names, format: format)
            return .rollups(of: [subject.key], granularity, in: subject.range, as: lines, from: archive.series)
        }
    }

    private func facility(_ id: FacilityID) async throws -> Facility {
        guard let facility = try await archive.records.facilities().first(where: { $0.id == id }) else {
            throw Problem.nothingThere("No facility \(id) is known; GET /api/facilities lists them.")
        }
        return facility
    }

    private func stream(_ source: ExportSource, _ mediaType: String, name: String) -> Response {
        Response(
            status: .ok, headers: headers(mediaType, name: name),
            body: ResponseBody { writer in
                var source = source
                while let piece = try await source.next() {
                    try Task.checkCancellation()
                    try await writer.write(ByteBuffer(string: piece))
                }
                try await writer.finish(nil)
            })
    }

    /// Ids are harmless in a quoted file name: letters, digits and `._:-`.
    private func headers(_ mediaType: String, name: String) -> HTTPFields {
        let ending = mediaType.hasPrefix("text/csv") ? "csv" : mediaType.hasSuffix("ndjson") ? "ndjson" : "xml"
        return [
            .contentType: mediaType, .cacheControl: "private, no-store", .xContentTypeOptions: "nosniff",
            .contentDisposition: "attachment; filename=\"\(name.replacing(":", with: "_")).\(ending)\"",
        ]
    }

    private func report(_ incoming: IncomingRequest) async throws -> Response {
        let id = try incoming.required(Parameters.event)
        let facility = try incoming.value(Parameters.ofFacility)
        let version = try incoming.value(Self.version)
        let form = try incoming.value(Self.reportForm) ?? .json
        let all = try await surface.link(incoming).reports(of: id).filter { facility == nil || $0.facility == facility }
        let chosen =
            version.map { version in all.filter { Int64($0.version) == version } } ?? Self.newest(of: all)
        guard !chosen.isEmpty else {
            throw Problem.nothingThere(
                "Event \(id) has no such report; the first comes as soon as it has settled. "
                    + "GET /api/dr-events/\(id)/reports lists them.")
        }
        let text = try archive.report(form, chosen.sorted { $0.facility < $1.facility }, incoming.arrivedAt)
        let mediaType: String =
            switch form {
            case .json: Form.ndjson.mediaType
            case .csv: Form.csv.mediaType
            case .espi: Form.espi.mediaType
            }
        return Response(
            status: .ok, headers: headers(mediaType, name: "report-\(id)"),
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private static func newest(of records: [ParticipationRecord]) -> [ParticipationRecord] {
        Array(
            Dictionary(records.map { ($0.facility, $0) }, uniquingKeysWith: { $0.version > $1.version ? $0 : $1 })
                .values)
    }
}
