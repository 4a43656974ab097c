import DemandResponse
import EnergyModel

func localDay(_ text: String) -> CivilDate {
    guard let date = CivilDate(text) else { preconditionFailure("\(text) is no date") }
    return date
}

func utcMoment(_ text: String) -> UTCInstant {
    guard let instant = UTCInstant(iso8601: text) else { preconditionFailure("\(text) is no moment") }
    return instant
}

func utcSpan(_ start: String, _ end: String) -> TimeRange { TimeRange(start: utcMoment(start), end: utcMoment(end)) }

func isNear(_ left: Double?, _ right: Double) -> Bool { left.map { abs($0 - right) <= 1e-9 } ?? false }
func isNear(_ left: Power?, _ right: Double) -> Bool { isNear(left?.kilowatts, right) }

/// A customer worked by hand: whole days at one load, hours changed where a test needs it.
struct Customer {
    var zone = ZoneOffsets.utc
    var quality = ReadingQuality.validated
    private var loads: [UTCInstant: Double] = [:]

    init(zone: ZoneOffsets = .utc) { self.zone = zone }

    /// Every quarter-hour of these local days at a constant load.
    mutating func days(_ loads: KeyValuePairs<String, Double>) {
        for (text, kilowatts) in loads { set(zone.day(localDay(text)), kilowatts) }
    }

    /// The hours that begin at `hours` of a local day.
    mutating func hours(_ hours: ClosedRange<Int>, of text: String, _ kilowatts: Double) {
        set(
            TimeRange(
                start: zone.moment(of: localDay(text), millisecondOfDay: Int64(hours.lowerBound) * 3_600_000),
                end: zone.moment(of: localDay(text), millisecondOfDay: Int64(hours.upperBound + 1) * 3_600_000)),
            kilowatts)
    }

    mutating func set(_ range: TimeRange, _ kilowatts: Double?) {
        var start = range.start
        while start < range.end {
            loads[start] = kilowatts
            start = start.advanced(by: .seconds(900))
        }
    }

    var samples: [LoadSample] {
        loads.sorted { $0.key < $1.key }.map { start, kilowatts in
            LoadSample(
                span: TimeRange(start: start, end: start.advanced(by: .seconds(900))),
                mean: Power(kilowatts: kilowatts), quality: quality)
        }
    }

    /// An event over the hours that begin at `hours`.
    func request(
        _ text: String, hours: ClosedRange<Int> = 14...15, exclusions: [BaselineExclusion] = [],
        holidays: HolidayTable = .nerc, notifiedAt: UTCInstant? = nil, commitment: Double? = nil
    ) -> BaselineRequest {
        BaselineRequest(
            event: TimeRange(
                start: zone.moment(of: localDay(text), millisecondOfDay: Int64(hours.lowerBound) * 3_600_000),
                end: zone.moment(of: localDay(text), millisecondOfDay: Int64(hours.upperBound + 1) * 3_600_000)),
            notifiedAt: notifiedAt, zone: zone, holidays: holidays, exclusions: exclusions, load: samples,
            commitment: commitment.map(Power.init(kilowatts:)))
    }
}

/// The weekdays before Thursday 2026-08-20, newest first.
let weekdaysBefore20August: [CivilDate] = (1...45).map { localDay("2026-08-20").advanced(by: -$0) }
    .filter { !$0.weekday.isWeekend }

extension Customer {
    /// Loads of the weekdays before 2026-08-20, newest first; 100 kW on the event day.
    static func weekdays(_ loads: [Double]) -> Customer {
        var customer = Customer()
        for (date, kilowatts) in zip(weekdaysBefore20August, loads) {
            customer.set(customer.zone.day(date), kilowatts)
        }
        customer.days(["2026-08-20": 100])
        return customer
    }
}

func eventDay(_ text: String, note: String = "") -> BaselineExclusion {
    BaselineExclusion(date: localDay(text), kind: .demandResponse, note: note)
}

extension BaselineResult {
    func candidate(_ text: String) -> CandidateDay? { candidates.first { $0.date == localDay(text) } }

    /// Raw baseline of the event's slots, in order.
    var eventRaw: [Double] { eventPoints.compactMap { $0.raw?.kilowatts } }
    var eventAdjusted: [Double] { eventPoints.compactMap { $0.adjusted?.kilowatts } }
}
