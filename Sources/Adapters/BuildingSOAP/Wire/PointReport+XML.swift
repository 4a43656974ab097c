import EnergyModel

extension PointReport {
    func write(to writer: inout XMLWriter) {
        writer.open("point")
        writer.leaf("id", point.text)
        writer.leaf("value", decimal(value))
        writer.open("priorityArray")
        for slot in 1...16 { writer.nillable("slot", slots[slot]) }
        writer.close()
        if let activePriority { writer.leaf("activePriority", "\(activePriority)") }
        writer.leaf("quality", quality.rawValue)
        writer.leaf("timestamp", at.iso8601)
        description?.write(to: &writer)
        writer.close()
    }

    init(_ element: XMLElement) throws(WireError) {
        point = try element.required("id").point()
        value = try element.required("value").number()
        let array = try element.required("priorityArray").repeated("slot")
        guard array.count == 16 else { throw WireError(sentence: "priorityArray must have 16 slots.") }
        slots = [:]
        for (index, slot) in array.enumerated() { slots[index + 1] = try slot.nillableNumber() }
        guard let quality = Quality(rawValue: try element.required("quality").simpleText()) else {
            throw WireError(sentence: "quality is not GOOD, UNCERTAIN or BAD.")
        }
        self.quality = quality
        at = try element.required("timestamp").instant()
        description = try PointDescription(element)
        guard try element.optional("activePriority")?.integer(1...16) == activePriority else {
            throw WireError(sentence: "activePriority contradicts priorityArray.")
        }
    }
}

extension PointDescription {
    fileprivate func write(to writer: inout XMLWriter) {
        writer.leaf("kind", kind.rawValue)
        writer.leaf("zone", zone)
        writer.leaf("normal", decimal(normal))
        if let rated { writer.leaf("ratedKW", decimal(rated.kilowatts)) }
        writer.leaf("critical", isCritical ? "true" : "false")
        if let longestShed { writer.leaf("longestShedSeconds", "\(longestShed.milliseconds / 1000)") }
    }

    /// Nil for a point without a kind, or with one that is not known here: it cannot be commanded.
    fileprivate init?(_ element: XMLElement) throws(WireError) {
        guard let kind = PointKind(rawValue: try element.optional("kind")?.simpleText() ?? "") else { return nil }
        self.kind = kind
        zone = String(try element.required("zone").simpleText())
        guard isToken(zone.filter { $0 != " " }, limit: 128) else {
            throw WireError(sentence: "zone must be 1-128 printable ASCII characters.")
        }
        normal = try element.required("normal").number()
        isCritical = try element.required("critical").boolean()
        if let kilowatts = try element.optional("ratedKW")?.number() {
            guard kilowatts >= 0 else { throw WireError(sentence: "ratedKW must not be negative.") }
            rated = Power(kilowatts: kilowatts)
        }
        longestShed = try element.optional("longestShedSeconds")?.integer(0...1_000_000_000).asSeconds
    }
}

extension Int {
    fileprivate var asSeconds: Duration { .seconds(self) }
}
