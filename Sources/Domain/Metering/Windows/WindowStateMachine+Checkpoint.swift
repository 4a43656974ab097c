import EnergyModel

extension WindowStateMachine {
    /// Emits every open window, meter or facility, that changed since it was last emitted, and sets `closedUntil`. Closes
    /// nothing. O(meters).
    package mutating func checkpoint(into output: inout WindowOutput) {
        openShares.removeAll(keepingCapacity: true)
        for index in meters.indices where meters[index].isOpen { addOpen(index, into: &output) }
        for index in facilities.indices { facilities[index].emitChanged(into: &output.rollups) }
        removeOpenShares()
        let oldest = oldestOpenMinute
        let stored = oldest != .max ? oldest : meters.reduce(Int64.min) { max($0, $1.fold.openFrom) }
        guard stored != .min, stored != closedUntil else { return }
        closedUntil = stored
        output.closedUntil = UTCInstant(milliseconds: stored)
    }

    /// Lays a meter's open minutes over its facility, and emits its open windows if they changed.
    private mutating func addOpen(_ index: Int, into output: inout WindowOutput) {
        let isChanged = meters[index].isChanged
        sink.removeAll()
        meters[index].emitOpen(of: MeterNumber(rawValue: UInt32(index)), energyRules, into: &sink)
        meters[index].isChanged = false
        if isChanged { output.rollups.append(contentsOf: sink.rollups) }
        layOpenShares(of: Int(meters[index].facility.rawValue), isChange: isChanged)
        if isChanged { noteUnheld(index, &output) }
    }

    /// A facility hour that is in the store only takes open minutes in by being worked anew: a meter may be hours behind.
    private mutating func noteUnheld(_ index: Int, _ output: inout WindowOutput) {
        let facility = meters[index].facility
        for share in sink.shares {
            let hour = windowStart(share.start, hourStep)
            if facilities[Int(facility.rawValue)].holds(hour) { continue }
            output.addLate(
                LateHour(
                    meter: MeterNumber(rawValue: UInt32(index)), facility: facility,
                    hour: UTCInstant(milliseconds: hour)))
        }
    }

    private mutating func layOpenShares(of facility: Int, isChange: Bool) {
        if facility >= facilities.count { makeRoom(facility: facility) }
        for share in sink.shares {
            facilities[facility].addOpen(share, isChange: isChange)
            openShares.append((facility, share))
        }
    }

    private mutating func removeOpenShares() {
        for (facility, share) in openShares { facilities[facility].removeOpen(share) }
        openShares.removeAll(keepingCapacity: true)
    }

    /// Emits what changed of one facility, the open minutes of its meters included. O(meters).
    mutating func emitFacility(_ facility: Int, into output: inout WindowOutput) {
        openShares.removeAll(keepingCapacity: true)
        for index in meters.indices where meters[index].isOpen && Int(meters[index].facility.rawValue) == facility {
            sink.removeAll()
            meters[index].emitOpen(of: MeterNumber(rawValue: UInt32(index)), energyRules, into: &sink)
            layOpenShares(of: facility, isChange: false)
        }
        facilities[facility].emitChanged(into: &output.rollups)
        removeOpenShares()
    }
}
