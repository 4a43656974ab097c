import GatewayWire

extension Surface {
    /// All endpoints of the REST surface.
    func endpoints(readings: ReadingsEndpoint, archive: GatewayArchive?) -> [Endpoint] {
        let asking =
            FacilityEndpoints(surface: self).endpoints + HistoryEndpoints(surface: self).endpoints
            + EventEndpoints(surface: self).endpoints + OverrideEndpoints(surface: self).endpoints
            + LetterEndpoints(surface: self).endpoints + JournalEndpoint(surface: self).endpoints
            + HealthEndpoint(surface: self).endpoints
        let acting =
            EventActs(surface: self).endpoints + LetterActs(surface: self).endpoints
            + RedriveEndpoints(surface: self).endpoints
            + ProfileEndpoints(surface: self).endpoints + CommandEndpoint(surface: self).endpoints
        guard let archive else { return asking + acting }
        return asking + acting + ExportEndpoints(surface: self, archive: archive).endpoints
            + BackfillEndpoints(surface: self, readings: readings, archive: archive).endpoints
    }
}
