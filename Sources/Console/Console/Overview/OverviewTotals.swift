import EnergyModel
import Ports

/// The whole in one line.
struct OverviewTotals: Sendable, Equatable {
    /// Over facilities whose value may be shown; nil when there is none.
    var load: Power?
    var contract: Power?
    /// Over facilities with both, so that an undescribed facility does not lift the share.
    var share: Double?
    var freshMeters = 0
    var meters = 0
    /// Facilities that add nothing to `load` although they have sent before, or never did.
    var silent = 0
    var stale = 0
    var near = 0

    init(_ sight: Sight) {
        var sum: Double?
        var limit: Double?
        var bounded = 0.0
        var bound = 0.0
        // In place: for a thousand facilities a copy of each costs more than the sums.
        sight.snapshot.facilities.withUnsafeBufferPointer { facilities in
            for index in facilities.indices {
                meters += facilities[index].meters
                let demand = facilities[index].contractDemand?.kilowatts
                if let demand { limit = (limit ?? 0) + demand }
                let quality = FacilityQuality(facilities[index], now: sight.now)
                if quality == .good || quality == .uncertain { freshMeters += facilities[index].freshMeters }
                if quality == .stale { stale += 1 }
                guard quality.isUsable, let load = facilities[index].load?.kilowatts else {
                    silent += 1
                    continue
                }
                sum = (sum ?? 0) + load
                if let demand, demand > 0 {
                    bounded += load
                    bound += demand
                    if load > demand * 0.9 { near += 1 }
                }
            }
        }
        load = sum.map { Power(kilowatts: $0) }
        contract = limit.map { Power(kilowatts: $0) }
        share = bound > 0 ? bounded / bound : nil
    }
}
