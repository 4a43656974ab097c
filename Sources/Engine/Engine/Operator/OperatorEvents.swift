import EnergyModel
import Ports

/// What a person asks about events and buildings.
extension EmbeddedOperator {
    func events(_ query: EventQuery) async throws(PortError) -> [DemandResponseEvent] {
        let records = try demandResponse().records
        return try await self.query { () throws(PortError) in try await records.events(query) }
    }

    func event(_ id: DREventID) async throws(PortError) -> EventDetail? {
        let response = try demandResponse()
        try await describe()
        return try await response.views.event(id)
    }

    func preview(_ request: EventRequest) async throws(PortError) -> PlanPreview {
        let response = try demandResponse()
        try await describe()
        return try await response.views.preview(request)
    }

    func preview(_ request: OverrideRequest) async throws(PortError) -> PlanPreview {
        let response = try demandResponse()
        try await describe()
        return try await response.views.preview(request)
    }

    func building(_ facility: FacilityID) async throws(PortError) -> BuildingView {
        let response = try demandResponse()
        try await describe()
        return try await response.views.building(facility)
    }

    func reports(of event: DREventID) async throws(PortError) -> [ParticipationRecord] {
        let records = try demandResponse().records
        return try await query { () throws(PortError) in try await records.reports(of: event, after: 0, limit: 10_000) }
    }

    private func demandResponse() throws(PortError) -> ResponseLink {
        guard let response else {
            throw PortError(.unavailable, "This engine runs no demand response; connect to one that does.")
        }
        return response
    }
}
