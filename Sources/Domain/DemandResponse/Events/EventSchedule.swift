import EnergyModel

/// What an event asks for, moment by moment: its intervals resolved to UTC.
package struct EventSchedule: Hashable, Sendable {
    /// What governs one stretch of time. A power is preferred to a level where an interval carries both.
    package enum Signal: Hashable, Sendable {
        case reduceBy(Power)
        case limitTo(Power)
        /// 1...3; 0 is normal operation and carries no signal.
        case level(Int)
        /// Nothing to dispatch: prices, alerts, SIMPLE 0.
        case nothing
    }

    package struct Slot: Hashable, Sendable {
        package var interval: Int
        package var range: TimeRange
        package var signal: Signal

        package init(interval: Int, range: TimeRange, signal: Signal) {
            self.interval = interval
            self.range = range
            self.signal = signal
        }
    }

    package struct Rules: Hashable, Sendable {
        /// No event without an end (ledger DR-22): one that is open, or longer, is cut here and renewed by hand.
        package var longestEvent = Duration.seconds(86_400)
        package var slots = 5_000
        package init() {}
    }

    /// Ascending, without overlap; gaps are possible.
    package var slots: [Slot]
    /// Cut at `longestEvent`; the utility asked for more.
    package var isCut: Bool

    package init(slots: [Slot], isCut: Bool = false) {
        self.slots = slots
        self.isCut = isCut
    }

    /// From the first to the last stretch with something to dispatch; nil when there is none.
    package var window: TimeRange? {
        let dispatched = slots.filter { $0.signal != .nothing }
        guard let first = dispatched.first, let last = dispatched.last else { return nil }
        return TimeRange(start: first.range.start, end: last.range.end)
    }

    package func signal(at now: UTCInstant) -> Signal { slots.first { $0.range.contains(now) }?.signal ?? .nothing }

    /// What is left at `now`. Who learns late begins with the current interval and replays none.
    package func remaining(at now: UTCInstant) -> EventSchedule {
        var rest = self
        rest.slots = slots.compactMap { slot in
            guard slot.range.end > now else { return nil }
            var slot = slot
            slot.range.start = max(slot.range.start, now)
            return slot
        }
        return rest
    }

    /// Resolves the event's intervals (OpenADR 3.1.0, DOMAIN §1.2). `now` stands for open starts. `shift` in -1...1 is drawn
    /// once per event and kept: the same draw must be given on every later resolution.
    package static func resolve(
        _ event: UtilityEvent, now: UTCInstant, shift: Double, rules: Rules = Rules()
    ) throws(EventRejection) -> EventSchedule {
        guard !event.isCancellation else { return EventSchedule(slots: []) }
        var resolution = IntervalResolution(event: event, now: now, shift: min(max(shift, -1), 1), rules: rules)
        return try resolution.run()
    }
}

private struct IntervalResolution {
    struct Span {
        var interval: UtilityEvent.Interval
        var range: TimeRange
    }

    let event: UtilityEvent
    let now: UTCInstant
    let shift: Double
    let rules: EventSchedule.Rules

    mutating func run() throws(EventRejection) -> EventSchedule {
        var spans = try shifted(plainSpans())
        guard let first = spans.first?.range.start else { return EventSchedule(slots: []) }
        let limit = first.advanced(by: rules.longestEvent)
        spans = try looped(spans, until: limit)
        let end = spans.map(\.range.end).max() ?? first
        var slots: [EventSchedule.Slot] = []
        for (index, span) in spans.enumerated() {
            var range = span.range
            range.end = min(range.end, limit)
            if index + 1 < spans.count { range.end = min(range.end, spans[index + 1].range.start) }
            guard !range.isEmpty else { continue }
            // Divided before it is cut: a value keeps its place in time.
            slots += try divided(span).compactMap { $0.cut(to: range) }
            guard slots.count <= rules.slots else {
                throw EventRejection(.tooLarge, "intervals", "resolve to more than \(rules.slots) stretches of time")
            }
        }
        return EventSchedule(slots: slots, isCut: end > limit)
    }

    /// Intervals in order of time, unshifted.
    private func plainSpans() throws(EventRejection) -> [Span] {
        var cursor: UTCInstant?
        var spans: [Span] = []
        for (index, interval) in event.intervals.enumerated() {
            let start: UTCInstant
            switch interval.period?.start ?? (cursor == nil ? event.period?.start : nil) {
            case .at(let instant): start = instant
            case .now: start = now
            case nil: start = cursor ?? now
            }
            guard let length = interval.period?.duration ?? event.period?.duration ?? onlyDuration else {
                throw EventRejection(
                    .missingField, "intervals[\(index)].intervalPeriod.duration",
                    "is required, there or in the event's intervalPeriod")
            }
            let end = length.isForever ? .latest : length.added(to: start)
            spans.append(Span(interval: interval, range: TimeRange(start: start, end: end)))
            cursor = end
        }
        return spans.sorted { $0.range.start < $1.range.start }
    }

    /// A single interval may leave its length to the event's.
    private var onlyDuration: CalendarDuration? { event.intervals.count == 1 ? event.duration : nil }

    /// One uniform shift at the first interval; what follows without a gap moves with it.
    private func shifted(_ spans: [Span]) -> [Span] {
        guard let first = spans.first, let bound = first.interval.period?.randomizeStart ?? event.period?.randomizeStart
        else { return spans }
        let width = bound.added(to: first.range.start).since(first.range.start).milliseconds
        let offset = Duration.milliseconds(Int64(Double(width.magnitude) * shift))
        var moved = spans
        var plainEnd = first.range.start
        for index in spans.indices {
            guard spans[index].range.start <= plainEnd else { break }
            plainEnd = spans[index].range.end
            moved[index].range.start = spans[index].range.start.advanced(by: offset)
            moved[index].range.end = plainEnd == .latest ? plainEnd : plainEnd.advanced(by: offset)
        }
        return moved
    }

    /// `event.duration`: longer than the intervals loops them, shorter cuts them off.
    private func looped(_ spans: [Span], until limit: UTCInstant) throws(EventRejection) -> [Span] {
        guard let duration = event.duration, let first = spans.first?.range.start,
            let last = spans.map(\.range.end).max()
        else { return spans }
        let end = duration.isForever ? .latest : duration.added(to: first)
        let period = last.since(first)
        var all: [Span] = []
        var offset = Duration.zero
        repeat {
            for span in spans {
                var next = span
                next.range.start = span.range.start.advanced(by: offset)
                next.range.end = min(end, span.range.end == .latest ? .latest : span.range.end.advanced(by: offset))
                if !next.range.isEmpty { all.append(next) }
            }
            guard all.count <= rules.slots else {
                throw EventRejection(.tooLarge, "duration", "loops the intervals more than \(rules.slots) times")
            }
            offset += period
        } while period > .zero && first.advanced(by: offset) < min(end, limit.advanced(by: .seconds(1)))
        return all
    }

    /// n values divide the interval's time by n; several payloads divide it each for itself.
    private func divided(_ span: Span) throws(EventRejection) -> [EventSchedule.Slot] {
        let counts = Set(span.interval.payloads.map(\.dispatchedCount)).subtracting([0])
        let length = span.range.duration.milliseconds
        var cuts: Set<Int64> = [0, length]
        for count in counts {
            for index in 1..<max(2, count) where count > 1 { cuts.insert(length * Int64(index) / Int64(count)) }
        }
        let edges = cuts.sorted()
        return zip(edges, edges.dropFirst()).map { from, to in
            let signal = span.interval.payloads.compactMap { $0.signal(at: from, of: length) }.min { $0.0 < $1.0 }?.1
            return EventSchedule.Slot(
                interval: span.interval.id,
                range: TimeRange(
                    start: span.range.start.advanced(by: .milliseconds(from)),
                    end: span.range.start.advanced(by: .milliseconds(to))), signal: signal ?? .nothing)
        }
    }
}

extension EventSchedule.Slot {
    fileprivate func cut(to range: TimeRange) -> Self? {
        var slot = self
        slot.range.start = max(slot.range.start, range.start)
        slot.range.end = min(slot.range.end, range.end)
        return slot.range.isEmpty ? nil : slot
    }
}

extension UtilityEvent.Payload {
    fileprivate var dispatchedCount: Int {
        switch self {
        case .level(let values): values.count
        case .limit(let values), .reduction(let values): values.count
        case .alert, .other: 0
        }
    }

    /// The signal `from` milliseconds into an interval of `length`, with its rank: a reduction, then a limit, then a level.
    fileprivate func signal(at from: Int64, of length: Int64) -> (Int, EventSchedule.Signal)? {
        guard dispatchedCount > 0, length > 0 else { return nil }
        // Ceiling of the division that made the cuts, so that a cut belongs to the value it begins.
        let count = Int64(dispatchedCount)
        var index = Int(from * count / length)
        if index + 1 < dispatchedCount, length * Int64(index + 1) / count <= from { index += 1 }
        switch self {
        case .reduction(let values): return (0, .reduceBy(values[index]))
        case .limit(let values): return (1, .limitTo(values[index]))
        case .level(let values): return (2, values[index] == 0 ? .nothing : .level(values[index]))
        case .alert, .other: return nil
        }
    }
}
