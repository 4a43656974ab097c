import EnergyModel
import Ports
import Screen

/// What stands behind a facility's load, most important first; each fact in one wording or several, the longest first.
struct FacilityFacts {
    private let facility: FacilitySnapshot
    private let now: UTCInstant
    private let quality: FacilityQuality
    private let peak: PeakAhead?

    init(_ facility: FacilitySnapshot, _ sight: Sight, _ clock: ZoneClock) {
        self.facility = facility
        now = sight.now
        quality = FacilityQuality(facility, now: sight.now)
        peak = PeakAhead(facility, now: sight.now, clock: clock)
    }

    /// A peak near its contract stands before what can wait.
    var wordings: [[[Span]]] {
        let peaks = peak.map { [$0.words, $0.short] } ?? []
        let isUrgent = peak?.isNear == true
        return [
            [contract], isUrgent ? peaks : [], [response], [worth], isUrgent ? [] : peaks, [event],
            [[Span("peak today ", .textDim), Span(Numbers.power(facility.peakToday))]], [meters], [readings],
        ]
    }

    private var contract: [Span] {
        let share = quality.isUsable ? facility.contractShare : nil
        let demand = facility.contractDemand.map { Numbers.power($0) } ?? "unknown contract"
        let role: Role = (share ?? 0) > ForecastLook.nearContract ? .barOver : .textStrong
        return [Span("\(Numbers.percent(share)) %", role), Span(" of \(demand)", .textDim)]
    }

    private var response: [Span] {
        facility.response.map { [Span("DR ", .textDim)] + $0.words(now: now) } ?? []
    }

    private var event: [Span] { facility.response.map { [Span("event \($0.event)", .textDim)] } ?? [] }

    private var worth: [Span] {
        [
            Span(quality.word, quality.role == .textDim ? .text : quality.role),
            Span(", \(Age.column(facility.newest.map { now.since($0) }))", .textDim),
        ]
    }

    private var meters: [Span] {
        let fresh = quality == .good || quality == .uncertain ? facility.freshMeters : 0
        return [
            Span("\(fresh) of \(facility.meters)", fresh == facility.meters ? .text : .stateStale),
            Span(" meters fresh", .textDim),
        ]
    }

    private var readings: [Span] {
        let role: Role = facility.qualityShare < 0.9 ? .stateStale : .text
        return [Span("\(Numbers.percent(facility.qualityShare)) %", role), Span(" good in 15 min", .textDim)]
    }
}
