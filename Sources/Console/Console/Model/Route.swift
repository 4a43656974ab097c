import EnergyModel
import Ports

/// The screens that exist. The numbers are the keys and stay when others are added.
package enum ScreenKind: Int, CaseIterable, Sendable, Hashable {
    case overview = 1
    case facility = 2
    case events = 3
    case override = 4
    case deadLetters = 5
    case health = 8
    case journal = 9

    var title: String {
        switch self {
        case .overview: "Overview"
        case .facility: "Facility"
        case .events: "Events"
        case .override: "Override"
        case .deadLetters: "Dead letters"
        case .health: "Health"
        case .journal: "Journal"
        }
    }

    /// As it stands in a locator and in the palette.
    package var word: String {
        switch self {
        case .overview: "overview"
        case .facility: "facility"
        case .events: "events"
        case .override: "override"
        case .deadLetters: "dead-letters"
        case .health: "health"
        case .journal: "journal"
        }
    }
}

/// Where a pane is, down to the raw record: overview → facility → meter → raw reading, and so on for the others.
package enum Route: Sendable, Hashable {
    case overview
    /// Nil before any facility was chosen: the screen then says how to choose one.
    case facility(FacilityID?)
    case meter(FacilityID, MeterID)
    case events
    case event(DREventID)
    case eventLeg(DREventID, FacilityID)
    /// The points of one building; nil before any was chosen.
    case override(FacilityID?)
    /// One point with its whole priority array.
    case point(FacilityID, PointID)
    case deadLetters
    case deadLetter(Int64)
    /// What a replay of the letters last chosen would bring.
    case dryRun
    case redrives
    case health
    case journal
    case journalEntry(Int64)
    /// The spans of one trace.
    case trace(TraceID)

    package var screen: ScreenKind {
        switch self {
        case .overview: .overview
        case .facility, .meter: .facility
        case .events, .event, .eventLeg: .events
        case .override, .point: .override
        case .deadLetters, .deadLetter, .dryRun, .redrives: .deadLetters
        case .health: .health
        case .journal, .journalEntry, .trace: .journal
        }
    }

    /// What Esc goes to; nil at the top.
    package var parent: Route? {
        switch self {
        case .overview: nil
        case .facility, .events, .override, .deadLetters, .health, .journal: .overview
        case .event: .events
        case .eventLeg(let event, _): .event(event)
        case .point(let facility, _): .override(facility)
        case .meter(let facility, _): .facility(facility)
        case .deadLetter, .dryRun, .redrives: .deadLetters
        case .journalEntry, .trace: .journal
        }
    }

    package var facility: FacilityID? {
        switch self {
        case .facility(let id), .override(let id): id
        case .meter(let id, _), .eventLeg(_, let id), .point(let id, _): id
        default: nil
        }
    }
}
