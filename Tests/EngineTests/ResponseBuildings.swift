import EnergyModel
import Ports
import SwitchyardTesting
import Synchronization

/// Buildings in memory that keep a ledger by idempotency key, as a real one must, and misbehave on request.
final class ResponseBuildings: BuildingLink {
    enum Fault: Sendable, Equatable {
        case none
        /// Takes the call and never answers, nor acts.
        case hangs
        /// Every other call is turned away.
        case flaps
        case faults
        case refuses
        /// Acts, and the next so many answers are lost.
        case losesAnswers(Int)
        /// By the seed: acts and loses the answer, loses the call, turns it away, or works.
        case random(UInt64)
    }

    struct Site {
        var points: [BuildingPoint]
        var slots: [PointID: [Int: Double]] = [:]
        /// Keys done, with what they did.
        var ledger: [String: BuildingRequest.Operation] = [:]
        /// Every effect in order.
        var effects: [(at: UTCInstant, key: String, point: PointID, value: Double?)] = []
        var fault = Fault.none
        var calls = 0
        var random = SplitMix64(seed: 0)
    }

    private let sites = Mutex<[FacilityID: Site]>([:])
    private let now: @Sendable () -> UTCInstant
    private let sleep: @Sendable (Duration) async throws -> Void
    /// Called after each call, answered or not: where a test crashes the engine.
    let afterCall = Mutex<(@Sendable () -> Void)?>(nil)

    init(now: @escaping @Sendable () -> UTCInstant, sleep: @escaping @Sendable (Duration) async throws -> Void) {
        self.now = now
        self.sleep = sleep
    }

    func add(_ facility: FacilityID, _ points: [BuildingPoint]) {
        sites.withLock { $0[facility] = Site(points: points) }
    }

    func set(_ fault: Fault, of facility: FacilityID) {
        sites.withLock { sites in
            sites[facility]?.fault = fault
            if case .random(let seed) = fault { sites[facility]?.random = SplitMix64(seed: seed) }
        }
    }

    func site(_ facility: FacilityID) -> Site { sites.withLock { $0[facility] ?? Site(points: []) } }
    /// Points that hold something at one of our slots.
    var held: [FacilityID: [PointID]] {
        sites.withLock { sites in
            sites.mapValues { $0.slots.filter { !$0.value.isEmpty }.map(\.key).sorted() }.filter { !$0.value.isEmpty }
        }
    }
    var calls: Int { sites.withLock { $0.values.reduce(0) { $0 + $1.calls } } }

    func perform(_ request: BuildingRequest, at building: BuildingAddress) async -> BuildingAnswer {
        let (answer, hangs) = sites.withLock { sites -> (BuildingAnswer, Bool) in
            guard var site = sites[building.facility] else { return (.unavailable("no such building"), false) }
            defer { sites[building.facility] = site }
            return site.answer(request, at: now())
        }
        afterCall.withLock { $0 }?()
        if hangs {
            do { try await sleep(request.answerBy.since(now())) } catch { return .timedOut }
        }
        return answer
    }

    func points(of building: BuildingAddress) async throws(PortError) -> [BuildingPoint] {
        let site = site(building.facility)
        if site.fault == .hangs {
            do { try await sleep(.seconds(3600)) } catch { throw PortError(.timedOut, "hanging", cause: error) }
        }
        if site.fault == .faults { throw PortError(.unavailable, "503") }
        return site.points
    }

    func read(_ points: [PointID], of building: BuildingAddress) async throws(PortError) -> [PointReading] {
        let site = site(building.facility)
        if site.fault == .faults { throw PortError(.unavailable, "503") }
        return site.points.filter { points.isEmpty || points.contains($0.id) }.map { point in
            let slots = site.slots[point.id] ?? [:]
            let value = slots.min { $0.key < $1.key }?.value ?? point.normal
            return PointReading(point: point.id, value: value, slots: slots, at: now())
        }
    }

    func releaseAll(
        _ slots: [PrioritySlot], key: String, of building: BuildingAddress
    ) async throws(PortError) -> [PointID] {
        sites.withLock { sites in
            var released: [PointID] = []
            for point in sites[building.facility]?.points ?? [] {
                for slot in slots where sites[building.facility]?.slots[point.id]?[slot.rawValue] != nil {
                    sites[building.facility]?.slots[point.id]?[slot.rawValue] = nil
                    released.append(point.id)
                }
            }
            return released
        }
    }

    func ping(_ building: BuildingAddress) async throws(PortError) {}
}

extension ResponseBuildings.Site {
    fileprivate mutating func answer(_ request: BuildingRequest, at now: UTCInstant) -> (BuildingAnswer, hangs: Bool) {
        calls += 1
        switch fault {
        case .none: return (act(request, now), false)
        case .hangs: return (.timedOut, true)
        case .flaps: return (calls % 2 == 0 ? act(request, now) : .unavailable("flapping"), false)
        case .faults: return (.unavailable("503"), false)
        case .refuses: return (request.isRelease ? act(request, now) : .rejected("not forceable"), false)
        case .losesAnswers(let left):
            if left <= 1 { fault = .none } else { fault = .losesAnswers(left - 1) }
            _ = act(request, now)
            return (.timedOut, false)
        case .random:
            switch random.next() % 8 {
            case 0:
                _ = act(request, now)
                return (.timedOut, false)
            case 1: return (.timedOut, false)
            case 2: return (.unavailable("turned away"), false)
            default: return (act(request, now), false)
            }
        }
    }

    private mutating func act(_ request: BuildingRequest, _ now: UTCInstant) -> BuildingAnswer {
        switch request.operation {
        case .status: return ledger[request.key.text] == nil ? .notKnown : .applied(executionID: request.key.text)
        case .readSlot: return .slot(slots[request.point]?[request.slot.rawValue])
        case .write(let value):
            guard ledger.updateValue(request.operation, forKey: request.key.text) == nil else { break }
            slots[request.point, default: [:]][request.slot.rawValue] = value
            effects.append((now, request.key.text, request.point, value))
        case .release:
            guard ledger.updateValue(request.operation, forKey: request.key.text) == nil else { break }
            slots[request.point]?[request.slot.rawValue] = nil
            effects.append((now, request.key.text, request.point, nil))
        }
        return .applied(executionID: request.key.text)
    }
}
