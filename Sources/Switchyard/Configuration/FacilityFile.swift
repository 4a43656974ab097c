import EnergyModel
import Foundation
import Yams

/// The YAML of `switchyard facilities import`: a list, or a mapping with the key `facilities`. Errors name the line.
enum FacilityFile {
    static func parse(_ text: String, path: String) throws(SettingsError) -> [FacilityDescription] {
        var reader = Reader(path: path)
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw SettingsError(complaints: ["\(path): not valid YAML: \(error)"])
        }
        let entries = root?.sequence ?? root?["facilities"]?.sequence
        guard let entries, !entries.isEmpty else {
            throw SettingsError(complaints: ["\(path): expected `facilities:` with a list of at least one facility"])
        }
        let descriptions = entries.compactMap { reader.facility($0) }
        guard reader.complaints.isEmpty else { throw SettingsError(complaints: reader.complaints) }
        return descriptions
    }

    private struct Reader {
        let path: String
        var complaints: [String] = []
        var facilities: Set<String> = []
        var meters: Set<String> = []

        private static let keys: Set<String> = [
            "id", "name", "kind", "region", "time_zone", "contract_demand_kw", "bms_endpoint", "latitude",
            "longitude", "meters",
        ]
        private static let meterKeys: Set<String> = ["id", "register_limit_kwh"]

        mutating func facility(_ node: Node) -> FacilityDescription? {
            guard let mapping = node.mapping else {
                return complain(node, "a facility is a mapping with at least `id`")
            }
            let before = complaints.count
            refuseUnknown(mapping, Self.keys)
            guard let text = node["id"]?.string, let id = FacilityID(text) else {
                return complain(node["id"] ?? node, "id must be 1-64 letters, digits, '.', '_', ':' or '-'")
            }
            if !facilities.insert(text).inserted { complain(node, "facility \(text) stands twice") }
            let zone = node["time_zone"]?.string ?? "UTC"
            if TimeZone(identifier: zone) == nil {
                complain(
                    node["time_zone"] ?? node, "time_zone \(zone.debugDescription) is no IANA zone, e.g. Europe/Berlin")
            }
            let kindName = node["kind"]?.string ?? "other"
            if FacilityKind(rawValue: kindName) == nil {
                let names = FacilityKind.allCases.map(\.rawValue).joined(separator: ", ")
                complain(node["kind"] ?? node, "kind \(kindName.debugDescription) is none of \(names)")
            }
            if let endpoint = node["bms_endpoint"], holdsPassword(url: endpoint.string ?? "") {
                complain(
                    endpoint,
                    "bms_endpoint holds a password, which would stand in records and on screens: leave it out, and let "
                        + "the building know us by a client certificate (bms.certificate_file)")
            }
            let demand = positive(node["contract_demand_kw"], "contract_demand_kw", below: 1e7)
            let location = place(node)
            let meters = (node["meters"]?.sequence ?? []).compactMap { meter($0) }
            guard complaints.count == before else { return nil }
            return FacilityDescription(
                id: id, name: node["name"]?.string ?? text, kind: FacilityKind(rawValue: kindName) ?? .other,
                region: node["region"]?.string ?? "", timeZone: zone,
                contractDemand: demand.map(Power.init(kilowatts:)), buildingEndpoint: node["bms_endpoint"]?.string,
                location: location, meters: meters)
        }

        /// A meter is a mapping, or just its id.
        private mutating func meter(_ node: Node) -> FacilityDescription.MeterDescription? {
            if let mapping = node.mapping { refuseUnknown(mapping, Self.meterKeys) }
            let text = node.string ?? node["id"]?.string ?? ""
            guard let id = MeterID(text) else {
                return complain(node, "a meter's id must be 1-64 letters, digits, '.', '_', ':' or '-'")
            }
            if !meters.insert(text).inserted { complain(node, "meter \(text) stands twice; a meter has one facility") }
            let limit = positive(node["register_limit_kwh"], "register_limit_kwh", below: 1e12)
            return FacilityDescription.MeterDescription(id: id, registerLimit: limit.map(Energy.init(kilowattHours:)))
        }

        /// Both keys or neither.
        private mutating func place(_ node: Node) -> Place? {
            let latitude = degrees(node["latitude"], "latitude", in: Place.latitudes)
            let longitude = degrees(node["longitude"], "longitude", in: Place.longitudes)
            guard isGiven(node["latitude"]) == isGiven(node["longitude"]) else {
                return complain(node, "give both latitude and longitude, in degrees, or neither")
            }
            guard let latitude, let longitude else { return nil }
            return Place(latitude: latitude, longitude: longitude)
        }

        private func isGiven(_ node: Node?) -> Bool { node.map { $0.null == nil } ?? false }

        private mutating func degrees(_ node: Node?, _ name: String, in range: ClosedRange<Double>) -> Double? {
            guard let node, isGiven(node) else { return nil }
            guard let value = node.float ?? node.int.map(Double.init), range.contains(value) else {
                complain(node, "\(name) must be a number of degrees from \(range.lowerBound) to \(range.upperBound)")
                return nil
            }
            return value
        }

        private mutating func positive(_ node: Node?, _ name: String, below limit: Double) -> Double? {
            guard let node, node.null == nil else { return nil }
            guard let value = node.float ?? node.int.map(Double.init), value > 0, value < limit else {
                complain(node, "\(name) must be a number above 0 and below \(limit)")
                return nil
            }
            return value
        }

        private mutating func refuseUnknown(_ mapping: Node.Mapping, _ known: Set<String>) {
            for (key, _) in mapping where !known.contains(key.string ?? "") {
                complain(
                    key,
                    "key \((key.string ?? "").debugDescription) is none of " + known.sorted().joined(separator: ", "))
            }
        }

        @discardableResult
        private mutating func complain<Value>(_ node: Node, _ sentence: String) -> Value? {
            complaints.append("\(path):\(node.mark?.line ?? 1): \(sentence)")
            return nil
        }

        private mutating func complain(_ node: Node, _ sentence: String) {
            complaints.append("\(path):\(node.mark?.line ?? 1): \(sentence)")
        }
    }
}
