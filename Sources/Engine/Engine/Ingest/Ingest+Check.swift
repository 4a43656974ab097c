import EnergyModel
import Metering
import Ports

/// What ingest would say, by the same decoder and the same policy. Nothing is registered, stored or counted.
extension Ingest {
    func check(
        _ payload: [UInt8], format: IntakeDelivery.Format, replayedFrom topic: ReadingTopic?, now: UTCInstant
    ) -> LetterCheck {
        var batch = takeBatch()
        defer { giveBack(batch) }
        batch.removeAll()
        let fleet = directory.current
        let delivery = IntakeDelivery(origin: .replay(deadLetter: 0), format: format, payload: payload)
        batch.decode(delivery, at: 0, replayedFrom: topic, directory: fleet.directory, now: now)
        var room = max(0, directory.limit - fleet.meters.count)
        var taken = CheckedReadings(fleet)
        var faults: [LetterCheck.Fault] = []
        for reading in batch.decoded.readings { taken.add(reading) }
        for rejection in batch.decoded.rejections {
            if let pending = rejection.pending, settings.registration.registers(rejection.reason, fleet), room > 0 {
                if taken.addNew(pending) { room -= 1 }
            } else {
                faults.append(LetterCheck.Fault(rejection))
            }
        }
        if !faults.isEmpty { return .fails(Array(faults.prefix(LetterCheck.most))) }
        return taken.sentences.isEmpty ? .fails([.empty]) : .passes(taken.sentences)
    }

    func check(block: [UInt8]) -> LetterCheck {
        let fleet = directory.current
        switch BlockCheck(block, fleet) {
        case .faulty(let fault): return .fails([fault])
        case .sound(let readings):
            var taken = CheckedReadings(fleet)
            for reading in readings { taken.add(reading) }
            return .passes(taken.sentences)
        }
    }
}

extension EngineSettings.Registration {
    /// Whether a meter that the directory does not know is registered when a reading of it comes (ING-03).
    func registers(_ reason: ReadingRejection.Reason, _ fleet: FleetDirectory.Snapshot) -> Bool {
        switch self {
        case .open: true
        case .auto: reason == .unknownMeter || !fleet.hasImported
        case .closed: false
        }
    }
}

extension LetterCheck {
    /// Most sentences, and most faults, that an answer holds.
    static let most = 20
}

extension LetterCheck.Fault {
    static let empty = LetterCheck.Fault(reason: "empty", sentence: "it holds no reading")

    init(_ rejection: ReadingRejection) {
        // What can be read and is wrong is somewhere in its item, which is worth naming where there are several.
        let item = rejection.bytes.lowerBound > 0 ? rejection.bytes.lowerBound : nil
        self.init(
            reason: rejection.reason.rawValue, sentence: rejection.message, offset: rejection.offset ?? item)
    }
}

/// A sentence for each of the first readings, and how many more there are.
private struct CheckedReadings {
    private let fleet: FleetDirectory.Snapshot
    private var lines: [String] = []
    private var count = 0
    private var new: Set<MeterID> = []

    init(_ fleet: FleetDirectory.Snapshot) { self.fleet = fleet }

    var sentences: [String] {
        guard count > LetterCheck.most else { return lines }
        let shown = LetterCheck.most - 1
        return lines.prefix(shown) + ["and \(count - shown) more readings"]
    }

    mutating func add(_ reading: Reading) {
        count += 1
        guard lines.count < LetterCheck.most else { return }
        let meter = fleet.meters.first { $0.number == reading.meter }?.id.text ?? "#\(reading.meter.rawValue)"
        let facility = fleet.facilities.first { $0.number == reading.facility }?.id.text
        lines.append(sentence(meter, facility ?? "#\(reading.facility.rawValue)", reading))
    }

    /// True for the first reading of its meter.
    mutating func addNew(_ pending: PendingReading) -> Bool {
        count += 1
        let isFirst = new.insert(pending.meter).inserted
        if lines.count < LetterCheck.most {
            let line = sentence(pending.meter.text, pending.facility.text, pending.reading)
            lines.append(isFirst ? line + "; the meter is new and would be registered" : line)
        }
        return isFirst
    }

    private func sentence(_ meter: String, _ facility: String, _ reading: Reading) -> String {
        let values = [
            (reading.kilowatts, "kW"), (reading.registerKilowattHours, "kWh"), (Double(reading.volts), "V"),
        ].filter { $0.0.isFinite }.map { "\($0.0) \($0.1)" }
        return "\(meter) of \(facility) at \(reading.time.iso8601): \(values.joined(separator: ", ")), "
            + reading.quality.name
    }
}
