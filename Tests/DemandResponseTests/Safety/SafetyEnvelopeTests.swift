import DemandResponse
import EnergyModel
import Testing

private func point(_ kind: PointKind, normal: Double, critical: Bool = false, held: Bool = false) -> BuildingPoint {
    BuildingPoint(
        id: pointID("p"), kind: kind, zone: "z", normal: normal, isCritical: critical, isHeldByOperator: held)
}

@Suite("Safety envelope")
struct SafetyEnvelopeTests {
    static let rows: [(PointKind, Double, Double, Double?, SafetyEnvelope.Verdict)] = [
        (.coolingSetPoint, 24, 25, nil, .allowed(25)),
        (.coolingSetPoint, 24, 30, nil, .clamped(26)),
        (.coolingSetPoint, 26, 28, nil, .clamped(27)),
        (.coolingSetPoint, 20, 21, nil, .clamped(22)),
        (.coolingSetPoint, 27, 28, nil, .forbidden(.noRoom)),
        (.coolingSetPoint, 29, 30, nil, .forbidden(.noRoom)),
        (.coolingSetPoint, 24, 23, nil, .forbidden(.noRoom)),
        (.coolingSetPoint, 24, .nan, nil, .forbidden(.noRoom)),
        (.heatingSetPoint, 21, 20, nil, .allowed(20)),
        (.heatingSetPoint, 21, 15, nil, .clamped(19)),
        (.heatingSetPoint, 19, 17, nil, .clamped(18)),
        (.heatingSetPoint, 18, 17, nil, .forbidden(.noRoom)),
        (.heatingSetPoint, 23, 22.5, 22.2, .clamped(21.7)),
        (.lightLevel, 1, 0.6, nil, .allowed(0.6)),
        (.lightLevel, 1, 0, nil, .clamped(0.4)),
        (.lightLevel, 0.3, 0.1, nil, .forbidden(.noRoom)),
        (.switchedLoad, 1, 0, nil, .allowed(0)),
        (.switchedLoad, 0, 0, nil, .forbidden(.noRoom)),
    ]

    @Test("each limit binds", arguments: 0..<rows.count)
    func limits(row: Int) {
        let (kind, normal, proposed, partner, verdict) = Self.rows[row]
        let found = SafetyEnvelope().judge(point(kind, normal: normal), proposed: proposed, partner: partner)
        #expect(found == verdict)
    }

    @Test("critical zones and points held by an operator are not touched")
    func exempt() {
        let envelope = SafetyEnvelope()
        let critical = point(.coolingSetPoint, normal: 24, critical: true)
        #expect(envelope.judge(critical, proposed: 25, partner: nil) == .forbidden(.criticalZone))
        let held = point(.coolingSetPoint, normal: 24, held: true)
        #expect(envelope.judge(held, proposed: 25, partner: nil) == .forbidden(.heldByOperator))
    }

    @Test("slots below 8 are never ours")
    func slots() {
        let ours = (1...16).compactMap(PrioritySlot.init(rawValue:)).filter(\.isOurs).map(\.rawValue)
        #expect(ours == [8, 9, 10, 11, 12, 13, 14, 15])
        #expect(PrioritySlot(rawValue: 0) == nil)
    }

    @Test("no proposal whatever leaves the envelope", arguments: 0..<50)
    func property(seed: Int) {
        var dice = SagaDice(UInt64(seed))
        let envelope = SafetyEnvelope()
        for _ in 0..<500 {
            let kind = PointKind.allCases.randomElement(using: &dice) ?? .lightLevel
            let normal = kind.isThermal ? Double.random(in: 10...35, using: &dice) : dice.unit()
            let proposed = Double.random(in: -50...80, using: &dice)
            let partner = dice.chance(0.5) ? Double.random(in: 15...28, using: &dice) : nil
            let verdict = envelope.judge(point(kind, normal: normal), proposed: proposed, partner: partner)
            let value: Double
            switch verdict {
            case .allowed(let allowed), .clamped(let allowed): value = allowed
            case .forbidden: continue
            }
            switch kind {
            case .coolingSetPoint:
                #expect(value > normal && value <= 27 && value <= normal + 2)
            case .heatingSetPoint:
                #expect(value < normal && value >= 18 && value >= normal - 2)
            case .lightLevel: #expect(value < normal && value >= 0.4)
            case .switchedLoad: #expect(value == 0)
            }
        }
    }
}
