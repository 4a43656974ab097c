import EnergyModel

/// A baseline before adjustment, with the days it came from.
struct RawBaseline {
    var candidates: [CandidateDay] = []
    var basis: [CivilDate] = []
    var days: [CivilDate] = []
    /// Stretches of the event day it was made of.
    var sameDayPieces: [SlotPiece] = []
    var fit: FitStatistics?
    /// Kilowatts; nil where there is nothing to tell from.
    let value: (SlotPiece) -> Double?

    init(constant kilowatts: Double) { value = { _ in kilowatts } }

    init(_ selected: SelectedDays, _ average: @escaping (ClockSlot, [CivilDate]) -> Double?) {
        self.init(selected, fit: nil) { average($0.slot, selected.days) }
    }

    init(_ selected: SelectedDays, fit: FitStatistics?, value: @escaping (SlotPiece) -> Double?) {
        candidates = selected.candidates
        basis = selected.basis
        days = selected.days
        self.fit = fit
        self.value = value
    }
}

extension LoadCourse {
    /// The mean of one slot over the days that have it, or over the `highest` of them.
    func average(of slot: ClockSlot, over days: [CivilDate], highest: Int? = nil) -> Double? {
        var values = days.compactMap { mean(slot, on: $0)?.value }
        if let highest { values = Array(values.sorted(by: >).prefix(highest)) }
        return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
}
