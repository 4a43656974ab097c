import EnergyModel

/// The measured part of the canonical reading (DOMAIN.md §5.1), as far as a `Reading` can hold it: power, a cumulative
/// import register, the energy of an interval of at most 15 s, voltage.
struct CanonicalQuantity {
    var kind: String
    var unit: String
    /// `import` when nil.
    var flow: String?
    /// NaN when not sent.
    var value: Double
    var durationSeconds: Double

    func put(into draft: inout ReadingDraft) throws(ItemFault) {
        if value.isNaN { throw .missing("value") }
        switch kind {
        case "power": draft.kilowatts = try signed(value * scale(of: ["W": 1e-3, "kW": 1, "MW": 1e3]))
        case "cumulative":
            guard flow == nil || flow == "import" else {
                throw ItemFault(.unsupportedQuantity, "only the import register is kept: send export as power")
            }
            draft.registerKilowattHours = try value * scale(of: ["Wh": 1e-3, "kWh": 1, "MWh": 1e3])
        case "interval_energy": draft.kilowatts = try signed(meanPower())
        case "voltage": draft.volts = try value * scale(of: ["V": 1, "kV": 1e3])
        default:
            throw ItemFault(
                .unsupportedQuantity,
                "kind \(quoted(kind)) is not kept: send power, cumulative, interval_energy or voltage")
        }
    }

    private func scale(of units: KeyValuePairs<String, Double>) throws(ItemFault) -> Double {
        if let known = units.first(where: { $0.key == unit }) { return known.value }
        let names = units.map(\.key).joined(separator: ", ")
        throw ItemFault(.unsupportedQuantity, "unit \(quoted(unit)) does not fit kind \(kind), allowed are \(names)")
    }

    /// Positive is import: export turns the sign, net carries its own. With a direction the value itself has no sign.
    private func signed(_ kilowatts: Double) throws(ItemFault) -> Double {
        switch flow {
        case "net": return kilowatts
        case nil, "import", "export":
            guard kilowatts >= 0 else {
                throw ItemFault(.outOfRange, "value is \(value) with a direction: send flow \"net\" for signed values")
            }
            return flow == "export" ? -kilowatts : kilowatts
        case .some(let other):
            throw ItemFault(.unsupportedQuantity, "flow \(quoted(other)) is none of import, export, net")
        }
    }

    /// A reading stands for the 15 s before it and no more: longer intervals cannot be told in one.
    private func meanPower() throws(ItemFault) -> Double {
        if durationSeconds.isNaN { throw .missing("duration_s") }
        guard durationSeconds > 0, durationSeconds <= 15 else {
            throw ItemFault(
                .unsupportedQuantity,
                "interval of \(durationSeconds) s: send intervals of up to 15 s, or the cumulative register")
        }
        return try value * scale(of: ["Wh": 1e-3, "kWh": 1, "MWh": 1e3]) * 3600 / durationSeconds
    }
}
