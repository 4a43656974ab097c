import EnergyModel
import Ports
import Testing

@testable import Engine

@Suite("Whether weather can be true")
struct WeatherJudgeTests {
    private static let now = UTCInstant(seconds: 1_790_035_200 + 1234)
    private let judge = WeatherJudge(settings: EngineSettings.Weather())

    private func report(
        from hours: Int = 0, count: Int = 48, warmer: Double = 0, issued: Int? = 0
    ) -> WeatherReport {
        WeatherReport(
            hours: ScriptedProvider.hours(
                from: Self.now.advanced(by: .seconds(3600 * hours)), count, warmer: warmer),
            issuedAt: issued.map { Self.now.advanced(by: .seconds(60 * $0)) })
    }

    private func known(warmer: Double = 0, minutesAgo: Int = 15) -> CellWeather {
        var known = CellWeather()
        for hour in report(warmer: warmer).hours {
            known.take(
                WeatherObservation(
                    cell: WeatherCell(latitude: 0, longitude: 0), hour: hour.hour, source: "noaa",
                    celsius: hour.celsius, fetchedAt: Self.now.advanced(by: .seconds(-60 * minutesAgo))))
        }
        return known
    }

    private func verdict(_ report: WeatherReport, _ known: CellWeather? = nil) -> WeatherError.Code? {
        do throws(WeatherError) {
            _ = try judge.judge(report, known: known, now: Self.now)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("each kind of report has its verdict")
    func verdicts() {
        let table: [(String, WeatherReport, CellWeather?, WeatherError.Code?)] = [
            ("sound", report(), nil, nil),
            ("sound and known", report(warmer: 3), known(), nil),
            ("no word of its age", report(issued: nil), nil, nil),
            ("begins yesterday", report(from: -24, count: 72), nil, nil),
            ("six hours old", report(issued: -360), nil, nil),
            ("issued too long ago", report(issued: -361), nil, .stale),
            ("issued tomorrow", report(issued: 1440), nil, .implausible),
            ("a clock some minutes off", report(issued: 10), nil, nil),
            ("two days ago", report(from: -48), nil, .stale),
            ("ends tomorrow morning", report(count: 20), nil, .stale),
            ("begins in an hour", report(from: 1), nil, .stale),
            ("no hours", WeatherReport(hours: [], issuedAt: nil), nil, .stale),
            ("Fahrenheit, by its range", report(warmer: 60), nil, .implausible),
            ("absolute zero", report(warmer: -283), nil, .implausible),
            ("Fahrenheit, by what is known", report(warmer: 32), known(), .implausible),
            ("what is known is old", report(warmer: 32), known(minutesAgo: 721), nil),
            ("what is known was in Fahrenheit", report(), known(warmer: 32), .implausible),
        ]
        for (name, report, known, code) in table { #expect(verdict(report, known) == code, "\(name)") }
    }

    @Test("a leap from one hour to the next cannot be")
    func leaps() {
        var leaping = report()
        leaping.hours[20].celsius += 16.5
        #expect(verdict(leaping) == .implausible)
        var gap = report()
        gap.hours.remove(at: 30)
        #expect(verdict(gap) == nil, "a gap beyond the hours that are wanted")
        gap.hours.remove(at: 5)
        #expect(verdict(gap) == .stale, "a gap within them")
    }

    @Test("hours of last month and of the next are not kept: a provider cannot fill the store")
    func bounds() throws {
        var wide = report()
        let month = Duration.seconds(30 * 86_400)
        wide.hours.insert(WeatherHour(hour: Self.now.advanced(by: .zero - month), celsius: 10), at: 0)
        wide.hours.append(WeatherHour(hour: Self.now.advanced(by: month), celsius: 10))
        #expect(try judge.judge(wide, known: nil, now: Self.now) == report().hours)
    }

    @Test("a unit mistake is named as one")
    func named() {
        let cold = report()
        let mistaken = WeatherReport(
            hours: cold.hours.map { WeatherHour(hour: $0.hour, celsius: $0.celsius * 1.8 + 32) }, issuedAt: nil)
        do throws(WeatherError) {
            _ = try judge.judge(mistaken, known: known(), now: Self.now)
            Issue.record("taken")
        } catch {
            #expect(error.sentence.contains("Fahrenheit"))
        }
    }
}
