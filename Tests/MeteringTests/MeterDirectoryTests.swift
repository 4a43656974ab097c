import EnergyModel
import Metering
import Testing

@Suite("Meter directory") struct MeterDirectoryTests {
    @Test("finds every id among many, and no other")
    func lookup() {
        var random = Seeded(3)
        var directory = MeterDirectory(
            facilities: [Facility(number: facility(9), id: site("F"), name: "")], meters: [])
        var expected: [String: UInt32] = [:]
        let letters = Array("abcXYZ019._:-")
        for number in 0..<UInt32(20_000) {
            let length = Int.random(in: 1...64, using: &random)
            let text = String((0..<length).map { _ in letters.randomElement(using: &random) ?? "x" })
            guard expected[text] == nil else { continue }
            expected[text] = number
            directory.insert(Meter(number: meter(number), id: id(text), facility: facility(9)))
        }
        #expect(directory.meterCount == expected.count)
        #expect(expected.allSatisfy { directory.number(of: id($0.key)) == meter($0.value) })
        for text in expected.keys.prefix(2000) where expected[text + "z"] == nil && text.count < 64 {
            #expect(directory.number(of: id(text + "z")) == nil)
        }
    }

    @Test("a number's new id replaces the old one; a meter that moved has its new facility")
    func replacing() {
        var directory = directory(meters: 2, perFacility: 2)
        directory.insert(
            Meter(
                number: meter(1), id: id("renamed"), facility: facility(5), registerLimit: Energy(kilowattHours: 99_999)
            ))
        #expect(directory.number(of: id("M-1")) == nil)
        #expect(directory.number(of: id("renamed")) == meter(1))
        #expect(directory.number(of: id("M-0")) == meter(0))
        #expect(directory.facility(of: meter(1)) == facility(5))
        #expect(directory.registerLimit(of: meter(1)) == Energy(kilowattHours: 99_999))
        #expect(directory.registerLimit(of: meter(0)) == nil)
        #expect(directory.facility(of: meter(3)) == nil)
        #expect(directory.meterCount == 2)
    }
}
