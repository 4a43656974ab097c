import EnergyModel

/// The facility and meter that an MQTT topic `energy/{facility}/{meter}/readings` names, or `….pb` for payloads in protobuf.
/// Where a payload names them too, they must be the same.
package struct ReadingTopic: Sendable, Hashable {
    package var facility: FacilityID
    package var meter: MeterID

    package init(facility: FacilityID, meter: MeterID) {
        self.facility = facility
        self.meter = meter
    }

    /// Nil for a topic of another shape, or with ids that break the rule of `FacilityID`.
    package init?(_ topic: some StringProtocol) {
        let levels = topic.split(separator: "/", maxSplits: 4, omittingEmptySubsequences: false)
        guard levels.count == 4, levels[0] == "energy", levels[3] == "readings" || levels[3] == "readings.pb",
            let facility = FacilityID(String(levels[1])), let meter = MeterID(String(levels[2]))
        else { return nil }
        self.init(facility: facility, meter: meter)
    }

    package var text: String { "energy/\(facility)/\(meter)/readings" }
}
