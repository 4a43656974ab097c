import EnergyModel
import Testing

@testable import Simulator

@Suite("A point's priority array")
struct PriorityArrayTests {
    static let steps: [(slot: Int, value: Double?, present: Double, active: Int?)] = [
        (10, 24.5, 24.5, 10), (8, 21.0, 21.0, 8), (8, nil, 24.5, 10), (10, nil, 22.0, nil),
    ]

    @Test("behaves as a real BACnet stack did (DOMAIN §3.2)")
    func asOnARealStack() {
        var array = PriorityArray(relinquishDefault: 22)
        for (number, step) in Self.steps.enumerated() {
            let slot = PrioritySlot(rawValue: step.slot)!
            if let value = step.value {
                array.write(.init(value: value, key: "k", since: Blueprint.start, expiresAt: nil), at: slot)
            } else {
                _ = array.relinquish(slot)
            }
            #expect(array.present == step.present, "step \(number)")
            #expect(array.active?.rawValue == step.active, "step \(number)")
        }
    }

    @Test("an old value written at 16 shows nothing while 8 holds")
    func sixteenIsHidden() {
        var array = PriorityArray(relinquishDefault: 22)
        array.write(.init(value: 21, key: "a", since: Blueprint.start), at: .operatorOverride)
        array.write(.init(value: 25, key: "b", since: Blueprint.start), at: .lowest)
        #expect(array.present == 21)
        _ = array.relinquish(.operatorOverride)
        #expect(array.present == 25)
    }

    @Test("slots expire each for itself")
    func expiry() {
        var array = PriorityArray(relinquishDefault: 22)
        let start = Blueprint.start
        array.write(
            .init(value: 25, key: "a", since: start, expiresAt: start.advanced(by: .seconds(60))), at: .demandResponse)
        array.write(.init(value: 24, key: "b", since: start, expiresAt: nil), at: .lowest)
        #expect(array.expire(now: start.advanced(by: .milliseconds(59_999))).isEmpty)
        #expect(array.expire(now: start.advanced(by: .seconds(60))).map(\.slot) == [.demandResponse])
        #expect(array.present == 24)
        #expect(array.nextExpiry == nil)
    }
}
