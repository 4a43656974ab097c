import EnergyModel

/// A series' past on the grid of local days, from the local midnight before its first sample. What a fit learns from.
package struct LoadHistory: Sendable {
    package let grid: LocalGrid
    package let calendar: DayCalendar
    /// Day number of the first element.
    package private(set) var firstDay = 0
    /// NaN where unknown.
    private(set) var raw: [Float] = []
    private(set) var temperature: [Float] = []
    /// False for values that were put in for a demand-response event.
    private(set) var isMeasured: [Bool] = []
    /// Start of the newest sample.
    private(set) var newest: UTCInstant?

    package init(grid: LocalGrid, calendar: DayCalendar) {
        self.grid = grid
        self.calendar = calendar
    }

    /// Samples in order of time; one that is out of order or over 400 days after its predecessor is passed over.
    package init(grid: LocalGrid, calendar: DayCalendar, samples: some Sequence<LoadSample>) {
        self.init(grid: grid, calendar: calendar)
        for sample in samples { append(sample) }
    }

    /// Slot number of the first slot after the history.
    package var end: Int { firstDay * grid.resolution.slotsPerDay + raw.count }
    var start: Int { firstDay * grid.resolution.slotsPerDay }

    package mutating func append(_ sample: LoadSample) {
        let slot = grid.slot(of: sample.start)
        let perDay = grid.resolution.slotsPerDay
        if raw.isEmpty {
            firstDay = slot >= 0 ? slot / perDay : (slot - perDay + 1) / perDay
            pad(to: slot)
        }
        let value = sample.load.map { Float($0) } ?? .nan
        let degrees = sample.temperature.map { Float($0) } ?? .nan
        if let newest, sample.start <= newest { return }
        guard slot >= end else { return average(sample, into: slot) }
        guard slot - end <= 400 * perDay else { return }
        newest = sample.start
        pad(to: slot)
        raw.append(value.isFinite ? value : .nan)
        temperature.append(degrees)
        isMeasured.append(sample.origin == .measured)
    }

    /// The second pass of the hour that autumn repeats: the mean of both, or the one that is known.
    private mutating func average(_ sample: LoadSample, into slot: Int) {
        newest = sample.start
        let index = slot - start
        guard raw.indices.contains(index), sample.origin == .measured, let load = sample.load else { return }
        let value = Float(load)
        guard value.isFinite else { return }
        raw[index] = raw[index].isFinite && isMeasured[index] ? (raw[index] + value) / 2 : value
        isMeasured[index] = true
    }

    private mutating func pad(to slot: Int) {
        while end < slot {
            raw.append(.nan)
            temperature.append(.nan)
            isMeasured.append(true)
        }
    }
}

/// A history after cleaning. Cleaning looks back only, so any prefix of it is what was known then.
struct CleanHistory: Sendable {
    let history: LoadHistory
    private(set) var load: [Float] = []
    private(set) var isValid: [Bool] = []

    init(_ history: LoadHistory) {
        self.history = history
        var cleaning = LoadCleaning(history.grid.resolution)
        cleaning.opening = history.raw.first { $0.isFinite } ?? 0
        load.reserveCapacity(history.raw.count)
        for index in history.raw.indices {
            let value = cleaning.next(raw: history.raw[index], isMeasured: history.isMeasured[index], past: load)
            load.append(value.load)
            isValid.append(value.isValid)
        }
    }

    var slotsPerDay: Int { history.grid.resolution.slotsPerDay }

    func value(_ index: Int) -> LoadCleaning.Value { LoadCleaning.Value(load: load[index], isValid: isValid[index]) }
}
