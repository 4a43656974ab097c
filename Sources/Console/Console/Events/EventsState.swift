import EnergyModel
import Ports
import Screen

/// Which events are listed, in the order `v` goes through them.
enum EventChoice: String, CaseIterable, Sendable {
    case all, events, overrides

    var words: String {
        switch self {
        case .all: "events and overrides"
        case .events: "events"
        case .overrides: "overrides"
        }
    }

    func includes(_ kind: DemandResponseEvent.Kind) -> Bool {
        switch self {
        case .all: true
        case .events: kind == .demandResponse
        case .overrides: kind == .override
        }
    }
}

/// What the lower part of an event's page lists, in the order `v` goes through it.
enum EventPart: String, CaseIterable, Sendable {
    case buildings, commands, history, remarks, reports
}

struct EventsState: Sendable {
    static let pageSize = 200
    /// As many as are kept in memory; older ones are in the Journal.
    static let limit = 2000

    var choice = EventChoice.all
    var filter = RowFilter.everything
    var cursor = ListCursor<DREventID>()
    var list = Fetch<[DemandResponseEvent]>()
    /// Lists received so far.
    var answers = 0
    /// How many the list asks for; grows when its end is reached.
    var depth = pageSize
    var index = EventIndex()

    var detail = Fetch<EventDetail?>()
    var part = EventPart.buildings
    var legs = ListCursor<FacilityID>()
    var commands = ListCursor<CommandPlace>()
    var reports = Fetch<[ParticipationRecord]>()
    /// `reports` laid out, once for each answer.
    var reportLines: [[Span]] = []
    /// First row of history, remarks or reports.
    var top = 0
    private(set) var shown: DREventID?

    /// What belongs to another event is forgotten.
    mutating func come(to event: DREventID?) {
        guard let event, shown != event else { return }
        detail.forget()
        reports.forget()
        reportLines = []
        legs = ListCursor()
        commands = ListCursor()
        part = .buildings
        top = 0
        shown = event
    }
}

/// A command's number is unique in its event, but a list may show several buildings.
struct CommandPlace: Hashable, Sendable {
    var facility: FacilityID
    var sequence: Int
}

extension BuildingCommand {
    var place: CommandPlace { CommandPlace(facility: facility, sequence: plan.sequence) }
}

/// The list of events of one answer and one snapshot under one choice and filter; made again only when one of them
/// changes.
struct EventIndex: Sendable {
    struct Key: Sendable, Equatable {
        /// Lists received so far.
        var answers: Int
        var sequence: UInt64?
        var choice: EventChoice
        var filter: RowFilter
    }

    /// How many buildings take part, and how many of them have confirmed; known of the event that a building is in now.
    struct Buildings: Sendable, Equatable {
        var all = 0
        var active = 0
        var failed = 0
    }

    private(set) var key: Key?
    private(set) var rows: [DemandResponseEvent] = []
    private(set) var place: [DREventID: Int] = [:]
    private(set) var buildings: [DREventID: Buildings] = [:]
    /// Before the filter.
    private(set) var known = 0
    private(set) var open = 0

    init() {}

    init(key: Key, stored: [DemandResponseEvent], snapshot: OperatorSnapshot?) {
        self.key = key
        let live = snapshot?.openEvents ?? []
        let fresh = Set(live.map(\.id))
        let all = (live + stored.filter { !fresh.contains($0.id) }).filter { key.choice.includes($0.kind) }
        known = all.count
        open = all.count { !$0.isSettled }
        let pass = FilterPass(key.filter, fields: EventsRoom.filterFields)
        rows = all.filter { key.filter.isEmpty || pass.accepts(FilterableEvent(event: $0)) }
        rows.sort(by: Self.standsBefore)
        place.reserveCapacity(rows.count)
        for (index, event) in rows.enumerated() { place[event.id] = index }
        for response in (snapshot?.facilities ?? []).lazy.compactMap(\.response) {
            var count = buildings[response.event] ?? Buildings()
            count.all += 1
            if response.state == .active || response.state == .degraded { count.active += 1 }
            if response.state == .failed { count.failed += 1 }
            buildings[response.event] = count
        }
    }

    /// What is open first, the soonest start above; then the settled ones, the newest window above.
    private static func standsBefore(_ a: DemandResponseEvent, _ b: DemandResponseEvent) -> Bool {
        if a.isSettled != b.isSettled { return !a.isSettled }
        if a.window.start != b.window.start { return (a.window.start < b.window.start) != a.isSettled }
        return a.id < b.id
    }
}

/// What `/` sees of an event.
struct FilterableEvent: Filterable {
    let event: DemandResponseEvent

    func text(of field: String) -> String {
        switch field {
        case "id": event.id.text
        case "name": event.name
        case "program": event.program
        case "state": event.look.word
        case "kind": event.kind.rawValue
        case "source": event.source
        default: number(of: field).map { Numbers.kilowatts($0) } ?? Numbers.unknown
        }
    }

    func number(of field: String) -> Double? {
        switch field {
        case "target": event.target?.kilowatts
        case "expected": event.expected?.kilowatts
        case "achieved": event.achieved?.kilowatts
        default: nil
        }
    }
}

extension EventDetail {
    /// Worst first, then by id.
    var sortedLegs: [EventLegView] {
        legs.sorted { ($1.progress.trouble, $0.facility) < ($0.progress.trouble, $1.facility) }
    }

    /// What failed first, then in the order in which they go out.
    func sortedCommands(of facility: FacilityID?) -> [BuildingCommand] {
        let chosen = facility.map { id in commands.filter { $0.facility == id } } ?? commands
        return chosen.sorted { a, b in
            let (aFailed, bFailed) = (a.progress.phase == .failed, b.progress.phase == .failed)
            if aFailed != bFailed { return aFailed }
            return (a.facility, a.plan.sequence) < (b.facility, b.plan.sequence)
        }
    }

    /// Newest first; of one building where one is given.
    func history(of facility: FacilityID?) -> [EventTransitionView] {
        guard let facility else { return transitions }
        return transitions.filter { $0.subject == facility.text || $0.subject.hasPrefix(facility.text + " ") }
    }
}
