import EnergyModel
import Ports

/// Given by the state, in order; a result whose id is no longer awaited is dropped.
package struct EffectID: Hashable, Sendable, Comparable {
    package let number: UInt64
    package init(number: UInt64) { self.number = number }
    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// Something to be done outside, as data. Performed once by the runner, which answers with `finished(id, result)`.
package struct Effect: Equatable, Sendable {
    package enum Work: Equatable, Sendable {
        case series(SeriesRequest)
        case meters(FacilityID)
        case deadLetters(DeadLetterQuery)
        case deadLetter(Int64)
        /// What processing would say to these bytes in place of the letter's.
        case checkLetter(Int64, payload: [UInt8])
        case dryRun(LetterSelection)
        case redrives
        case forecast(ForecastQuery)
        /// Learns anew for every week of it: may take a minute.
        case backtest(BacktestRequest)
        case journal(JournalQuery)
        case trace(TraceID)
        case snapshot(at: UTCInstant)
        case events(EventQuery)
        case event(DREventID)
        case reports(DREventID)
        case building(FacilityID)
        /// What such an event, or such an override, would do now. Changes nothing.
        case previewEvent(EventRequest)
        case previewOverride(OverrideRequest)
        case arm(ArmRequest)
        case disarm(key: String)
        case submit(OperatorCommand)
        /// Into the terminal's clipboard (OSC 52).
        case copy(String)
        /// Into a new file; an existing one is never overwritten.
        case writeFile(name: String, contents: String)
        case loadTheme(name: String)
        case quit
    }

    package var id: EffectID
    package var work: Work

    package init(id: EffectID, work: Work) {
        self.id = id
        self.work = work
    }
}

package enum EffectResult: Sendable {
    case series(SeriesAnswer)
    case meters([MeterSnapshot])
    case deadLetters(DeadLetterPage)
    case deadLetter(DeadLetter?)
    case letterCheck(LetterCheck)
    case dryRun(DryRun)
    case redrives([Redrive])
    case forecast(ForecastAnswer)
    case backtest(BacktestAnswer)
    case journal([JournalEntry])
    case trace([TraceSpan])
    case snapshot(OperatorSnapshot)
    case events([DemandResponseEvent])
    case event(EventDetail?)
    case reports([ParticipationRecord])
    case building(BuildingView)
    case preview(PlanPreview)
    case armed(ArmAnswer)
    case disarmed
    case outcome(CommandOutcome)
    /// What is known of it: terminals do not confirm.
    case copied(sentence: String)
    case written(path: String)
    case themeLoaded(name: String, errors: [String])
    /// A sentence that says what to do next.
    case failed(sentence: String)
}
