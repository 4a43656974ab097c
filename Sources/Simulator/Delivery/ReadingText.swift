import EnergyModel

/// Writes readings as JSON and topics as MQTT wants them. Texts that never change are made once.
struct ReadingText: Sendable {
    private let heads: [[UInt8]]
    let topics: [String]
    let meterIDs: [MeterID]

    init(fleet: Fleet) {
        meterIDs = fleet.meterIDs
        topics = zip(fleet.meterIDs, fleet.facilityOfMeter).map { meter, facility in
            "energy/\(fleet.facilities[facility].id)/\(meter)/readings"
        }
        heads = zip(fleet.meterIDs, fleet.facilityOfMeter).map { meter, facility in
            Array("{\"meter_id\":\"\(meter)\",\"facility_id\":\"\(fleet.facilities[facility].id)\",\"ts\":\"".utf8)
        }
    }

    /// The plain form of a reading, without a line end.
    func appendJSON(_ reading: SimulatedReading, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: heads[Int(reading.meter)])
        appendTime(reading.time, to: &bytes)
        append("\",\"kw\":", to: &bytes)
        appendThousandths(reading.watts, to: &bytes)
        append(",\"kwh\":", to: &bytes)
        appendThousandths(reading.registerWattHours, to: &bytes)
        append(",\"voltage\":", to: &bytes)
        appendThousandths(Int64(reading.decivolts) * 100, to: &bytes)
        append(",\"quality\":\"raw\"}", to: &bytes)
    }

    /// A line of the ledger of acknowledged readings.
    func appendAcknowledgement(_ reading: SimulatedReading, to bytes: inout [UInt8]) {
        append("{\"meter\":\"", to: &bytes)
        bytes.append(contentsOf: meterIDs[Int(reading.meter)].text.utf8)
        append("\",\"ts\":\"", to: &bytes)
        appendTime(reading.time, to: &bytes)
        append("\",\"kw\":", to: &bytes)
        appendThousandths(reading.watts, to: &bytes)
        append(",\"kwh\":", to: &bytes)
        appendThousandths(reading.registerWattHours, to: &bytes)
        append("}\n", to: &bytes)
    }
}

private func append(_ text: StaticString, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
}

/// RFC 3339 with milliseconds.
private func appendTime(_ time: UTCInstant, to bytes: inout [UInt8]) {
    let day = time.milliseconds.flooredQuotient(by: 86_400_000)
    let inDay = time.milliseconds - day * 86_400_000
    let date = civilDate(daysSinceEpoch: day)
    appendDigits(date.year, 4, to: &bytes)
    append("-", to: &bytes)
    appendDigits(date.month, 2, to: &bytes)
    append("-", to: &bytes)
    appendDigits(date.day, 2, to: &bytes)
    append("T", to: &bytes)
    appendDigits(inDay / 3_600_000, 2, to: &bytes)
    append(":", to: &bytes)
    appendDigits(inDay / 60_000 % 60, 2, to: &bytes)
    append(":", to: &bytes)
    appendDigits(inDay / 1000 % 60, 2, to: &bytes)
    append(".", to: &bytes)
    appendDigits(inDay % 1000, 3, to: &bytes)
    append("Z", to: &bytes)
}

private func appendDigits(_ value: Int64, _ width: Int, to bytes: inout [UInt8]) {
    var divisor: Int64 = 1
    for _ in 1..<width { divisor *= 10 }
    while divisor > 0 {
        bytes.append(UInt8(48 + value / divisor % 10))
        divisor /= 10
    }
}

/// `12.3`: no more decimals than needed.
private func appendThousandths(_ value: Int64, to bytes: inout [UInt8]) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    let magnitude = Int64(value.magnitude)
    var whole = magnitude / 1000
    var width = 1
    while whole >= 10 {
        whole /= 10
        width += 1
    }
    appendDigits(magnitude / 1000, width, to: &bytes)
    let fraction = magnitude % 1000
    guard fraction != 0 else { return }
    bytes.append(UInt8(ascii: "."))
    if fraction % 100 == 0 {
        appendDigits(fraction / 100, 1, to: &bytes)
    } else if fraction % 10 == 0 {
        appendDigits(fraction / 10, 2, to: &bytes)
    } else {
        appendDigits(fraction, 3, to: &bytes)
    }
}
