import EnergyModel
import Ports
import Screen

/// A load expected by a person in place of the forecast (ledger FC-13), and its end before its time.
enum ProfileSheets {
    static func enter(_ state: inout ConsoleState, text: String = "", until: String = "8h") {
        guard let facility = chosen(&state) else { return }
        let answer = state.pane.facility.forecast.value
        let word = state.guardWord(facility)
        var entry = ProfileForm.entry(
            facility, profile: inForce(answer, state), text: text, until: until, word: word)
        _ = state.read(&entry)
        state.present(
            Sheet(
                title: "Load profile of \(facility)",
                facts: about(facility, answer, state) + [
                    "It takes the forecast's place in plans and warnings until it ends; the models go on learning.",
                    "Loads are means by the building's own clock, hour 0 to 23.",
                ],
                verb: "Enter", reason: TextInput(), isReasonNeeded: true, word: word, entry: entry))
    }

    static func end(_ state: inout ConsoleState) {
        guard let facility = chosen(&state) else { return }
        guard let answer = state.pane.facility.forecast.value else {
            return state.say("The forecast has not come yet: again in a moment", .warning)
        }
        guard let profile = inForce(answer, state) else {
            return state.say("No profile of \(facility) is in force: nothing to end", .warning)
        }
        state.present(
            Sheet(
                title: "End the profile of \(facility)",
                facts: [
                    state.described(facility), sentence(profile, state),
                    "The models forecast again at once.",
                ],
                action: .removeProfile(facility), verb: "End it", reason: TextInput(), isReasonNeeded: true,
                word: state.guardWord(facility)))
    }

    private static func chosen(_ state: inout ConsoleState) -> FacilityID? {
        guard let facility = state.pane.route.facility, state.facility(facility) != nil else {
            state.say("No facility is chosen: Enter on a row of Overview, or :go and its id or name", .warning)
            return nil
        }
        return facility
    }

    private static func inForce(_ answer: ForecastAnswer?, _ state: ConsoleState) -> LoadProfile? {
        answer?.profile.flatMap { $0.until > state.moment ? $0 : nil }
    }

    private static func about(_ facility: FacilityID, _ answer: ForecastAnswer?, _ state: ConsoleState) -> [String] {
        var facts = [state.described(facility)]
        if let profile = inForce(answer, state) {
            facts.append(sentence(profile, state) + " What you enter replaces it.")
        } else if let forecast = answer?.forecast {
            let look = ForecastLook(forecast, now: state.moment)
            facts.append(
                Sanitiser.drawable(
                    "Now a \(look.word) forecast by \(forecast.model), \(forecast.weather.words), \(look.issued)."))
        } else if answer != nil {
            facts.append("There is no forecast now.")
        }
        return facts
    }

    private static func sentence(_ profile: LoadProfile, _ state: ConsoleState) -> String {
        let clock = state.clock(for: state.pane)
        let until = "\(clock.near(profile.until, now: state.moment)) \(clock.label(at: profile.until))"
        let author = profile.author.replacing(":", with: " ")
        return Sanitiser.drawable("In force: a profile by \(author) until \(until): \(profile.reason).")
    }
}

// MARK: - Palette

extension PaletteCommand {
    static let forecasts: [PaletteCommand] = [
        PaletteCommand(
            "forecast", usage: "forecast [FACILITY]", "what is expected of a facility by the hour, and why",
            complete: facilities, plan: planForecast),
        PaletteCommand(
            "backtest", usage: "backtest [FACILITY] [WEEKS]", "compare the models over the last weeks, 8 unless told",
            complete: facilities, plan: planBacktest),
        PaletteCommand(
            "profile", usage: "profile FACILITY [KW|x 0.9] [for 8h]", "enter a load profile by hand; also: until 18:00",
            acts: true, complete: facilities, plan: planProfile),
        PaletteCommand(
            "end-profile", usage: "end-profile [FACILITY]", "end the profile entered by hand", acts: true,
            complete: facilities,
            plan: { state, argument throws(PaletteError) in
                let id = try subject(state, argument)
                return Plan(preview: "Open the sheet to end the profile of \(state.described(id))") { state in
                    visit(&state, id)
                    ProfileSheets.end(&state)
                }
            }),
    ]

    /// The one named, else the one shown or selected.
    private static func subject(_ state: ConsoleState, _ name: String) throws(PaletteError) -> FacilityID {
        guard name.isEmpty else {
            guard let id = state.facilityID(like: name) else {
                throw PaletteError("No facility \(name): write its id; Tab completes it")
            }
            return id
        }
        guard let id = state.pane.route.facility ?? state.pane.overview.cursor.selected else {
            throw PaletteError("Which facility? Write its id; Tab completes it")
        }
        return id
    }

    private static func visit(_ state: inout ConsoleState, _ id: FacilityID) {
        if state.pane.route != .facility(id) { state.go(to: .facility(id)) }
    }

    private static func planForecast(_ state: ConsoleState, _ argument: String) throws(PaletteError) -> Plan {
        let id = try subject(state, argument)
        return Plan(preview: "Show what is expected of \(state.described(id)), and why") { state in
            visit(&state, id)
            state.pane.facility.part = .forecast
            state.pane.facility.pageTop = 0
        }
    }

    private static func planBacktest(_ state: ConsoleState, _ argument: String) throws(PaletteError) -> Plan {
        var words = argument.split(separator: " ").map(String.init)
        var weeks = ModelsPage.standardWeeks
        if let last = words.last, let count = Int(last) {
            guard BacktestRequest.weeks.contains(count) else {
                let range = BacktestRequest.weeks
                throw PaletteError("Weeks are \(range.lowerBound) to \(range.upperBound)")
            }
            weeks = count
            words.removeLast()
        }
        guard words.count <= 1 else { throw PaletteError("Write a facility and a number of weeks: backtest F-007 8") }
        let id = try subject(state, words.first ?? "")
        let span = Numbers.count(weeks, "week", "weeks")
        return Plan(preview: "Ask what each model would have forecast of \(state.described(id)) over \(span)") {
            state in
            visit(&state, id)
            ModelsPage.begin(&state, weeks: weeks)
        }
    }

    /// `FACILITY`, `FACILITY x 0.9`, `FACILITY 1250 for 8h`, `… until 18:00`.
    private static func planProfile(_ state: ConsoleState, _ argument: String) throws(PaletteError) -> Plan {
        var words = argument.split(separator: " ").map(String.init)
        let id = try subject(state, words.isEmpty ? "" : words.removeFirst())
        var until = "8h"
        if words.count >= 2, words[words.count - 2] == "for" || words[words.count - 2] == "until" {
            until = words.removeLast()
            words.removeLast()
        }
        let text = words.joined(separator: " ")
        let what = text.isEmpty ? "" : " as \(text) until \(until)"
        return Plan(preview: "Open the sheet to enter a load profile of \(state.described(id))\(what)") { state in
            visit(&state, id)
            ProfileSheets.enter(&state, text: text, until: until)
        }
    }
}
