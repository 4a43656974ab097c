import EnergyModel

/// A building and its management system: points with priority arrays, zones that warm and cool, executions that take their
/// time, an idempotency ledger. Pure: time, weather and dice are given. Call `advance` before anything else with the same
/// moment; moments never go back, an earlier one stands for the latest.
struct SimulatedBuilding: Sendable {
    /// Executions, keys and effects kept; the oldest are forgotten beyond, and counted.
    static let memory = 20_000

    let layout: BuildingLayout
    private let seed: UInt64
    private let conditions: @Sendable (UTCInstant) -> BuildingConditions
    private(set) var rules: BuildingRules

    private(set) var now: UTCInstant
    private(set) var points: [SimulatedPoint]
    private(set) var zones: [ThermalZone]
    private let positions: [PointID: Int]
    /// Positions of each zone's set-points; nil where it has none of that kind.
    private let setPoints: [(cooling: Int?, heating: Int?)]
    private(set) var history = ReductionHistory()
    /// Nothing happens by itself before this.
    private var nextBoundary: UTCInstant?

    /// In order of acceptance.
    private(set) var executions = BoundedLog<BuildingExecution>(limit: memory)
    private var pending: [Int] = []
    private(set) var keys: [String: KeyRecord] = [:]
    private(set) var keyOrder = BoundedLog<String>(limit: memory)
    private(set) var effects = BoundedLog<BuildingEffect>(limit: memory)
    private(set) var duplicates = 0

    init(
        _ layout: BuildingLayout, rules: BuildingRules, seed: UInt64, start: UTCInstant,
        conditions: @escaping @Sendable (UTCInstant) -> BuildingConditions
    ) {
        self.layout = layout
        self.rules = rules
        self.seed = seed
        self.conditions = conditions
        now = start
        points = layout.points
        zones = layout.zones
        setPoints = layout.zones.indices.map { zone in
            func position(_ kind: PointKind) -> Int? {
                layout.points.firstIndex { $0.zone == zone && $0.description.kind == kind }
            }
            return (position(.coolingSetPoint), position(.heatingSetPoint))
        }
        positions = Dictionary(
            layout.points.enumerated().map { ($1.description.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    var facility: FacilityID { layout.facility }

    func position(of point: PointID) -> Int? { positions[point] }

    mutating func follow(_ rules: BuildingRules) {
        self.rules = rules
        settle()
    }

    // MARK: - Commands

    /// One request with one key. An item that cannot be is rejected alone, with `refusing` all of them; the others are done.
    /// Under a key that came before only what had no effect, rejected or failed, is tried anew.
    mutating func execute(
        _ writes: [BuildingWrite], key: String, refusing: BuildingReceipt.Rejection? = nil
    ) -> [BuildingReceipt] {
        let known = keys[key]
        if let known, known.writes != writes {
            noteDuplicate(key)
            return writes.map { BuildingReceipt(point: $0.point, execution: "", state: .rejected(.keyReused)) }
        }
        var receipts: [BuildingReceipt] = []
        for (index, write) in writes.enumerated() {
            if let first = known?.receipts[index], isDone(first) {
                receipts.append(BuildingReceipt(point: write.point, execution: first.execution, state: .duplicate))
            } else if let rejection = refusing ?? rejection(of: write) {
                receipts.append(BuildingReceipt(point: write.point, execution: "", state: .rejected(rejection)))
            } else {
                receipts.append(
                    BuildingReceipt(point: write.point, execution: accept(write, key), state: .accepted))
            }
        }
        record(writes, receipts, key)
        if receipts.contains(where: { $0.state == .accepted }) { settle() }
        return receipts
    }

    /// Accepted, and not failed since.
    private func isDone(_ receipt: BuildingReceipt) -> Bool {
        guard let execution = execution(id: receipt.execution) else { return false }
        return execution.state != .failed
    }

    private mutating func record(_ writes: [BuildingWrite], _ receipts: [BuildingReceipt], _ key: String) {
        guard var known = keys[key] else {
            keys[key] = KeyRecord(writes: writes, receipts: receipts)
            if let forgotten = keyOrder.append(key) { keys[forgotten] = nil }
            return
        }
        known.requests += 1
        known.receipts = receipts
        keys[key] = known
        if receipts.contains(where: { $0.state == .duplicate }) { duplicates += 1 }
    }

    private func rejection(of write: BuildingWrite) -> BuildingReceipt.Rejection? {
        guard let position = positions[write.point] else { return .unknownPoint }
        guard write.slot.rawValue >= 7 else { return .invalidPriority }
        if let value = write.value, !points[position].range.contains(value) { return .invalidValue }
        if write.value != nil, let expiry = write.expiresAt, expiry <= now { return .expired }
        return nil
    }

    private mutating func accept(_ write: BuildingWrite, _ key: String) -> String {
        let number = executions.total
        let span = rules.applyDelay
        let range = Double(span.lowerBound.milliseconds)...Double(span.upperBound.milliseconds)
        let delay = Duration.milliseconds(Int64(uniform(seed, UInt64(2 * number), in: range)))
        // Writes to one point keep their order.
        let earlier = pending.compactMap { executions[$0] }.filter { $0.write.point == write.point }
        let appliesAt = earlier.map(\.appliesAt).reduce(now.advanced(by: delay), max)
        let id = "X-\(facility)-\(number + 1)"
        executions.append(
            BuildingExecution(
                id: id, key: key, write: write, acceptedAt: now, appliesAt: appliesAt,
                willFail: unit(seed, UInt64(2 * number + 1)) < rules.failureShare))
        pending.append(number)
        return id
    }

    /// In the order of the request's items; empty when the key is unknown.
    func executions(key: String) -> [BuildingExecution] {
        keys[key]?.receipts.compactMap { execution(id: $0.execution) } ?? []
    }

    /// What a slot of a point holds.
    func value(of point: PointID, at slot: PrioritySlot) -> Double? {
        positions[point].flatMap { points[$0].array[slot]?.value }
    }

    /// Something was done, or will be, under that key.
    func hasActed(under key: String) -> Bool { keys[key]?.receipts.contains(where: isDone) ?? false }

    /// A repeat that is refused instead of being answered.
    mutating func noteDuplicate(_ key: String) {
        keys[key]?.requests += 1
        duplicates += 1
    }

    func execution(id: String) -> BuildingExecution? {
        let digits = id.split(separator: "-").last.flatMap { Int($0) } ?? 0
        guard let execution = executions[digits - 1], execution.id == id else { return nil }
        return execution
    }

    /// At once; harmless to repeat. Returns the points that held something there.
    mutating func releaseAll(_ slots: [PrioritySlot], of wanted: Set<PointID>?, key: String) -> [PointID] {
        var released: [PointID] = []
        for position in points.indices where wanted?.contains(points[position].description.id) ?? true {
            let id = points[position].description.id
            for slot in slots {
                guard let held = points[position].relinquish(slot) else { continue }
                effects.append(
                    BuildingEffect(
                        at: now, kind: .releaseAll, point: id, slot: slot, value: held.value, key: key, execution: nil))
                if released.last != id { released.append(id) }
            }
        }
        settle()
        return released
    }

    /// An occupant turns the thermostat back: slot 8 holds the normal value of the zone points (of one point) for a while.
    /// Returns how many points that were.
    mutating func comfortOverride(_ point: PointID?, for span: Duration) -> Int {
        let until = now.advanced(by: span)
        let before = effects.total
        for position in points.indices {
            let description = points[position].description
            guard point.map({ $0 == description.id }) ?? description.kind.isThermal else { continue }
            points[position].write(
                .init(value: description.normal, key: Self.occupant, since: now, expiresAt: until),
                at: .operatorOverride)
            effects.append(
                BuildingEffect(
                    at: now, kind: .occupant, point: description.id, slot: .operatorOverride,
                    value: description.normal, key: Self.occupant, execution: nil))
        }
        let count = effects.total - before
        settle()
        return count
    }

    /// Only what an occupant holds.
    mutating func endComfortOverride() {
        for position in points.indices where points[position].array[.operatorOverride]?.key == Self.occupant {
            _ = points[position].relinquish(.operatorOverride)
            effects.append(
                BuildingEffect(
                    at: now, kind: .occupant, point: points[position].description.id, slot: .operatorOverride,
                    value: nil, key: Self.occupant, execution: nil))
        }
        settle()
    }

    static let occupant = "local:occupant"
}

// MARK: - Time

extension SimulatedBuilding {
    /// Lets everything happen that happens until `moment`, in its order and at its own time. O(1) when nothing does.
    mutating func advance(to moment: UTCInstant) {
        while let boundary = nextBoundary, boundary <= moment {
            drift(to: boundary)
            settle()
        }
        guard moment > now else { return }
        if isDrifting { drift(to: moment) } else { now = moment }
    }

    /// For readings: as `advance`, without a step of its own between two boundaries.
    mutating func effect(at moment: UTCInstant) -> LoadDisturbance.Effect {
        while let boundary = nextBoundary, boundary <= moment {
            drift(to: boundary)
            settle()
        }
        return history.value(at: moment)
    }

    private var isDrifting: Bool { zones.contains { $0.departure != 0 } || points.contains { $0.isMoved } }

    private mutating func drift(to moment: UTCInstant) {
        defer { now = max(now, moment) }
        guard moment > now, isDrifting else { return }
        let conditions = conditions(now)
        let hours = Double(moment.milliseconds - now.milliseconds) / 3_600_000
        let weather = ThermalZone.Weather(outdoor: conditions.outdoor)
        let heats = BuildingLayout.heatingShare(outdoor: conditions.outdoor) > 0
        for zone in zones.indices {
            let (raised, lowered) = moves(in: zone)
            zones[zone].advance(
                hours: hours, raised: raised, lowered: lowered, weather: weather, heats: heats)
        }
    }

    /// Everything that is due now happens; then load and next boundary are those of the new state.
    private mutating func settle() {
        applyPending()
        for position in points.indices {
            if rules.honoursExpiry {
                for (slot, holding) in points[position].expire(now: now) {
                    effects.append(
                        BuildingEffect(
                            at: now, kind: .expiry, point: points[position].description.id, slot: slot,
                            value: holding.value, key: holding.key, execution: nil))
                }
            }
            points[position].follow(now: now)
        }
        for zone in zones.indices where zones[zone].isSettled {
            let (raised, lowered) = moves(in: zone)
            if raised == 0, lowered == 0 { zones[zone].settle() }
        }
        history.set(isDrifting ? reduction(conditions(now)) : 0, from: now)
        nextBoundary = boundary()
    }

    private mutating func applyPending() {
        let due = pending.filter { executions[$0].map { $0.appliesAt <= now } ?? true }
            .sorted { (executions[$0]?.appliesAt ?? now, $0) < (executions[$1]?.appliesAt ?? now, $1) }
        guard !due.isEmpty else { return }
        pending.removeAll { due.contains($0) }
        for number in due {
            guard var execution = executions[number] else { continue }
            apply(&execution)
            executions[number] = execution
        }
    }

    private mutating func apply(_ execution: inout BuildingExecution) {
        let write = execution.write
        execution.settledAt = now
        if execution.willFail {
            (execution.state, execution.fault) = (.failed, "BUSY")
            return
        }
        if rules.honoursExpiry, write.value != nil, let expiry = write.expiresAt, expiry <= now {
            (execution.state, execution.fault) = (.failed, BuildingReceipt.Rejection.expired.code)
            return
        }
        guard let position = positions[write.point] else { return }
        if let value = write.value {
            points[position].write(
                .init(value: value, key: execution.key, since: now, expiresAt: write.expiresAt), at: write.slot)
        } else {
            _ = points[position].relinquish(write.slot)
        }
        execution.state = .applied
        keys[execution.key]?.effects[write.point, default: 0] += 1
        effects.append(
            BuildingEffect(
                at: now, kind: write.value == nil ? .release : .write, point: write.point, slot: write.slot,
                value: write.value, key: execution.key, execution: execution.id))
    }

    private func boundary() -> UTCInstant? {
        var moments = pending.compactMap { executions[$0]?.appliesAt }
        moments += points.compactMap(\.nextSwitch)
        if rules.honoursExpiry { moments += points.compactMap(\.array.nextExpiry) }
        if isDrifting {
            let step = rules.stepSeconds * 1000
            moments.append(now.floor(toMilliseconds: step).advanced(by: .milliseconds(step)))
        }
        // What is overdue, e.g. a slot that expired while expiry was off, comes next, not never.
        return moments.min().map { max($0, UTCInstant(milliseconds: now.milliseconds + 1)) }
    }
}

// MARK: - Load

extension SimulatedBuilding {
    /// K by which cooling is raised and heating lowered in a zone, against normal.
    private func moves(in zone: Int) -> (raised: Double, lowered: Double) {
        let raised = setPoints[zone].cooling.map { -points[$0].shortfall } ?? 0
        return (raised, setPoints[zone].heating.map { points[$0].shortfall } ?? 0)
    }

    /// kW below the undisturbed load now; negative while zones are brought back.
    private func reduction(_ conditions: BuildingConditions) -> Double {
        let load = conditions.undisturbed
        let cooling = load * layout.shares.climate * BuildingLayout.coolingShare(outdoor: conditions.outdoor)
        let heating = load * layout.shares.climate * BuildingLayout.heatingShare(outdoor: conditions.outdoor)
        var kilowatts = 0.0
        for zone in zones.indices {
            let (raised, lowered) = moves(in: zone)
            kilowatts += cooling * zones[zone].weight * (1 - zones[zone].coolingPower(raised: raised))
            kilowatts += heating * zones[zone].weight * (1 - zones[zone].heatingPower(lowered: lowered))
        }
        // Lights and machines follow the building's day.
        let activity = min(1.1, max(0.75, load / layout.reference))
        for point in points where !point.description.kind.isThermal {
            let off = 1 - point.output / point.description.normal
            kilowatts += (point.description.rated?.kilowatts ?? 0) * activity * off
        }
        return min(0.8 * load, max(-0.5 * load, kilowatts))
    }
}
