import EnergyModel
import Ports

/// Cuts values down to what somebody with these facilities may see. Pure.
struct Narrowing: Sendable, Hashable {
    let facilities: Set<FacilityID>

    /// Totals of the fleet go: dead letters are counted by topic, not by facility, and the fleet's peak is of all buildings.
    func snapshot(_ snapshot: OperatorSnapshot, openEvents: [DemandResponseEvent]) -> OperatorSnapshot {
        var snapshot = snapshot
        let foreign = Set(snapshot.facilities.map(\.id)).subtracting(facilities)
        snapshot.facilities.removeAll { foreign.contains($0.id) }
        snapshot.deadLetters = []
        snapshot.deadLettersPerMinute = 0
        snapshot.openEvents = openEvents
        snapshot.forecast = nil
        snapshot.health.breakers.removeAll { isForeign($0.name) }
        snapshot.health.dependencies.removeAll { isForeign($0.name) }
        for index in snapshot.health.dependencies.indices
        where foreign.contains(where: { snapshot.health.dependencies[index].detail.contains($0.text) }) {
            snapshot.health.dependencies[index].detail = ""
        }
        return snapshot
    }

    /// As a row of a list, where nobody knows whether all its buildings are visible: without figures that may be of others.
    func event(_ event: DemandResponseEvent) -> DemandResponseEvent {
        guard event.kind == .demandResponse else { return event }
        var event = event
        event.target = nil
        event.expected = nil
        event.achieved = nil
        return event
    }

    func isVisible(_ detail: EventDetail) -> Bool { detail.legs.contains { facilities.contains($0.facility) } }
    func isWhole(_ detail: EventDetail) -> Bool { detail.legs.allSatisfy { facilities.contains($0.facility) } }

    /// Nil for an event without a leg of the scope's.
    func detail(_ detail: EventDetail) -> EventDetail? {
        guard isVisible(detail) else { return nil }
        guard !isWhole(detail) else { return detail }
        var narrow = detail
        let foreign = Set(detail.legs.map(\.facility)).subtracting(facilities)
        narrow.legs.removeAll { foreign.contains($0.facility) }
        narrow.commands.removeAll { !facilities.contains($0.facility) }
        narrow.transitions = detail.transitions.compactMap { transition($0, foreign) }
        // Sentences about the plan as a whole, in which any building may be named.
        narrow.remarks = []
        narrow.event.target = nil
        narrow.event.expected = narrow.legs.reduce(Power.zero) { $0 + $1.expected }
        let achieved = narrow.legs.compactMap(\.achieved)
        narrow.event.achieved = achieved.isEmpty ? nil : achieved.reduce(Power.zero) { $0 + $1 }
        return narrow
    }

    private func transition(_ view: EventTransitionView, _ foreign: Set<FacilityID>) -> EventTransitionView? {
        let subject = view.subject.prefix { $0 != " " }
        guard subject == "event" || FacilityID(String(subject)).map(facilities.contains) == true else { return nil }
        var view = view
        if foreign.contains(where: { view.reason.contains($0.text) }) { view.reason = "" }
        return view
    }

    /// A building's breaker and check are named after it: `building:F-007`.
    private func isForeign(_ name: String) -> Bool {
        guard name.hasPrefix("building:") else { return false }
        return FacilityID(String(name.dropFirst("building:".count))).map(facilities.contains) != true
    }
}
