import EnergyModel

extension EngineSettings {
    package struct Weather: Sendable {
        /// How often each cell's weather is fetched. The window in which a fetch is tried again is as long (FC-03).
        package var interval = Duration.seconds(900)
        /// Tries of one provider in a row, and the waits between them: 1, 2, 4 s (FC-02).
        package var attempts = 3
        package var retryFirst = Duration.seconds(1)
        package var retryLimit = Duration.seconds(4)
        /// Waits after all providers failed: 30, 60, 120 … s while the window lasts (FC-03, CF-22).
        package var roundFirst = Duration.seconds(30)
        package var roundLimit = Duration.seconds(480)
        /// A provider that failed is passed over for so long by other cells, and one whose quota is used up until it said,
        /// within these bounds.
        package var rest = Duration.seconds(20)
        package var quotaRest = Duration.seconds(60)
        package var quotaRestLimit = Duration.seconds(3600)
        /// Deadline of one call.
        package var timeout = Duration.seconds(10)
        /// Calls at the same time.
        package var concurrent = 4
        /// Cells fetched at most; those of further facilities are told of and left out.
        package var cellLimit = 10_000
        /// A provider that fails for so long is left alone by its breaker (FC-04), which then asks again after the cool-down,
        /// doubled each time up to the limit.
        package var breakerAfter = Duration.seconds(300)
        package var coolDown = Duration.seconds(60)
        package var longestCoolDown = Duration.seconds(900)
        /// How often each provider is asked for the canary's place, and the failures in a row that are reported (FC-11).
        package var canaryInterval = Duration.seconds(300)
        package var canaryFailures = 2
        /// Age up to which fetched weather counts as live.
        package var liveFor = Duration.seconds(1800)
        /// An answer issued longer ago is stale.
        package var staleAfter = Duration.seconds(21_600)
        /// Hours ahead that an answer must reach, the present one included.
        package var hoursAhead = 24
        /// What °C can be, at all, from one hour to the next, and against what is known of the same hours.
        package var lowest = -75.0
        package var highest = 58.0
        package var hourlyJump = 15.0
        package var knownJump = 12.0
        /// Weather fetched longer ago says nothing against an answer: a wrong one that got in cannot keep right ones out.
        package var knownFor = Duration.seconds(43_200)
        /// Age of the weather held in memory (FC-05), of what the record store holds, for forecasters to learn from, and of what
        /// is counted of providers (FC-15).
        package var keep = Duration.seconds(7 * 86_400)
        package var history = Duration.seconds(400 * 86_400)
        package var keepCounts = Duration.seconds(400 * 86_400)
        package init() {}
    }
}
