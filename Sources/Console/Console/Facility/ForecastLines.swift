import EnergyModel
import Ports
import Screen

/// The standing of a forecast and its forecaster in words.
struct ForecastLines {
    let answer: ForecastAnswer
    let now: UTCInstant
    let clock: ZoneClock

    /// Below this share of loads in the 90 % band the band is too narrow, above the other wider than it claims.
    private static let acceptedCoverage = 0.82...0.97

    private var forecast: FacilityForecast? { answer.forecast }

    /// What somebody has to know before anything else.
    var warnings: [[Span]] {
        var lines: [[Span]] = []
        if let forecast {
            let look = ForecastLook(forecast, now: now)
            if look.isStale {
                lines.append([
                    Span("○ Old: ", .stateStale), Span("\(look.issued), though one is due every 15 min", .stateStale),
                ])
            }
        }
        if let caution = answer.standing?.caution {
            lines.append([Span("! ", .stateEstimated), Span(caution, .stateEstimated)])
        }
        return lines
    }

    var remarks: [[Span]] { (forecast?.remarks ?? []).map { [Span("· ", .textDim), Span($0)] } }

    /// Label and text, most important first.
    var facts: [(String, [Span])] {
        guard let forecast else { return [] }
        var facts: [(String, [Span])] = [
            ("Mode", mode(forecast)), ("Model", model(forecast)), ("Quality", quality(forecast)),
        ]
        facts.append(("Weather", weather(forecast)))
        facts.append(("Updated", issued(forecast)))
        guard let standing = answer.standing else { return facts }
        facts.append(("Error", error(standing)))
        facts.append(("In band", coverage(standing)))
        facts.append(("Last week", againstNaive(standing)))
        facts.append(("Learned", learned(standing)))
        return facts
    }

    /// The same in two lines.
    var brief: [[Span]] {
        guard let forecast else { return [] }
        let gap = [Span("   ")]
        let first =
            mode(forecast) + gap + model(forecast) + gap + [Span("quality ", .textDim)] + quality(forecast) + gap
            + weather(forecast)
        guard let standing = answer.standing else { return [first] }
        let naive = standing.againstNaive.map {
            [Span("  \(Numeral.fixed($0, decimals: 2))"), Span(" of last week's", .textDim)]
        }
        return [
            first,
            [Span("error ", .textDim)] + error(standing) + (naive ?? []) + gap + [Span("in band ", .textDim)]
                + coverage(standing),
        ]
    }

    // MARK: - Facts

    private func mode(_ forecast: FacilityForecast) -> [Span] {
        let look = ForecastLook(mode: forecast.mode, issuedAt: now, now: now)
        let mark = look.mark == " " || look.mark == "m" ? "" : look.mark + " "
        var spans = [Span(mark + look.word, forecast.mode == .normal ? .text : .stateEstimated)]
        if let profile = answer.profile, forecast.mode == .manual {
            spans.append(
                Span(" by \(profile.author.replacing(":", with: " ")) until \(clock.near(profile.until, now: now)): "))
            spans.append(Span(profile.reason, .textDim))
        }
        return spans
    }

    private func model(_ forecast: FacilityForecast) -> [Span] {
        if forecast.mode == .manual, let standing = answer.standing {
            return [Span(standing.inCharge), Span(", learning beside it", .textDim)]
        }
        guard let standing = answer.standing, standing.chosen != standing.inCharge else {
            return [Span(forecast.model)]
        }
        return [
            Span("! \(standing.inCharge) in charge", .stateEstimated), Span(", \(standing.chosen) is chosen", .textDim),
        ]
    }

    private func quality(_ forecast: FacilityForecast) -> [Span] {
        let isLow = forecast.quality < 0.7
        return [
            Span(Numeral.fixed(forecast.quality, decimals: 2), isLow ? .stateStale : .text),
            Span(", about \(Numbers.percent(1 - forecast.quality)) % off", .textDim),
        ]
    }

    private func weather(_ forecast: FacilityForecast) -> [Span] {
        let note = forecast.weather
        let role: Role = note.standing == .live ? .text : .stateEstimated
        let age = note.asOf.map { Age.text(max(.zero, now.since($0))) + " old" }
        return [Span(note.words, role)] + (age.map { [Span(", \($0)", .textDim)] } ?? [])
    }

    private func issued(_ forecast: FacilityForecast) -> [Span] {
        let look = ForecastLook(forecast, now: now)
        return [
            Span(clock.near(forecast.issuedAt, now: now), look.isStale ? .stateStale : .text),
            Span(" \(clock.label(at: forecast.issuedAt)), \(Age.text(look.age)) ago", .textDim),
        ]
    }

    private func error(_ standing: ForecasterStanding) -> [Span] {
        guard let error = standing.relativeError else { return [Span("none was judged yet", .textDim)] }
        return [Span("\(Numeral.fixed(error * 100, decimals: 1)) %"), Span(" of the load", .textDim)]
    }

    private func coverage(_ standing: ForecasterStanding) -> [Span] {
        guard let coverage = standing.coverage else { return [Span("none was judged yet", .textDim)] }
        let role: Role = Self.acceptedCoverage.contains(coverage) ? .text : .stateStale
        let mark = role == .text ? "" : "! "
        return [Span("\(mark)\(Numbers.percent(coverage)) %", role), Span(", 90 % wanted", .textDim)]
    }

    private func againstNaive(_ standing: ForecasterStanding) -> [Span] {
        guard let ratio = standing.againstNaive else { return [Span("not known yet", .textDim)] }
        let role: Role = ratio >= 1 ? .stateStale : .text
        return [
            Span("\(ratio >= 1 ? "! " : "")\(Numeral.fixed(ratio, decimals: 2))", role),
            Span(" of its error", .textDim),
        ]
    }

    private func learned(_ standing: ForecasterStanding) -> [Span] {
        let days = Numbers.count(standing.daysKnown, "day", "days")
        guard let fitted = standing.fittedAt else { return [Span("not yet"), Span(", \(days) known", .textDim)] }
        return [Span("\(Age.text(max(.zero, now.since(fitted)))) ago"), Span(", of \(days)", .textDim)]
    }
}
