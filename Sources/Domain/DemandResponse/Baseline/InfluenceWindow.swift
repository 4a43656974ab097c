import EnergyModel

/// A stretch of the event day whose load moves the customer's own baseline: a shed, a pre-cooling or an override in it
/// changes what the event is paid for (DOMAIN §2.6). The planner avoids it or warns, the console draws it.
package struct InfluenceWindow: Hashable, Sendable, Codable {
    package enum Role: String, Sendable, Codable {
        /// Scales or shifts the baseline.
        case adjustment
        /// Is the baseline, or picks the days that make it.
        case basis
    }

    package var range: TimeRange
    package var role: Role
    package var rule: String

    package func isTouched(by action: TimeRange) -> Bool {
        max(range.start, action.start) < min(range.end, action.end)
    }

    /// What to tell who plans something in it.
    package func warning(zone: ZoneOffsets) -> String {
        let name = role == .adjustment ? "adjustment window" : "basis"
        let effect =
            role == .adjustment
            ? "less load there lowers the baseline, more load raises it"
            : "load moved there changes the baseline itself"
        return "\(zone.clockTime(range.start))-\(zone.clockTime(range.end)) is the \(name) of \(rule): \(effect)"
    }
}

extension BaselineRule {
    /// In order of time. For a rule anchored at a notification not yet given there is none: what happens before it is
    /// told cannot be planned around.
    package func influenceWindows(
        event: TimeRange, notifiedAt: UTCInstant?, zone: ZoneOffsets
    ) -> [InfluenceWindow] {
        let ruler = SlotRuler(zone: zone, length: slot)
        var windows: [InfluenceWindow] = []
        switch method {
        case .sameDay(let sameDay):
            windows = sameDayRanges(sameDay, event: event, ruler: ruler).map {
                InfluenceWindow(range: $0, role: .basis, rule: id)
            }
        case .matchingDays:
            windows = comparedRanges(event: event, zone: zone).map {
                InfluenceWindow(range: $0, role: .basis, rule: id)
            }
        case .days, .highestBySlot, .temperatureRegression, .firmServiceLevel: break
        }
        if let window = adjustment?.window(event: event, notifiedAt: notifiedAt, ruler: ruler) {
            windows.append(InfluenceWindow(range: window, role: .adjustment, rule: id))
        }
        return windows.sorted { $0.range.start < $1.range.start }
    }

    /// The windows that an action in `action` would touch; empty when it leaves the baseline alone.
    package func influenceWindows(
        touchedBy action: TimeRange, event: TimeRange, notifiedAt: UTCInstant?, zone: ZoneOffsets
    ) -> [InfluenceWindow] {
        influenceWindows(event: event, notifiedAt: notifiedAt, zone: zone).filter { $0.isTouched(by: action) }
    }

    /// Before and after the event, on whole slots.
    func sameDayRanges(_ windows: SameDayWindows, event: TimeRange, ruler: SlotRuler) -> [TimeRange] {
        let before = ruler.slotStart(of: event.start).advanced(by: .zero - windows.gap)
        let after = ruler.slotEnd(of: event.end).advanced(by: windows.gap)
        return [
            TimeRange(start: before.advanced(by: .zero - windows.before), end: before),
            TimeRange(start: after, end: after.advanced(by: windows.after)),
        ]
    }

    /// The event's local day without the event and the hour on either side.
    func comparedRanges(event: TimeRange, zone: ZoneOffsets) -> [TimeRange] {
        let day = zone.day(zone.date(at: event.start))
        let before = event.start.advanced(by: .seconds(-3600))
        let after = event.end.advanced(by: .seconds(3600))
        return [TimeRange(start: day.start, end: before), TimeRange(start: after, end: day.end)].filter { !$0.isEmpty }
    }
}

extension AdjustmentRule {
    /// Nil when the anchor is a notification nobody has given. At an event's start the window keeps to whole slots.
    func window(event: TimeRange, notifiedAt: UTCInstant?, ruler: SlotRuler) -> TimeRange? {
        let anchorMoment: UTCInstant
        switch anchor {
        case .eventStart: anchorMoment = ruler.slotStart(of: event.start)
        case .notification:
            guard let notifiedAt else { return nil }
            anchorMoment = notifiedAt
        }
        let start = anchorMoment.advanced(by: .zero - startBefore)
        return TimeRange(start: start, end: start.advanced(by: length))
    }
}

extension ZoneOffsets {
    /// `14:00`, as the clock shows it.
    func clockTime(_ moment: UTCInstant) -> String {
        let minutes = clock(at: moment).millisecondOfDay / 60_000
        let (hour, minute) = (minutes / 60, minutes % 60)
        return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }
}
