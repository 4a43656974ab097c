import EnergyModel

/// Judges drafts: ids, topic, time window, ranges, directory. The circumstances of one `decode` call.
struct ReadingChecks {
    let rules: ReadingRules
    let directory: MeterDirectory
    let topic: ReadingTopic?
    private let hasTopic: Bool
    private let now: UTCInstant
    private let earliest: UTCInstant
    private let latest: UTCInstant

    init(rules: ReadingRules, directory: MeterDirectory, topic: ReadingTopic?, now: UTCInstant) {
        self.rules = rules
        self.directory = directory
        self.topic = topic
        hasTopic = topic != nil
        self.now = now
        earliest = now.advanced(by: .zero - rules.pastLimit)
        latest = now.advanced(by: rules.futureLimit)
    }

    /// The numbers of a reading that passes every check. Nil when one fails, or when a topic has a say: then
    /// `reading(of:)` judges its draft in full. `guess` is the meter number that it might have.
    @inline(__always)
    func numbers(
        ofSound reading: FlatReading, in payload: UnsafeRawBufferPointer, guess: UInt32
    ) -> (meter: MeterNumber, facility: FacilityNumber)? {
        let power = rules.maximumPower.kilowatts
        guard !hasTopic, let time = reading.time, time >= earliest.milliseconds, time <= latest.milliseconds,
            reading.meter.isSet, reading.facility.isSet, isWithin(reading.kilowatts, -power, power),
            isWithin(reading.register, 0, rules.maximumRegister.kilowattHours),
            isWithin(reading.volts, 0, rules.maximumVolts)
        else { return nil }
        return directory.numbers(
            meter: reading.meter.bytes(in: payload), facility: reading.facility.bytes(in: payload), guess: guess)
    }

    /// The reading of a draft. Throws the first fault, a missing directory entry last, so that then all else is sound.
    func reading(of draft: ReadingDraft) throws(ItemFault) -> Reading {
        do throws(ItemFault) {
            try checkIdentifiersArePresent(draft)
            try checkTime(draft.time)
            try checkRanges(draft)
            if let topic { return try reading(of: draft, topic: topic) }
            return try withNumbers(draft)
        } catch {
            throw error.naming(draft, topic)
        }
    }

    /// The same as a value, for closures.
    func result(of draft: ReadingDraft) -> Result<Reading, ItemFault> {
        do throws(ItemFault) {
            return .success(try reading(of: draft))
        } catch {
            return .failure(error)
        }
    }

    private func withNumbers(_ draft: ReadingDraft) throws(ItemFault) -> Reading {
        guard let meter = draft.meter.withBytes({ directory.meter($0) }),
            let facility = directory.facility(of: meter),
            draft.facility.withBytes({ directory.facility(facility, isSpelt: $0) })
        else { throw unresolved(draft, facility: draft.facility.string ?? "", meter: draft.meter.string ?? "") }
        return draft.reading(meter: meter, facility: facility)
    }

    private func reading(of draft: ReadingDraft, topic: ReadingTopic) throws(ItemFault) -> Reading {
        if let facility = draft.facility.string, facility != topic.facility.text {
            throw ItemFault(
                .topicMismatch,
                "facility_id is \(quoted(facility)), but the topic names \(topic.facility): send it to its own topic")
        }
        if let meter = draft.meter.string, meter != topic.meter.text {
            throw ItemFault(
                .topicMismatch,
                "meter_id is \(quoted(meter)), but the topic names \(topic.meter): send it to its own topic")
        }
        guard let meter = directory.number(of: topic.meter), let facility = directory.number(of: topic.facility),
            directory.facility(of: meter) == facility
        else { throw unresolved(draft, facility: topic.facility.text, meter: topic.meter.text) }
        return draft.reading(meter: meter, facility: facility)
    }

    private func checkIdentifiersArePresent(_ draft: ReadingDraft) throws(ItemFault) {
        guard topic == nil else { return }
        if draft.meter.isAbsent { throw .missing("meter_id") }
        if draft.facility.isAbsent { throw .missing("facility_id") }
    }

    private func checkTime(_ time: UTCInstant) throws(ItemFault) {
        guard time <= latest else {
            throw ItemFault(
                .timestampInFuture,
                "timestamp is \(seconds(time.since(now))) s ahead, allowed are \(seconds(rules.futureLimit)): check the meter's clock"
            )
        }
        guard time >= earliest else {
            throw ItemFault(
                .timestampTooOld,
                "timestamp is \(seconds(now.since(time))) s old, allowed are \(seconds(rules.pastLimit)): import it from a file"
            )
        }
    }

    private func checkRanges(_ draft: ReadingDraft) throws(ItemFault) {
        let power = rules.maximumPower.kilowatts
        let register = rules.maximumRegister.kilowattHours
        try check("kw", draft.kilowatts, -power, power)
        try check("kwh", draft.registerKilowattHours, 0, register)
        try check("voltage", draft.volts, 0, rules.maximumVolts)
    }

    @inline(__always)
    private func check(_ field: StaticString, _ value: Double, _ lowest: Double, _ highest: Double) throws(ItemFault) {
        if isWithin(value, lowest, highest) { return }
        throw ItemFault(.outOfRange, "\(field) is \(value), allowed are \(lowest) to \(highest)")
    }

    /// True for NaN, which stands for "not sent".
    @inline(__always)
    private func isWithin(_ value: Double, _ lowest: Double, _ highest: Double) -> Bool {
        !(value < lowest || value > highest)
    }

    private func unresolved(_ draft: ReadingDraft, facility facilityText: String, meter meterText: String) -> ItemFault
    {
        let rule = "use 1-64 letters, digits, '.', '_', ':' or '-'"
        guard let meter = MeterID(meterText) else {
            return ItemFault(.invalidIdentifier, "meter_id \(quoted(meterText)) is not an id: \(rule)")
        }
        guard let facility = FacilityID(facilityText) else {
            return ItemFault(.invalidIdentifier, "facility_id \(quoted(facilityText)) is not an id: \(rule)")
        }
        let placeholder = draft.reading(meter: MeterNumber(rawValue: 0), facility: FacilityNumber(rawValue: 0))
        let pending = PendingReading(facility: facility, meter: meter, reading: placeholder)
        guard case .failure(let why) = directory.resolve(pending) else {
            return ItemFault(.unknownMeter, "meter \(meter) is not known at facility \(facility)")
        }
        var fault: ItemFault
        switch why {
        case .unknownFacility: fault = ItemFault(.unknownFacility, "facility \(facility) is not known: import it first")
        case .unknownMeter:
            fault = ItemFault(.unknownMeter, "meter \(meter) is not known: import it with its facility first")
        case .facilityMismatch:
            fault = ItemFault(
                .facilityMismatch,
                "meter \(meter) belongs to another facility than \(facility): correct one of the two ids")
            return fault
        }
        fault.pending = pending
        return fault
    }

    private func seconds(_ span: Duration) -> Int64 { span.milliseconds / 1000 }
}

extension ItemFault {
    /// The fault with the ids of its item, as far as they are valid.
    fileprivate func naming(_ draft: ReadingDraft, _ topic: ReadingTopic?) -> ItemFault {
        var named = self
        named.facility = topic?.facility ?? draft.facility.string.flatMap { FacilityID($0) }
        named.meter = topic?.meter ?? draft.meter.string.flatMap { MeterID($0) }
        return named
    }
}

extension ReadingDraft {
    fileprivate func reading(meter: MeterNumber, facility: FacilityNumber) -> Reading {
        Reading(
            time: time, meter: meter, facility: facility, kilowatts: kilowatts,
            registerKilowattHours: registerKilowattHours,
            volts: Float(volts), quality: quality)
    }
}
