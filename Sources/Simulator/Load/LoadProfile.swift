import EnergyModel

/// How a kind of building uses power, as shares of its size.
struct LoadProfile: Sendable {
    /// Always on.
    let base: Double
    /// Added at full activity.
    let activity: Double
    /// Activity (0...1) at each full local hour; between hours it runs straight.
    let weekday: [Double]
    let weekend: [Double]
    /// Activity jumps at shift changes instead.
    let isStepped: Bool
    /// Per °C above 18 and below 12, at full activity; half of it when nobody is there.
    let cooling: Double
    let heating: Double
    /// Highest share that noise adds or takes.
    let noise: Double

    func share(local: LocalCalendar.Moment, celsius: Double) -> Double {
        let active = activity(local)
        let climate = cooling * max(0, celsius - 18) + heating * max(0, 12 - celsius)
        return base + activity * active + climate * (0.5 + 0.5 * active)
    }

    private func activity(_ local: LocalCalendar.Moment) -> Double {
        let hours = local.isWeekend ? weekend : weekday
        let hour = min(23, Int(local.hour))
        guard !isStepped else { return hours[hour] }
        let next = hours[(hour + 1) % 24]
        return hours[hour] + (next - hours[hour]) * (local.hour - Double(hour))
    }

    static func of(_ kind: FacilityKind) -> LoadProfile {
        switch kind {
        case .office, .other: office
        case .hospital: hospital
        case .factory: factory
        case .dataCentre: dataCentre
        case .school: school
        case .store: store
        }
    }

    /// Hours 0-23 from 24 digits: 0 is nothing, 9 is full activity.
    private static func hours(_ digits: StaticString) -> [Double] {
        UnsafeBufferPointer(start: digits.utf8Start, count: digits.utf8CodeUnitCount).map { Double($0 - 48) / 9 }
    }

    private static let office = LoadProfile(
        base: 0.28, activity: 0.55, weekday: hours("000001478999899985321000"),
        weekend: hours("000000111222222111000000"),
        isStepped: false, cooling: 0.016, heating: 0.007, noise: 0.04)
    private static let hospital = LoadProfile(
        base: 0.52, activity: 0.30, weekday: hours("222223578999998877654332"),
        weekend: hours("222223456777776665543222"),
        isStepped: false, cooling: 0.013, heating: 0.006, noise: 0.03)
    private static let factory = LoadProfile(
        base: 0.15, activity: 0.75, weekday: hours("222222999999999888888882"),
        weekend: hours("111111333333331111111111"),
        isStepped: true, cooling: 0.004, heating: 0.003, noise: 0.07)
    private static let dataCentre = LoadProfile(
        base: 0.80, activity: 0.08, weekday: hours("333333456788888888876543"),
        weekend: hours("333333345566666666655433"),
        isStepped: false, cooling: 0.007, heating: 0, noise: 0.015)
    private static let school = LoadProfile(
        base: 0.16, activity: 0.64, weekday: hours("000000269999998521110000"),
        weekend: hours("000000000111111000000000"),
        isStepped: false, cooling: 0.012, heating: 0.010, noise: 0.05)
    private static let store = LoadProfile(
        base: 0.30, activity: 0.50, weekday: hours("000000124689999999998410"),
        weekend: hours("000000013699999999998300"),
        isStepped: false, cooling: 0.017, heating: 0.005, noise: 0.04)
}
