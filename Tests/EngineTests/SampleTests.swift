import EnergyModel
import Ports
import SwitchyardTesting
import Synchronization
import Testing

@testable import Engine

@Suite("Reading a sample back")
struct SampleTests {
    private func write(_ world: World, kilowatts: [Double]) -> SeriesWrite {
        var write = SeriesWrite()
        write.readings = kilowatts.map {
            Reading(
                time: world.time.now, meter: MeterNumber(rawValue: 1), facility: FacilityNumber(rawValue: 1),
                kilowatts: $0, registerKilowattHours: .nan, volts: .nan)
        }
        return write
    }

    @Test("what is stored as written passes, of several readings of one key the last; at most once an interval")
    func same() async throws {
        let world = World()
        let verifier = SampleVerifier(
            series: world.series, settings: .init(), time: world.time.timekeeper, random: { 0 })
        let write = write(world, kilowatts: [1, 2])
        try await world.series.write(write)
        #expect(try await verifier.look(at: write) == .same)
        #expect(try await verifier.look(at: write) == nil)
        world.time.advance(by: .seconds(1))
        #expect(try await verifier.look(at: write) == .same)
    }

    @Test("what is missing or different is told, and looked at again at once", arguments: [true, false])
    func differs(isMissing: Bool) async throws {
        let world = World()
        let verifier = SampleVerifier(
            series: world.series, settings: .init(), time: world.time.timekeeper, random: { 0.99 })
        if !isMissing { try await world.series.write(write(world, kilowatts: [3])) }
        let write = write(world, kilowatts: [4])
        for _ in 0..<2 {
            guard case .differs(let sentence) = try await verifier.look(at: write) else {
                Issue.record("not seen")
                return
            }
            #expect(sentence.contains(isMissing ? "is not there" : "differs"))
        }
        try await world.series.write(write)
        #expect(try await verifier.look(at: write) == .same)
    }
}
