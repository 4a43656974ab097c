import EnergyModel
import Ports
import Screen

/// Demand response now, over all events that are not settled. The header, Overview and Events say the same because they
/// all ask here.
struct ResponseTotals: Sendable, Equatable {
    /// Below this share of its target an event under-delivers (ledger DR-19).
    static let acceptedShare = 0.8

    /// Dispatching, active or degraded.
    var active = 0
    var degraded = 0
    var failed = 0
    var scheduled = 0
    var toApprove = 0
    /// Over, but points are still being given back.
    var releasing = 0
    var overrides = 0
    /// Over active events; nil before the first measurement of any.
    var achieved: Power?
    /// Asked for, or where nobody named a power, planned; over active events.
    var target: Power?
    var soonestEnd: UTCInstant?

    init(_ events: [DemandResponseEvent]) {
        for event in events where !event.isSettled {
            guard event.kind == .demandResponse else {
                overrides += 1
                continue
            }
            add(event)
        }
    }

    private mutating func add(_ event: DemandResponseEvent) {
        if event.awaitsApproval, !event.status.isFinal { toApprove += 1 }
        switch event.status {
        case .pending, .scheduled: scheduled += 1
        case .pendingExecution, .active, .degraded:
            active += 1
            if event.status == .degraded || event.isLow { degraded += 1 }
            if let wanted = event.target ?? event.expected { target = (target ?? .zero) + wanted }
            if let measured = event.achieved { achieved = (achieved ?? .zero) + measured }
            if !event.isOpenEnded { soonestEnd = min(soonestEnd ?? event.window.end, event.window.end) }
        case .failed: failed += 1
        case .completed, .cancelled, .superseded, .optedOut: releasing += 1
        }
    }

    var isEmpty: Bool { active + failed + scheduled + releasing == 0 }

    var share: Double? {
        guard let achieved, let target, target.kilowatts > 0 else { return nil }
        return achieved.kilowatts / target.kilowatts
    }

    /// `DR 2 active · 764 of 820 kW`; the power only where there is room for it. What is wrong stands instead of the count,
    /// the worst of it where the line is short.
    func header(width: Int) -> [Span] {
        guard !isEmpty else { return [] }
        let isWide = width >= 120
        if width >= 160 {
            let all = wrong.enumerated().map { $0 == 0 ? $1 : Span("  " + $1.text, $1.role) }
            if !all.isEmpty { return [Span("DR ", .header)] + all + power(true) }
        }
        if failed > 0 { return [Span("DR ", .header), Span("× \(failed) failed", .stateBad, .bold)] + power(isWide) }
        if toApprove > 0 {
            return [Span("DR ", .header), Span("! \(toApprove) to approve", .stateEstimated, .bold)] + power(isWide)
        }
        if degraded > 0 { return [Span("DR ", .header), Span("! \(active) active", .stateStale)] + power(isWide) }
        if active > 0 { return [Span("DR ", .header), Span("\(active) active", .headerStrong)] + power(isWide) }
        let rest = scheduled > 0 ? "\(scheduled) scheduled" : "\(releasing) releasing"
        return [Span("DR ", .header), Span(rest, .headerStrong)]
    }

    private var wrong: [Span] {
        [
            (failed, "× \(failed) failed", Role.stateBad), (degraded, "! \(degraded) degraded", .stateStale),
            (toApprove, "! \(toApprove) to approve", .stateEstimated),
        ].filter { $0.0 > 0 }.map { Span($0.1, $0.2) }
    }

    private func power(_ isWide: Bool) -> [Span] {
        guard isWide, active > 0, let target else { return [] }
        return [
            Span(" · ", .header),
            Span("\(Numeral.fixed(achieved?.kilowatts)) of \(Numeral.fixed(target.kilowatts)) kW", .headerStrong),
        ]
    }

    /// The line of totals: what is achieved of what was asked for, what is left, and what is wrong.
    func spans(now: UTCInstant) -> [Span] {
        figures(now: now) + wrong.map { Span("   " + $0.text, $0.role) }
    }

    /// Without what is wrong.
    func figures(now: UTCInstant) -> [Span] {
        var spans: [Span] = []
        if active > 0 {
            let isLow = share.map { $0 < Self.acceptedShare } == true
            spans += [
                Span("DR ", .textDim), Span(Numeral.fixed(achieved?.kilowatts), .textStrong, .bold),
                Span(" of \(Numeral.fixed(target?.kilowatts)) kW", .textDim),
                Span("  \(Numbers.percent(share)) %", isLow ? .stateStale : .textStrong),
            ]
            if let soonestEnd {
                let left = soonestEnd.since(now)
                spans.append(Span(left > .zero ? "  \(Age.text(left)) left" : "  releasing", .textDim))
            }
        } else if scheduled > 0 {
            spans += [Span("DR ", .textDim), Span("\(scheduled) scheduled", .textStrong)]
        }
        return spans
    }
}

extension FacilityResponse {
    /// As it stands in a column: `▼ 410 of 450`, `in 12 min`, `× failed`.
    func column(now: UTCInstant) -> [Span] {
        let look = LegProgress(state: state).look
        switch state {
        case .failed: return [Span("× failed", .stateBad)]
        case .planned where now < window.start, .waiting where now < window.start:
            return [Span("in \(Age.text(window.start.since(now)))", .textDim)]
        case .pendingExecution, .active, .degraded:
            let figures = "\(Numeral.fixed(achieved?.kilowatts)) of \(Numeral.fixed(expected.kilowatts))"
            return [Span(look.mark + " ", look.role), Span(figures, isLow ? .stateStale : .text)]
        default: return [Span(look.word, .textDim)]
        }
    }

    /// The same outside a column, with its unit.
    func words(now: UTCInstant) -> [Span] {
        switch state {
        case .pendingExecution, .active, .degraded: column(now: now) + [Span(" kW", .textDim)]
        default: column(now: now)
        }
    }

    private var isLow: Bool {
        achieved.map { $0.kilowatts < expected.kilowatts * ResponseTotals.acceptedShare } == true
    }
}
