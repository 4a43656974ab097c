import EnergyModel
import Ports

/// Events that a facility of the scope has a part in.
extension ScopedLink {
    package func events(_ query: EventQuery) async throws(PortError) -> [DemandResponseEvent] {
        guard let narrowing else { return try await inner.events(query) }
        var query = query
        if let facility = query.facility { try requireVisible(facility) }
        query.among = narrowed(query.among)
        return try await inner.events(query).map(narrowing.event)
    }

    package func event(_ id: DREventID) async throws(PortError) -> EventDetail? {
        guard let detail = try await inner.event(id) else { return nil }
        guard let narrowing else { return detail }
        return narrowing.detail(detail)
    }

    package func preview(_ request: EventRequest) async throws(PortError) -> PlanPreview {
        try requireVisible(request)
        return try await inner.preview(request)
    }

    package func preview(_ request: OverrideRequest) async throws(PortError) -> PlanPreview {
        try requireVisible(request.facility)
        return try await inner.preview(request)
    }

    package func reports(of event: DREventID) async throws(PortError) -> [ParticipationRecord] {
        let records = try await inner.reports(of: event)
        guard let narrowing else { return records }
        return records.filter { narrowing.facilities.contains($0.facility) }
    }

    func requireVisible(_ request: EventRequest) throws(PortError) {
        guard let narrowing else { return }
        guard !request.facilities.isEmpty else {
            let some = narrowing.facilities.sorted().prefix(5).map(\.text).joined(separator: ", ")
            throw PortError(.invalid, "Name the facilities of the event; yours are \(some.isEmpty ? "none" : some).")
        }
        for facility in request.facilities { try requireVisible(facility) }
    }

    /// For what touches an event as a whole: a foreign building in it is somebody else's to decide on.
    func requireWhole(_ id: DREventID) async throws(PortError) {
        guard let narrowing else { return }
        guard let detail = try await inner.event(id), narrowing.isVisible(detail) else { throw .noSuchEvent(id) }
        guard narrowing.isWhole(detail) else {
            throw PortError(
                .forbidden,
                "Event \(id) has buildings that are not yours; act on yours alone, or ask somebody who may act on all.")
        }
    }

    /// The event exists for the caller, and the facility is theirs.
    func requirePart(_ facility: FacilityID, in id: DREventID) async throws(PortError) {
        guard let narrowing else { return }
        guard let detail = try await inner.event(id), narrowing.isVisible(detail) else { throw .noSuchEvent(id) }
        try requireVisible(facility)
    }
}
