import EnergyModel
import Ports

/// Forms of lines that other programs read.
package enum LineFormat: String, Sendable, CaseIterable { case ndjson, csv }

/// Readings as lines in the plain form of the reading object, so that what went in can be compared with what came out.
package struct ReadingLines: Sendable {
    private let names: FleetNames
    private let format: LineFormat

    package init(names: FleetNames, format: LineFormat) {
        self.names = names
        self.format = format
    }

    package var heading: String {
        format == .csv ? "meter_id,facility_id,ts,kw,kwh,voltage,quality\n" : ""
    }

    package func text(of readings: [Reading]) -> String {
        var text = ""
        text.reserveCapacity(readings.count * 120)
        for reading in readings { append(reading, to: &text) }
        return text
    }

    private func append(_ reading: Reading, to text: inout String) {
        let meter = names.meter(reading.meter)
        let facility = names.facility(reading.facility)
        let (kw, kwh) = (numberText(reading.kilowatts), numberText(reading.registerKilowattHours))
        let voltage = reading.volts.isFinite ? "\(reading.volts)" : nil
        switch format {
        case .csv:
            text += "\(idCell(meter)),\(idCell(facility)),\(reading.time.iso8601),\(kw ?? ""),\(kwh ?? ""),"
            text += "\(voltage ?? ""),\(reading.quality.name)\n"
        case .ndjson:
            text += #"{"meter_id":"\#(meter)","facility_id":"\#(facility)","ts":"\#(reading.time.iso8601)""#
            if let kw { text += #","kw":\#(kw)"# }
            if let kwh { text += #","kwh":\#(kwh)"# }
            if let voltage { text += #","voltage":\#(voltage)"# }
            text += #","quality":"\#(reading.quality.name)"}"# + "\n"
        }
    }
}

/// Rollups as lines.
package struct RollupLines: Sendable {
    private let names: FleetNames
    private let format: LineFormat

    package init(names: FleetNames, format: LineFormat) {
        self.names = names
        self.format = format
    }

    package var heading: String {
        format == .csv
            ? "id,facility_id,meter_id,start,granularity,mean_kw,min_kw,max_kw,kwh,count,good_count\n" : ""
    }

    package func text(of rollups: [Rollup]) -> String {
        var text = ""
        text.reserveCapacity(rollups.count * 240)
        for rollup in rollups { append(rollup, to: &text) }
        return text
    }

    private func append(_ rollup: Rollup, to text: inout String) {
        let (facility, meter) = owner(rollup.series)
        let identifier = facility.flatMap(names.facilityID).map {
            rollup.identifier(facility: $0, meter: meter.flatMap(names.meterID))
        }
        let values = [rollup.meanKilowatts, rollup.minKilowatts, rollup.maxKilowatts, rollup.kilowattHours].map(
            numberText)
        let facilityText = facility.map(names.facility) ?? ""
        let meterText = meter.map(names.meter)
        switch format {
        case .csv:
            let numbers = values.map { $0 ?? "" }.joined(separator: ",")
            text += "\(idCell(identifier ?? "")),\(idCell(facilityText)),\(idCell(meterText ?? "")),"
            text += "\(rollup.start.iso8601),\(rollup.granularity.label),\(numbers),\(rollup.count),"
            text += "\(rollup.goodCount)\n"
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
