import EnergyModel

/// How unlike a day is to the event day where no event disturbed it.
struct DayLikeness {
    let course: LoadCourse
    private let slots: [(slot: ClockSlot, actual: Double)]
    private let minimumCoverage: Double

    init(course: LoadCourse, request: BaselineRequest, eventDate: CivilDate, rule: BaselineRule) {
        self.course = course
        minimumCoverage = rule.minimumCoverage
        slots = rule.comparedRanges(event: request.event, zone: request.zone).flatMap { range in
            course.ruler.pieces(of: range, origin: eventDate).compactMap { piece in
                course.mean(over: piece.range).map { (piece.slot, $0.value) }
            }
        }
    }

    /// Mean squared difference in kW² over the slots both days have; nil when these are too few.
    func distance(to date: CivilDate) -> Double? {
        let differences = slots.compactMap { slot, actual in course.mean(slot, on: date).map { $0.value - actual } }
        guard !differences.isEmpty, Double(differences.count) >= minimumCoverage * Double(slots.count) else {
            return nil
        }
        return differences.reduce(0) { $0 + $1 * $1 } / Double(differences.count)
    }
}
