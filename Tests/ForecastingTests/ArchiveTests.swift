import EnergyModel
import Testing

@testable import Forecasting

@Suite("Archive of a forecaster")
struct ArchiveTests {
    private func restored(_ bytes: [UInt8], _ building: SyntheticBuilding) throws -> Forecaster {
        try Forecaster(
            archive: bytes, grid: building.grid, calendar: building.calendar, prior: office, constants: .wooded)
    }

    @Test(
        "a restored forecaster forecasts to the last bit the same, and goes on judging so",
        arguments: ModelVersion.allCases)
    func exact(version: ModelVersion) throws {
        let building = SyntheticBuilding(cooling: 4)
        let samples = building.samples(days: 34)
        var live = Forecaster.replayed(
            building.history(days: 30), prior: office, version: version, constants: .wooded)
        live.expect(temperatures: samples.suffix(4 * 24).map(\.temperature), from: building.end(ofDays: 30))
        for sample in samples[(30 * 24)..<(31 * 24 + 7)] { live.observe(sample) }
        live.compact()
        var back = try restored(live.archived(), building)
        #expect(back.archived() == live.archived())
        for sample in samples[(31 * 24 + 7)...] {
            live.observe(sample)
            back.observe(sample)
            guard grid24(sample, building) % 11 == 0 else { continue }
            let origin = sample.start.advanced(by: .seconds(3600))
            #expect(back.forecast(from: origin) == live.forecast(from: origin))
        }
        #expect(back.record == live.record)
        #expect(back.fallbackRecord == live.fallbackRecord)
        #expect(back.standing == live.standing)
        #expect(back.archived() == live.archived())
    }

    private func grid24(_ sample: LoadSample, _ building: SyntheticBuilding) -> Int {
        building.grid.slot(of: sample.start) % 24
    }

    @Test("whatever is in it, what comes back is the same", arguments: [UInt64(1), 2, 3, 4])
    func anyHistory(seed: UInt64) throws {
        var noise = Noise(seed: seed)
        var building = SyntheticBuilding()
        building.grid = LocalGrid(resolution: SeriesResolution.allCases[Int(seed) % 4], zone: .utc)
        var forecaster = Forecaster(
            grid: building.grid, calendar: building.calendar, beginning: building.start, prior: office,
            constants: .small)
        let perDay = Double(building.grid.resolution.slotsPerDay)
        let samples = building.samples(days: 6)
        for var sample in samples.prefix(Int(noise.uniform() * 6 * perDay)) {
            if noise.uniform() < 0.1 { sample.load = nil }
            if noise.uniform() < 0.05 { sample.load = 1e6 * noise.uniform() }
            sample.temperature = noise.uniform() < 0.3 ? nil : 20 * noise.uniform()
            if noise.uniform() < 0.95 { forecaster.observe(sample) }
        }
        let back = try restored(forecaster.archived(), building)
        let origin = building.end(ofDays: 6)
        #expect(back.forecast(from: origin) == forecaster.forecast(from: origin))
        #expect(back.archived() == forecaster.archived())
    }

    @Test("a year costs no more than a month: some 100 KB at 15 minutes")
    func size() {
        var building = SyntheticBuilding(cooling: 3)
        building.grid = LocalGrid(resolution: .quarterHour, zone: .utc)
        var constants = RecipeConstants.small
        constants.poolDays = 42
        constants.poolHours = 24
        var forecaster = Forecaster(
            grid: building.grid, calendar: building.calendar, beginning: building.start, prior: office,
            constants: constants)
        forecaster.isJudging = false
        for sample in building.samples(days: 45) { forecaster.observe(sample) }
        #expect((40_000..<120_000).contains(forecaster.archived().count))
    }

    private static let whole: [UInt8] = {
        let building = SyntheticBuilding(cooling: 4)
        return Forecaster.replayed(building.history(days: 16), prior: office, constants: .wooded).archived()
    }()

    @Test("an archive that is cut short or changed anywhere is refused")
    func damaged() {
        let building = SyntheticBuilding()
        let whole = ArchiveTests.whole
        var noise = Noise(seed: 5)
        for _ in 0..<60 {
            var bytes = whole
            bytes[Int(noise.uniform() * Double(bytes.count))] ^= 1 << UInt8(noise.uniform() * 8)
            #expect(throws: ForecastArchiveError.self) { try restored(bytes, building) }
            let cut = Array(whole.prefix(Int(noise.uniform() * Double(whole.count))))
            #expect(throws: ForecastArchiveError.self) { try restored(cut, building) }
        }
        #expect(throws: ForecastArchiveError.notAnArchive) { try restored([], building) }
        #expect(throws: ForecastArchiveError.notAnArchive) { try restored(Array("PK".utf8), building) }
        #expect(throws: ForecastArchiveError.damaged) { try restored(whole + [0], building) }
    }

    @Test("bytes made up with a right checksum never end the program: refused, or a forecaster that works")
    func forged() {
        let building = SyntheticBuilding()
        let body = Array(ArchiveTests.whole.dropLast(8))
        var noise = Noise(seed: 6)
        var taken = 0
        for round in 0..<40 {
            var bytes = body
            for _ in 0..<1 + round % 4 {
                let odd: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF, UInt8(noise.uniform() * 255)]
                let reach = round % 3 == 0 ? 300 : Double(bytes.count - 10)
                bytes[10 + Int(noise.uniform() * reach)] = odd[Int(noise.uniform() * 6)]
            }
            if round % 10 == 0 { bytes = Array(bytes.prefix(Int(noise.uniform() * Double(bytes.count)))) }
            var seal = ArchiveWriter.checksum(bytes[...])
            for _ in 0..<8 {
                bytes.append(UInt8(truncatingIfNeeded: seal))
                seal >>= 8
            }
            guard var forecaster = try? restored(bytes, building) else { continue }
            taken += 1
            for sample in building.samples(days: 17).suffix(26) { forecaster.observe(sample) }
            #expect(isSane(forecaster.forecast(from: building.end(ofDays: 17)), within: .infinity))
            #expect(forecaster.review(at: building.end(ofDays: 17)) != .promoted(""))
        }
        #expect(taken > 3)
    }

    @Test("an archive of another zone, resolution or build says so")
    func otherSettings() {
        var building = SyntheticBuilding()
        building.grid = LocalGrid(resolution: .hour, zone: london)
        #expect(throws: ForecastArchiveError.otherSettings("time zone")) {
            try restored(ArchiveTests.whole, building)
        }
        building.grid = LocalGrid(resolution: .halfHour, zone: .utc)
        #expect(throws: ForecastArchiveError.otherSettings("resolution")) {
            try restored(ArchiveTests.whole, building)
        }
        var later = ArchiveTests.whole
        later[8] = 2
        #expect(throws: ForecastArchiveError.otherFormat(2)) { try restored(later, SyntheticBuilding()) }
    }
}
