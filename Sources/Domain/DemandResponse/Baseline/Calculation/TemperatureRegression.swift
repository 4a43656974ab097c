import EnergyModel

/// Load as `a + b·T` for each slot of the clock, by least squares over the days found.
struct TemperatureRegression {
    private struct Line {
        var intercept: Double
        var slope: Double
        func load(at temperature: Double) -> Double { intercept + slope * temperature }
    }

    let course: LoadCourse
    let temperatures: LoadCourse
    let request: BaselineRequest
    let eventPieces: [SlotPiece]

    init(course: LoadCourse, request: BaselineRequest, eventPieces: [SlotPiece]) {
        self.course = course
        self.request = request
        self.eventPieces = eventPieces
        temperatures = LoadCourse(request.temperatures, ruler: course.ruler)
    }

    /// Throws when the event day, or all the days before it, have no temperature in the event window.
    func baseline(over selected: SelectedDays) throws(BaselineProblem) -> RawBaseline {
        for piece in eventPieces where temperatures.mean(over: piece.range) == nil {
            throw .temperaturesMissing(piece.range)
        }
        guard let fit = fit(over: selected.days) else { throw .temperaturesMissing(request.event) }
        return RawBaseline(selected, fit: fit) { piece in
            guard let temperature = temperatures.mean(over: piece.range),
                let line = line(for: piece.slot, over: selected.days)
            else { return nil }
            return line.load(at: temperature.value)
        }
    }

    private func points(_ slot: ClockSlot, _ days: [CivilDate]) -> [(temperature: Double, load: Double)] {
        days.compactMap { day in
            guard let temperature = temperatures.mean(slot, on: day), let load = course.mean(slot, on: day) else {
                return nil
            }
            return (temperature.value, load.value)
        }
    }

    /// A level line where the temperatures do not differ; nil without points.
    private func line(for slot: ClockSlot, over days: [CivilDate]) -> Line? {
        let points = points(slot, days)
        guard !points.isEmpty else { return nil }
        let count = Double(points.count)
        let temperature = points.reduce(0) { $0 + $1.temperature } / count
        let load = points.reduce(0) { $0 + $1.load } / count
        let spread = points.reduce(0) { $0 + ($1.temperature - temperature) * ($1.temperature - temperature) }
        let common = points.reduce(0) { $0 + ($1.temperature - temperature) * ($1.load - load) }
        // Below a hundredth of a kelvin of standard deviation a slope would be noise.
        let slope = spread / count > 1e-4 ? common / spread : 0
        return Line(intercept: load - slope * temperature, slope: slope)
    }

    /// Over all points of the event's slots; two parameters each.
    private func fit(over days: [CivilDate]) -> FitStatistics? {
        var (observed, predicted, parameters) = ([Double](), [Double](), 0)
        for slot in Set(eventPieces.map(\.slot)).sorted() {
            guard let line = line(for: slot, over: days) else { continue }
            parameters += 2
            for point in points(slot, days) {
                observed.append(point.load)
                predicted.append(line.load(at: point.temperature))
            }
        }
        return FitStatistics(observed: observed, predicted: predicted, parameters: parameters)
    }
}
