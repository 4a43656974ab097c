import EnergyModel
import Ports

/// Ids of the numbers that stored readings and rollups carry.
struct FleetNames {
    private let facilities: [FacilityNumber: FacilityID]
    private let meters: [MeterNumber: Meter]

    init(records: any RecordStore) async throws {
        facilities = Dictionary(uniqueKeysWithValues: try await records.facilities().map { ($0.number, $0.id) })
        meters = Dictionary(uniqueKeysWithValues: try await records.meters().map { ($0.number, $0) })
    }

    func meterNumber(_ text: String) throws -> MeterNumber {
        guard let meter = meters.values.first(where: { $0.id.text == text }) else {
            throw CommandFailure(.failed, "there is no meter \(text.debugDescription)")
        }
        return meter.number
    }

    /// An id for every number in the store; the number itself should a record be gone.
    func meter(_ number: MeterNumber) -> String { meters[number]?.id.text ?? "#\(number.rawValue)" }
    func facility(_ number: FacilityNumber) -> String { facilities[number]?.text ?? "#\(number.rawValue)" }
    func facility(of meter: MeterNumber) -> FacilityNumber? { meters[meter]?.facility }
    func facilityID(_ number: FacilityNumber) -> FacilityID? { facilities[number] }
    func meterID(_ number: MeterNumber) -> MeterID? { meters[number]?.id }
}

/// Readings as lines in the plain form of the reading object, so that what went in can be compared with what came out.
struct ReadingLines {
    let names: FleetNames
    let format: ExportFormat

    func heading() throws {
        if format == .csv { try Output.write(Array("meter_id,facility_id,ts,kw,kwh,voltage,quality\n".utf8)) }
    }

    mutating func write(_ readings: [Reading]) throws {
        var text = ""
        text.reserveCapacity(readings.count * 120)
        for reading in readings { append(reading, to: &text) }
        try Output.write(Array(text.utf8))
    }

    private func append(_ reading: Reading, to text: inout String) {
        let meter = names.meter(reading.meter)
        let facility = names.facility(reading.facility)
        let (kw, kwh) = (number(reading.kilowatts), number(reading.registerKilowattHours))
        let voltage = reading.volts.isFinite ? "\(reading.volts)" : nil
        switch format {
        case .csv:
            text += "\(meter),\(facility),\(reading.time.iso8601),\(kw ?? ""),\(kwh ?? ""),\(voltage ?? ""),"
            text += reading.quality.name + "\n"
        case .ndjson:
            text += #"{"meter_id":"\#(meter)","facility_id":"\#(facility)","ts":"\#(reading.time.iso8601)""#
            if let kw { text += #","kw":\#(kw)"# }
            if let kwh { text += #","kwh":\#(kwh)"# }
            if let voltage { text += #","voltage":\#(voltage)"# }
            text += #","quality":"\#(reading.quality.name)"}"# + "\n"
        }
    }
}

struct RollupLines {
    let names: FleetNames
    let format: ExportFormat

    func heading() throws {
        guard format == .csv else { return }
        try Output.write(
            Array("id,facility_id,meter_id,start,granularity,mean_kw,min_kw,max_kw,kwh,count,good_count\n".utf8))
    }

    mutating func write(_ rollups: [Rollup]) throws {
        var text = ""
        text.reserveCapacity(rollups.count * 240)
        for rollup in rollups { append(rollup, to: &text) }
        try Output.write(Array(text.utf8))
    }

    private func append(_ rollup: Rollup, to text: inout String) {
        let (facility, meter) = owner(rollup.series)
        let identifier = facility.flatMap(names.facilityID).map {
            rollup.identifier(facility: $0, meter: meter.flatMap(names.meterID))
        }
        let values = [rollup.meanKilowatts, rollup.minKilowatts, rollup.maxKilowatts, rollup.kilowattHours].map(number)
        let facilityText = facility.map(names.facility) ?? ""
        let meterText = meter.map(names.meter)
        switch format {
        case .csv:
            let numbers = values.map { $0 ?? "" }.joined(separator: ",")
            text += "\(identifier ?? ""),\(facilityText),\(meterText ?? ""),\(rollup.start.iso8601),"
            text += "\(rollup.granularity.label),\(numbers),\(rollup.count),\(rollup.goodCount)\n"
        case .ndjson:
            text += #"{"id":"\#(identifier ?? "")","facility_id":"\#(facilityText)""#
            if let meterText { text += #","meter_id":"\#(meterText)""# }
            text += #","start":"\#(rollup.start.iso8601)","granularity":"\#(rollup.granularity.label)""#
            for (name, value) in zip(["mean_kw", "min_kw", "max_kw", "kwh"], values) {
                text += #","\#(name)":\#(value ?? "null")"#
            }
            text += #","count":\#(rollup.count),"good_count":\#(rollup.goodCount)}"# + "\n"
        }
    }

    private func owner(_ series: SeriesKey) -> (FacilityNumber?, MeterNumber?) {
        switch series {
        case .facility(let facility): (facility, nil)
        case .meter(let meter): (names.facility(of: meter), meter)
        }
    }
}

/// The shortest text that reads back to the same value; nil for a value that is not there.
private func number(_ value: Double) -> String? { value.isFinite ? "\(value)" : nil }
