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
        var text = String(topic)
        let ids: (FacilityID, MeterID)? = text.withUTF8 { bytes in
            let levels = bytes.split(separator: UInt8(ascii: "/"), maxSplits: 4, omittingEmptySubsequences: false)
            guard levels.count == 4, levels[0].elementsEqual("energy".utf8),
                levels[3].elementsEqual("readings".utf8) || levels[3].elementsEqual("readings.pb".utf8),
                let facility = FacilityID(String(decoding: levels[1], as: UTF8.self)),
                let meter = MeterID(String(decoding: levels[2], as: UTF8.self))
            else { return nil }
            return (facility, meter)
        }
        guard let (facility, meter) = ids else { return nil }
        self.init(facility: facility, meter: meter)
    }

    package var text: String { "energy/\(facility)/\(meter)/readings" }
}
