import DemandResponse
import EnergyModel
import Testing

@Suite("What moves a baseline") struct InfluenceTests {
    private static let event = utcSpan("2026-08-20T14:00:00Z", "2026-08-20T18:00:00Z")

    private static func touched(_ rule: BaselineRule, _ start: String, _ end: String) -> [InfluenceWindow] {
        rule.influenceWindows(
            touchedBy: utcSpan("2026-08-20T\(start):00Z", "2026-08-20T\(end):00Z"), event: event, notifiedAt: nil,
            zone: .utc)
    }

    @Test(
        "an action touches the adjustment window or not",
        arguments: [
            ("08:00", "10:00", false), ("09:59", "10:01", true), ("11:00", "12:00", true), ("12:59", "13:00", true),
            ("13:00", "14:00", false), ("14:00", "18:00", false), ("09:00", "18:00", true),
        ])
    func adjustment(start: String, end: String, isTouched: Bool) {
        #expect(Self.touched(.caiso10In10, start, end).isEmpty != isTouched)
    }

    @Test("the warning says when, whose and what it does")
    func warning() {
        let window = Self.touched(.caiso10In10, "12:00", "12:15").first
        #expect(
            window?.warning(zone: .utc)
                == "10:00-13:00 is the adjustment window of caiso-10-in-10: less load there lowers the baseline, more load "
                + "raises it")
    }

    @Test("rules made of the event day itself are touched there; firm service never; a notification not given not yet")
    func others() {
        #expect(Self.touched(.sameDay3Plus2, "19:30", "20:00").map(\.role) == [.basis])
        #expect(Self.touched(.sameDay3Plus2, "18:00", "19:00").isEmpty)
        #expect(Self.touched(.matchDay3, "03:00", "04:00").map(\.role) == [.basis])
        #expect(Self.touched(.matchDay3, "13:00", "14:00").isEmpty)
        #expect(Self.touched(.isoNewEngland, "00:00", "23:00").isEmpty)
        let told = BaselineRule.isoNewEngland
            .influenceWindows(event: Self.event, notifiedAt: utcMoment("2026-08-20T13:20:00Z"), zone: .utc)
        #expect(told.map(\.range) == [utcSpan("2026-08-20T13:05:00Z", "2026-08-20T13:20:00Z")])
        let firm = BaselineRule.firmServiceLevel(
            FirmServiceLevel(level: Power(kilowatts: 1), peakLoadContribution: nil))
        #expect(Self.touched(firm, "00:00", "23:00").isEmpty)
    }
}

@Suite("Fit statistics") struct FitStatisticsTests {
    @Test("CV(RMSE) and NMBE as Guideline 14 has them")
    func byHand() throws {
        // Residuals -10, 20: squares 500; mean 150.
        let fit = try #require(FitStatistics(observed: [100, 200], predicted: [110, 180]))
        #expect(isNear(fit.rmse, 250.0.squareRoot()) && isNear(fit.cvrmse, 250.0.squareRoot() / 150))
        #expect(isNear(fit.adjustedCVRMSE, 500.0.squareRoot() / 150) && isNear(fit.nmbe, 10.0 / 300))
        #expect(fit.meetsGuideline14(.hourly) && fit.meetsGuideline14(.monthly))
        let coarse = try #require(FitStatistics(observed: [100, 100], predicted: [80, 120], parameters: 2))
        #expect(coarse.adjustedCVRMSE == nil && isNear(coarse.cvrmse, 0.2) && isNear(coarse.nmbe, 0))
        #expect(coarse.meetsGuideline14(.hourly) && !coarse.meetsGuideline14(.monthly))
        let biased = try #require(FitStatistics(observed: [100, 100], predicted: [89, 89]))
        #expect(!biased.meetsGuideline14(.hourly))
    }

    @Test("without figures there are no statistics")
    func none() {
        #expect(FitStatistics(observed: [], predicted: []) == nil)
        #expect(FitStatistics(observed: [1], predicted: []) == nil)
        #expect(FitStatistics(observed: [1, -1], predicted: [0, 0]) == nil)
    }
}
