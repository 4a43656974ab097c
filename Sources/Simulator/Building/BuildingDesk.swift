import EnergyModel
import Foundation
import HTTPTypes
import Hummingbird

/// The control side of the building server: faults in, ledgers out. Never befallen by faults itself.
struct BuildingDesk: Sendable {
    private struct ComfortBody: Decodable {
        /// All zone points when nil.
        let point: PointID?
        let minutes: Double
    }
    private struct Summary: Encodable {
        let facility: FacilityID
        let reductionKilowatts: Double
        let reduced: Int
        let doubled: Int
        let effects: Int
        let duplicates: Int
    }

    let buildings: SimulatedBuildings

    /// Nil for what is not the desk's.
    func answer(_ exchange: HTTPExchange) throws -> Response? {
        guard exchange.path.count == 3 else {
            guard exchange.path == ["bms"], exchange.method == .get else { return nil }
            return .json(try summaries())
        }
        let name = exchange.path[1]
        switch (exchange.method, exchange.path[2]) {
        case (.post, "faults"): return setFaults(exchange.body, of: name)
        case (.post, "comfort"): return comfort(exchange.body, in: name)
        case (.delete, "comfort"):
            let done: Void? = FacilityID(name).flatMap { facility in
                buildings.visit(facility) { building, _, _ in building.endComfortOverride() }
            }
            return done == nil ? Self.unknown : Response(status: .noContent)
        case (.get, "ledger"):
            guard let ledger = try FacilityID(name).flatMap(buildings.ledger) else { return Self.unknown }
            return .json(ledger)
        default: return nil
        }
    }

    private static let unknown = Response.text("no such building\n", .notFound)

    private func setFaults(_ body: [UInt8], of name: String) -> Response {
        let profile: BuildingFaultProfile
        do {
            profile = try BuildingFaultBody.profile(body)
        } catch {
            return .text("\(error)\n", .badRequest)
        }
        guard name != "*" else {
            buildings.setFaults(profile)
            return Response(status: .noContent)
        }
        guard let facility = FacilityID(name), buildings.setFaults(profile, of: facility) else { return Self.unknown }
        return Response(status: .noContent)
    }

    private func comfort(_ body: [UInt8], in name: String) -> Response {
        let wanted: ComfortBody
        do {
            wanted = try JSONDecoder().decode(ComfortBody.self, from: Data(body))
        } catch {
            return .text("send {\"point\": optional, \"minutes\": 1 to 1440}: \(error)\n", .badRequest)
        }
        guard (0...1440).contains(wanted.minutes) else { return .text("minutes must be 0 to 1440\n", .badRequest) }
        let held = FacilityID(name).flatMap { facility in
            buildings.visit(facility) { building, _, _ in
                building.comfortOverride(wanted.point, for: .milliseconds(Int64(wanted.minutes * 60_000)))
            }
        }
        guard let held else { return Self.unknown }
        return held == 0 ? .text("no such point\n", .notFound) : .json(Array("{\"held\":\(held)}".utf8))
    }

    private func summaries() throws -> [UInt8] {
        let all = buildings.facilities.compactMap { facility in
            buildings.visit(facility) { building, _, _ in
                Summary(
                    facility: facility, reductionKilowatts: (building.history.current * 1000).rounded() / 1000,
                    reduced: building.points.filter { $0.array.present != $0.description.normal }.count,
                    doubled: building.keys.values.filter { $0.effects.values.contains { $0 > 1 } }.count,
                    effects: building.effects.total, duplicates: building.duplicates)
            }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return Array(try encoder.encode(all))
    }
}
