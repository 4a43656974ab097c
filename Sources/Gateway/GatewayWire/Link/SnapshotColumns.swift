import EnergyModel
import Ports

// The columns of a snapshot. A new field gets a number of its own and never another's; a test counts fields and columns.

extension RecordCodec where Row == OperatorSnapshot {
    static let snapshot = RecordCodec(
        blank: OperatorSnapshot(
            at: .distantPast, sequence: 0, isHistorical: false, facilities: [], deadLetters: [],
            deadLettersPerMinute: 0, health: RecordCodec<HealthSnapshot>.health.blank),
        [
            Column(1, \.at, .instant), Column(2, \.sequence, .integer), Column(3, \.isHistorical, .flag),
            Column(4, \.facilities, RecordCodec<FacilitySnapshot>.facility.rows),
            Column(5, \.deadLetters, .json([])), Column(6, \.deadLettersPerMinute, .double),
            Column(7, \.health, RecordCodec<HealthSnapshot>.health.record),
            Column(
                8, \.openEvents,
                RecordCodec<DemandResponseEvent?>.event.rows.mapped({ $0.compactMap(\.self) }, { $0 }, blank: [])),
            Column(9, \.forecast, .json(nil)),
        ])
}

extension RecordCodec where Row == DemandResponseEvent? {
    static let event = RecordCodec(blank: nil, [Column(1, \.self, .json(nil))])
}

extension RecordCodec where Row == FacilitySnapshot {
    static let facility = RecordCodec(
        blank: FacilitySnapshot(
            id: placeholder, name: "", kind: .other, region: "", timeZone: "", isDescribed: false,
            contractDemand: nil, load: nil, newest: nil, meters: 0, freshMeters: 0, usableMeters: 0, qualityShare: 0,
            lastHour: [], peakToday: nil),
        [
            Column(1, \.id, .json(placeholder)), Column(2, \.name, .text), Column(3, \.kind, .word(.other)),
            Column(4, \.region, .text), Column(5, \.timeZone, .text), Column(6, \.isDescribed, .flag),
            Column(7, \.contractDemand, FieldCodec<Power>.power.optional),
            Column(8, \.load, FieldCodec<Power>.power.optional),
            Column(9, \.newest, FieldCodec<UTCInstant>.instant.optional), Column(10, \.meters, .integer),
            Column(11, \.freshMeters, .integer), Column(12, \.usableMeters, .integer),
            Column(13, \.qualityShare, .double), Column(14, \.lastHour, .sliding),
            Column(15, \.peakToday, FieldCodec<Power>.power.optional),
            Column(16, \.response, RecordCodec<FacilityResponse>.response.record.optional),
            Column(17, \.forecast, RecordCodec<ForecastBrief>.brief.record.optional),
        ])
}

extension RecordCodec where Row == FacilityResponse {
    static let response = RecordCodec(
        blank: FacilityResponse(
            event: noEvent, state: .planned, window: FieldCodec<TimeRange>.range.blank, expected: .zero, achieved: nil,
            baseline: nil),
        [
            Column(1, \.event, .json(noEvent)), Column(2, \.state, .word(.planned)), Column(3, \.window, .range),
            Column(4, \.expected, .power), Column(5, \.achieved, FieldCodec<Power>.power.optional),
            Column(6, \.baseline, FieldCodec<Power>.power.optional),
            Column(7, \.baselineMethod, FieldCodec<String>.text.optional),
        ])
}

extension RecordCodec where Row == ForecastBrief {
    static let brief = RecordCodec(
        blank: ForecastBrief(
            peak: .zero, peakHigh: .zero, peakAt: .distantPast, mode: .normal, quality: 0, issuedAt: .distantPast),
        [
            Column(1, \.peak, .power), Column(2, \.peakHigh, .power), Column(3, \.peakAt, .instant),
            Column(4, \.mode, .word(.normal)), Column(5, \.quality, .double), Column(6, \.issuedAt, .instant),
        ])
}

private let placeholder = FacilityID("-")!
private let noEvent = DREventID("-")!
