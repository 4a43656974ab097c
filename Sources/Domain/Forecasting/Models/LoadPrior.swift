import EnergyModel

/// What a building of a kind is likely to draw before anything of it was measured: a workday and a closed day, hour by hour.
package struct LoadPrior: Sendable {
    /// Expected mean load in units of the series; nil when nothing is known of the size.
    package let meanLoad: Double?
    private let workday: [Float]
    private let closed: [Float]

    /// `contractDemand` gives the size; without it only the shape is known.
    package init(kind: FacilityKind, contractDemand: Power? = nil) {
        let course = LoadPrior.course(kind)
        let workday = (0..<24).map { hour in
            course.night + (course.day - course.night) * LoadPrior.presence(hour, course.opens, course.closes)
        }
        closed = (0..<24).map { hour in
            course.night
                + (course.weekend - course.night) * LoadPrior.presence(hour, course.opens + 1, course.closes - 1)
        }
        self.workday = workday
        meanLoad = contractDemand.flatMap { $0.kilowatts.isFinite && $0.kilowatts > 0 ? $0.kilowatts : nil }
            .map { $0 * Double(workday.reduce(0, +) / 24) }
    }

    /// Share of the contract demand.
    func shape(_ dayClass: DayClass, hour: Int) -> Float { dayClass == .workday ? workday[hour] : closed[hour] }

    /// Mean of a workday's shape.
    var meanShape: Float { workday.reduce(0, +) / 24 }

    /// Load in units of the series; nil when the size is unknown.
    func load(_ dayClass: DayClass, hour: Int) -> Float? {
        meanLoad.map { Float($0) * shape(dayClass, hour: hour) / meanShape }
    }

    /// Typical load in units of the series, 0 when unknown.
    var scale: Float { meanLoad.map { Float($0) } ?? 0 }

    /// Shares of the contract demand at night, on a workday and on a closed day, and the hours between which people are in.
    /// Rounded from the shapes of the US DOE commercial reference buildings.
    private static func course(
        _ kind: FacilityKind
    ) -> (night: Float, day: Float, weekend: Float, opens: Int, closes: Int) {
        switch kind {
        case .office: (0.25, 0.65, 0.3, 7, 18)
        case .hospital: (0.5, 0.7, 0.6, 6, 20)
        case .factory: (0.3, 0.65, 0.3, 6, 18)
        case .dataCentre: (0.65, 0.7, 0.68, 8, 18)
        case .school: (0.2, 0.55, 0.2, 7, 16)
        case .store: (0.25, 0.65, 0.6, 8, 21)
        case .other: (0.35, 0.6, 0.4, 7, 19)
        }
    }

    /// 0 at night, 1 while open, two hours of slope at each end.
    private static func presence(_ hour: Int, _ opens: Int, _ closes: Int) -> Float {
        let rise = (Float(hour) + 0.5 - Float(opens)) / 2 + 0.5
        let fall = (Float(closes) - Float(hour) - 0.5) / 2 + 0.5
        return min(1, max(0, min(rise, fall)))
    }
}
