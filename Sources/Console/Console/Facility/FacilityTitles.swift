import EnergyModel
import Ports
import Screen

/// What stands in the rules over a facility's chart and below it.
enum FacilityTitles {
    /// From the longest to the shortest: first the resolution goes, then words about the forecast; what it is worth stays.
    static func chart(
        _ view: FacilityChart, _ state: ConsoleState, _ pane: Pane, edge: UTCInstant, _ clock: ZoneClock
    ) -> [[Span]] {
        let load = [Span("Load", .title)]
        let zoom = load + [Span(", \(pane.facility.zoom.title)", .textDim)]
        var heads = [zoom, load]
        if !view.resolution.isEmpty { heads.insert(zoom + [Span(" of \(view.resolution)", .textDim)], at: 0) }
        if pane.facility.end != nil {
            let until = [Span(", to \(clock.dateTime(edge)) \(clock.label(at: edge))", .stateEstimated)]
            heads = heads.map { $0 + until }
        }
        let worth = worth(view, state, pane, edge, clock)
        func joined(_ heads: some Sequence<[Span]>) -> [[Span]] {
            worth.flatMap { worth in heads.map { $0 + [Span(" · ", .textDim)] + worth } }
        }
        let both = joined(heads.dropLast()) + joined(heads.suffix(1))
        // On the narrowest line what the forecast is worth stands before that this is the load.
        let shortest = pane.facility.end == nil ? worth.suffix(1) : []
        return both + shortest + heads + [load]
    }

    /// What the forecast in the chart is worth; nothing where none is in it.
    private static func worth(
        _ view: FacilityChart, _ state: ConsoleState, _ pane: Pane, _ edge: UTCInstant, _ clock: ZoneClock
    ) -> [[Span]] {
        guard case .facility = pane.route, edge > state.moment else { return [] }
        let fetch = pane.facility.forecast
        let isOfAnother = fetch.value != nil && view.forecast == nil
        let worth =
            isOfAnother
            ? [[Span("asking for the forecast of this moment …", .textDim)], [Span("asking …", .textDim)]]
            : ForecastTitle.variants(fetch, now: state.moment, clock: clock)
        guard let answer = view.answer, answer.points.isEmpty else { return worth }
        return worth.map { [Span("○ nothing measured", .stateStale), Span(" · ", .textDim)] + $0 }
    }

    /// What the key below the chart goes through, the part shown first.
    static func part(_ title: [Span], _ state: ConsoleState, _ pane: Pane) -> [Span] {
        guard let key = state.keys.hint(.view, in: .facility) else { return title }
        let next = pane.facility.part.next
        return title + [Span("   \(key)", .key), Span(" \(next.rawValue), \(next.next.rawValue)", .textDim)]
    }
}
