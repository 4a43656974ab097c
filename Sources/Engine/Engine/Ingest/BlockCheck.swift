import EnergyModel
import Metering
import Ports

/// Whether a record of the log can be taken again. Pure.
enum BlockCheck {
    case sound([Reading])
    case faulty(LetterCheck.Fault)

    init(_ block: [UInt8], _ fleet: FleetDirectory.Snapshot) {
        let readings: [Reading]
        do throws(ReadingBlockError) {
            readings = try ReadingBlock.decode(block)
        } catch {
            self = .faulty(LetterCheck.Fault(reason: "undecodable_record", sentence: "\(error)"))
            return
        }
        guard let stranger = readings.firstIndex(where: { fleet.directory.facility(of: $0.meter) != $0.facility })
        else {
            self = .sound(readings)
            return
        }
        let (meter, facility) = (readings[stranger].meter.rawValue, readings[stranger].facility.rawValue)
        self = .faulty(
            LetterCheck.Fault(
                reason: "unknown_meter",
                sentence:
                    "reading \(stranger) is of meter #\(meter) at facility #\(facility), which this record store does "
                    + "not know together",
                offset: 1 + stranger * ReadingBlock.bytesPerReading))
    }
}
