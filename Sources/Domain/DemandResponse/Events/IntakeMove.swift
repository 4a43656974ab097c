import EnergyModel

/// What is known of an event when a notification about it arrives.
package struct KnownEvent: Hashable, Sendable {
    package var status: DREventStatus
    package var modifiedAt: UTCInstant

    package init(status: DREventStatus, modifiedAt: UTCInstant) {
        self.status = status
        self.modifiedAt = modifiedAt
    }
}

/// What a notification does to our state: the table of DOMAIN §1.2. The same notification twice moves once.
package enum IntakeMove: Hashable, Sendable {
    /// Unknown so far: plan it and begin when it starts.
    case schedule(version: UTCInstant)
    /// Unknown so far, and running already: plan and dispatch at once, from the current interval on.
    case executeNow(version: UTCInstant)
    /// Not begun: plan again, same saga.
    case replan(version: UTCInstant)
    /// Running: exchange what differs, never restart what is done.
    case exchange(version: UTCInstant)
    /// Drop what was not sent, release what was, report actuals so far.
    case cancel(version: UTCInstant)
    /// A deletion that overtook its event: remembered, so that the event cannot come to life behind it.
    case rememberDeletion(version: UTCInstant)
    /// Acknowledged and counted, nothing else.
    case ignore(Reason)

    package enum Reason: String, Sendable, CaseIterable {
        /// The same version again.
        case duplicate
        /// An older version than the one in force.
        case outOfOrder = "out_of_order"
        /// The event is over; a new one needs a new id.
        case ended
        /// READ, or not about events.
        case unrelated
        /// All of it lies in the past.
        case expired
        /// Prices, alerts, SIMPLE 0: shown, not dispatched.
        case nothingToDispatch = "nothing_to_dispatch"
    }

    /// `schedule` is what the notification's event resolves to; nil for deletions and unrelated subjects. What names no version
    /// is of the moment it arrived, whenever it is worked: replayed from the dead letters it must not pass for news.
    package static func decide(
        _ notification: UtilityNotification, schedule: EventSchedule?, known: KnownEvent?, arrivedAt: UTCInstant,
        now: UTCInstant
    ) -> IntakeMove {
        switch notification.subject {
        case .unrelated: return .ignore(.unrelated)
        case .deletion(_, let modifiedAt): return deletion(modifiedAt ?? arrivedAt, known)
        case .event(let event):
            guard notification.operation != .read else { return .ignore(.unrelated) }
            guard let known else {
                return first(event, event.modifiedAt ?? event.createdAt ?? arrivedAt, schedule, now)
            }
            return decide(event, notification.operation, known, event.modifiedAt ?? arrivedAt)
        }
    }

    /// A deleted object shows the version that was deleted, which is the one in force: only an older one is refused.
    private static func deletion(_ version: UTCInstant, _ known: KnownEvent?) -> IntakeMove {
        guard let known else { return .rememberDeletion(version: version) }
        guard !known.status.isFinal else { return .ignore(known.status == .cancelled ? .duplicate : .ended) }
        return version < known.modifiedAt ? .ignore(.outOfOrder) : .cancel(version: version)
    }

    private static func decide(
        _ event: UtilityEvent, _ operation: UtilityNotification.Operation, _ known: KnownEvent, _ newest: UTCInstant
    ) -> IntakeMove {
        // Without a version nothing tells a second CREATE from the first; an UPDATE is taken at its word.
        if event.modifiedAt == nil, operation == .create { return .ignore(.duplicate) }
        if newest == known.modifiedAt { return .ignore(.duplicate) }
        if newest < known.modifiedAt { return .ignore(.outOfOrder) }
        if known.status.isFinal { return .ignore(.ended) }
        if event.isCancellation { return .cancel(version: newest) }
        switch known.status {
        case .pending, .scheduled: return .replan(version: newest)
        default: return .exchange(version: newest)
        }
    }

    private static func first(
        _ event: UtilityEvent, _ version: UTCInstant, _ schedule: EventSchedule?, _ now: UTCInstant
    ) -> IntakeMove {
        if event.isCancellation { return .rememberDeletion(version: version) }
        guard let window = schedule?.window else { return .ignore(.nothingToDispatch) }
        guard window.end > now else { return .ignore(.expired) }
        return window.start <= now ? .executeNow(version: version) : .schedule(version: version)
    }
}
