import DemandResponse
import EnergyModel

/// What one facility did in one event (DOMAIN §5.6), without its place in the chain. Times are RFC 3339 in UTC. What
/// nobody measured is absent, never zero.
struct ParticipationReport: Codable, Sendable {
    struct EventPart: Codable, Sendable {
        var id: String
        var programID: String
        var source: String
        var modificationDateTime: String
        var test = "none"
        var status: String
        var start: String
        var end: String
    }
    struct FacilityPart: Codable, Sendable {
        var id: String
        var timeZone: String
    }
    struct Timeline: Codable, Sendable {
        var receivedAt: String
        var dispatchStart: String?
        var firstConfirmed: String?
        var released: String?
    }
    struct Commitment: Codable, Sendable {
        var type = "delta_kw"
        var kw: Double
    }
    struct Baseline: Codable, Sendable {
        var preset: String
        var version = 1
        var quality: String
        var window: [String]
        var kw: Double?
    }
    struct Interval: Codable, Sendable {
        var start: String
        var durationSeconds = 900
        var actualKWh: Double?
        var baselineKWh: Double?
        var reductionKWh: Double?
        var quality: String
    }
    struct Result: Codable, Sendable {
        var energyKWh: Double?
        var averageKW: Double?
        var minimumIntervalKW: Double?
        var percentOfCommitment: Double?
    }
    struct Command: Codable, Sendable {
        var id: String
        var point: String
        var value: Double
        var priority: Int
        var sentAt: String?
        var executionId: String?
        var outcome: String
        var releasedAt: String?
    }
    struct Override: Codable, Sendable {
        var id: String
        var point: String
        var by: String
        var reason: String
        var from: String
        var to: String
    }
    struct DataQuality: Codable, Sendable {
        var expected: Int
        var ok: Int
        var estimated: Int
        var missing: Int
    }

    var reportVersion = 1
    var event: EventPart
    var facility: FacilityPart
    var timeline: Timeline
    var commitment: Commitment
    var baseline: Baseline
    var intervals: [Interval]
    var result: Result
    var commands: [Command]
    var overrides: [Override]
    var optState: String
    var dataQuality: DataQuality
}

/// What a report is made of.
struct ReportMaterial: Sendable {
    var event: DemandResponseEvent
    var facility: Facility
    var leg: LegProgress
    var commands: [BuildingCommand]
    /// All of the event's, ascending.
    var history: [DRTransition]
    var baseline: Power?
    /// Quarter hours of the window, by time.
    var rollups: [Rollup]
    var meters: Int
    var overrides: [ParticipationReport.Override]

    func report() -> ParticipationReport {
        let intervals = intervals()
        return ParticipationReport(
            event: .init(
                id: event.id.text, programID: event.program, source: event.source,
                modificationDateTime: event.modifiedAt.iso8601, status: event.status.rawValue,
                start: event.window.start.iso8601, end: event.window.end.iso8601),
            facility: .init(id: facility.id.text, timeZone: facility.timeZone), timeline: timeline(),
            commitment: .init(kw: rounded(expected.kilowatts)),
            baseline: .init(
                preset: SameDayBaseline.name, quality: ForecastQuality.heuristic.rawValue,
                window: [baselineRange.start.iso8601, baselineRange.end.iso8601],
                kw: baseline.map { rounded($0.kilowatts) }),
            intervals: intervals, result: result(intervals), commands: commands.map(line), overrides: overrides,
            optState: leg.ending == .optedOut ? "out" : "in", dataQuality: quality())
    }

    private var baselineRange: TimeRange { SameDayBaseline.range(before: event.window) }

    /// What the newest plan promised of the facility before anything was taken back.
    private var expected: Power {
        let plans = history.compactMap { transition -> LegPlan? in
            guard case .plan(let plan) = transition.change else { return nil }
            return plan.legs.first { $0.facility == facility.id }
        }
        return plans.last { $0.expected > .zero }?.expected ?? plans.last?.expected ?? .zero
    }

    private func timeline() -> ParticipationReport.Timeline {
        .init(
            receivedAt: event.receivedAt.iso8601,
            dispatchStart: commands.compactMap(\.progress.firstSentAt).min()?.iso8601,
            firstConfirmed: commands.compactMap(\.progress.confirmedAt).min()?.iso8601,
            released: commands.compactMap(releasedAt).max()?.iso8601)
    }

    private func releasedAt(_ command: BuildingCommand) -> UTCInstant? {
        history.last { transition in
            guard case .command(let facility, let sequence, let progress) = transition.change else { return false }
            return facility == command.facility && sequence == command.plan.sequence && progress.phase == .released
        }?.at
    }

    /// Whole quarter hours of the window.
    private func intervals() -> [ParticipationReport.Interval] {
        let known = Dictionary(rollups.map { ($0.start, $0) }, uniquingKeysWith: { $1 })
        let step = Granularity.quarterHour.milliseconds
        let first = (event.window.start.milliseconds + step - 1) / step
        let last = event.window.end.milliseconds / step
        return (first..<max(first, last)).map { number in
            let start = UTCInstant(milliseconds: number * step)
            let rollup = known[start].flatMap { $0.kilowattHours.isFinite && $0.count > 0 ? $0 : nil }
            let base = baseline.map { $0.kilowatts / 4 }
            let actual = rollup?.kilowattHours
            return .init(
                start: start.iso8601, actualKWh: actual.map(rounded), baselineKWh: base.map(rounded),
                reductionKWh: base.flatMap { base in actual.map { rounded(base - $0) } },
                quality: rollup.map { $0.qualityShare(expectedPerSlot: meters) >= 0.9 ? "OK" : "ESTIMATED" }
                    ?? "MISSING")
        }
    }

    private func result(_ intervals: [ParticipationReport.Interval]) -> ParticipationReport.Result {
        let reductions = intervals.compactMap(\.reductionKWh)
        guard !reductions.isEmpty else { return .init() }
        let energy = reductions.reduce(0, +)
        let average = energy / (Double(reductions.count) / 4)
        return .init(
            energyKWh: rounded(energy), averageKW: rounded(average),
            minimumIntervalKW: reductions.min().map { rounded($0 * 4) },
            percentOfCommitment: expected > .zero ? rounded(average / expected.kilowatts * 100) : nil)
    }

    private func line(_ command: BuildingCommand) -> ParticipationReport.Command {
        let progress = command.progress
        let outcome =
            progress.confirmedAt != nil
            ? "confirmed" : progress.isAmbiguous ? "unknown" : progress.generation == 0 ? "not_sent" : "failed"
        return .init(
            id: command.key.text, point: command.plan.point.text, value: command.plan.value,
            priority: command.plan.slot.rawValue, sentAt: progress.firstSentAt?.iso8601,
            executionId: progress.executionID, outcome: outcome, releasedAt: releasedAt(command)?.iso8601)
    }

    private func quality() -> ParticipationReport.DataQuality {
        let slots = Int(event.window.duration.milliseconds / Granularity.quarterHour.milliseconds)
        let expected = slots * Granularity.quarterHour.slots * meters
        let count = rollups.reduce(0) { $0 + Int($1.count) }
        let ok = rollups.reduce(0) { $0 + Int($1.goodCount) }
        return .init(expected: expected, ok: ok, estimated: count - ok, missing: max(0, expected - count))
    }

    /// To a thousandth: so that the text does not depend on the last bit of a sum.
    private func rounded(_ value: Double) -> Double { (value * 1_000).rounded() / 1_000 }
}
