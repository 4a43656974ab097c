import EnergyModel
import Ports
import Screen

/// A facility's forecast peak and when it comes, against its contract.
struct PeakAhead: Sendable {
    let brief: ForecastBrief
    let look: ForecastLook
    /// Of contract demand; nil while that is unknown.
    let share: Double?
    private let time: String

    init?(_ facility: FacilitySnapshot, now: UTCInstant, clock: ZoneClock) {
        guard let brief = facility.forecast else { return nil }
        self.brief = brief
        look = ForecastLook(brief, now: now)
        share = facility.contractDemand.flatMap { $0.kilowatts > 0 ? brief.peak.kilowatts / $0.kilowatts : nil }
        time = clock.shortTime(brief.peakAt)
    }

    var isNear: Bool { share.map { $0 >= ForecastLook.nearContract } == true }

    private var role: Role { isNear ? .barOver : look.isStale ? .stateStale : .text }

    /// Outside a column there is room for the word.
    private var mark: [Span] {
        look.mark == " " ? [] : [Span(look.mark == "m" ? " manual" : " " + look.mark, look.role)]
    }

    /// `peak ahead 4.21 MW at 18:15, 101 %`.
    var words: [Span] {
        let part = share.map { ", \(Numbers.percent($0)) %" } ?? ""
        return [Span("peak ahead ", .textDim), Span(Numbers.power(brief.peak), role)] + mark
            + [Span(" at \(time)\(part)", isNear ? .barOver : .text)]
    }

    var short: [Span] {
        [Span("peak ", .textDim), Span(Numbers.power(brief.peak), role)] + mark + [Span(" \(time)", .textDim)]
    }

    /// In thirteen places, digits under digits: a tenth of a kilowatt is not forecast.
    var column: [Span] {
        [
            Span(Numeral.fixed(brief.peak.kilowatts), role, isNear ? .bold : []), Span(look.mark, look.role),
            Span(" " + time, .textDim),
        ]
    }
}
