import EnergyModel

/// All that the standing screens show, at one moment. The engine makes one about once a second.
package struct OperatorSnapshot: Sendable, Hashable, Codable {
    /// The engine's clock.
    package var at: UTCInstant
    package var sequence: UInt64
    /// True when it was rebuilt from stored data for a past moment.
    package var isHistorical: Bool
    package var facilities: [FacilitySnapshot]
    package var deadLetters: [DeadLetterCount]
    package var deadLettersPerMinute: Double
    package var health: HealthSnapshot
    /// Events and overrides that are not settled, soonest first.
    package var openEvents: [DemandResponseEvent]
    /// All facilities together; nil before the first forecast.
    package var forecast: FleetForecast?

    package init(
        at: UTCInstant, sequence: UInt64, isHistorical: Bool, facilities: [FacilitySnapshot],
        deadLetters: [DeadLetterCount], deadLettersPerMinute: Double, health: HealthSnapshot,
        openEvents: [DemandResponseEvent] = [], forecast: FleetForecast? = nil
    ) {
        self.at = at
        self.sequence = sequence
        self.isHistorical = isHistorical
        self.facilities = facilities
        self.deadLetters = deadLetters
        self.deadLettersPerMinute = deadLettersPerMinute
        self.health = health
        self.openEvents = openEvents
        self.forecast = forecast
    }

    package var pendingDeadLetters: Int { deadLetters.lazy.filter { $0.state == .pending }.reduce(0) { $0 + $1.count } }
}

package struct FacilitySnapshot: Sendable, Hashable, Codable {
    package var id: FacilityID
    package var name: String
    package var kind: FacilityKind
    package var region: String
    package var timeZone: String
    package var isDescribed: Bool
    package var contractDemand: Power?
    /// Sum over meters whose newest reading is usable (younger than 5 min); nil when there is none.
    package var load: Power?
    /// Event time of the newest reading of any meter; nil before the first.
    package var newest: UTCInstant?
    package var meters: Int
    /// Meters whose newest reading is fresh (younger than 45 s), and those usable.
    package var freshMeters: Int
    package var usableMeters: Int
    /// Good readings as a share of those expected over the last 15 min, 0...1.
    package var qualityShare: Double
    /// Mean kW of the last 60 one-minute windows, oldest first; nil for a window without data.
    package var lastHour: [Float?]
    /// Highest 15-min mean since local midnight; nil when there is none.
    package var peakToday: Power?
    /// The building's part in an event that is not settled; the soonest when there are several.
    package var response: FacilityResponse?
    /// Nil before the first forecast.
    package var forecast: ForecastBrief?

    package init(
        id: FacilityID, name: String, kind: FacilityKind, region: String, timeZone: String, isDescribed: Bool,
        contractDemand: Power?, load: Power?, newest: UTCInstant?, meters: Int, freshMeters: Int, usableMeters: Int,
        qualityShare: Double, lastHour: [Float?], peakToday: Power?, response: FacilityResponse? = nil,
        forecast: ForecastBrief? = nil
    ) {
        self.id = id
        self.name = name
        self.kind = kind
        self.region = region
        self.timeZone = timeZone
        self.isDescribed = isDescribed
        self.contractDemand = contractDemand
        self.load = load
        self.newest = newest
        self.meters = meters
        self.freshMeters = freshMeters
        self.usableMeters = usableMeters
        self.qualityShare = qualityShare
        self.lastHour = lastHour
        self.peakToday = peakToday
        self.response = response
        self.forecast = forecast
    }

    package func freshness(at now: UTCInstant) -> Freshness {
        newest.map { Freshness(age: now.since($0)) } ?? .bad
    }
}

package struct FacilityResponse: Sendable, Hashable, Codable {
    package var event: DREventID
    package var state: LegState
    package var window: TimeRange
    package var expected: Power
    /// Newest measured reduction; nil before the first.
    package var achieved: Power?
    /// The load it would have without the event; nil when nobody can tell.
    package var baseline: Power?
    /// How it was found, e.g. `same-day-hour-before`, which is a heuristic; nil without one.
    package var baselineMethod: String?
    package init(
        event: DREventID, state: LegState, window: TimeRange, expected: Power, achieved: Power?, baseline: Power?,
        baselineMethod: String? = nil
    ) {
        self.event = event
        self.state = state
        self.window = window
        self.expected = expected
        self.achieved = achieved
        self.baseline = baseline
        self.baselineMethod = baselineMethod
    }
}

package struct HealthSnapshot: Sendable, Hashable, Codable {
    package var version: String
    package var startedAt: UTCInstant
    package var mode: String
    package var dependencies: [DependencyStatus]
    package var breakers: [BreakerStatus]
    package var queues: [QueueStatus]
    package var feeds: [FeedStatus]
    package var partitions: [PartitionStatus]
    package var rates: [RateStatus]
    package var latencies: [LatencyStatus]
    package var counters: [CounterStatus]
    package var residentBytes: Int64
    package var diskFreeBytes: Int64
    package var diskTotalBytes: Int64

    package init(
        version: String, startedAt: UTCInstant, mode: String, dependencies: [DependencyStatus],
        breakers: [BreakerStatus],
        queues: [QueueStatus], feeds: [FeedStatus], partitions: [PartitionStatus], rates: [RateStatus],
        latencies: [LatencyStatus], counters: [CounterStatus], residentBytes: Int64, diskFreeBytes: Int64,
        diskTotalBytes: Int64
    ) {
        self.version = version
        self.startedAt = startedAt
        self.mode = mode
        self.dependencies = dependencies
        self.breakers = breakers
        self.queues = queues
        self.feeds = feeds
        self.partitions = partitions
        self.rates = rates
        self.latencies = latencies
        self.counters = counters
        self.residentBytes = residentBytes
        self.diskFreeBytes = diskFreeBytes
        self.diskTotalBytes = diskTotalBytes
    }

    /// Readings in the log that aggregation has not stored.
    package var lag: Int64 { partitions.reduce(0) { $0 + $1.lag } }
}

package struct DependencyStatus: Sendable, Hashable, Codable {
    package enum State: String, Sendable, Codable { case up, degraded, down }
    package var name: String
    package var state: State
    package var detail: String
    package var checkedAt: UTCInstant
    package init(name: String, state: State, detail: String, checkedAt: UTCInstant) {
        self.name = name
        self.state = state
        self.detail = detail
        self.checkedAt = checkedAt
    }
}

package struct BreakerStatus: Sendable, Hashable, Codable {
    package enum State: String, Sendable, Codable { case closed, open, halfOpen, isolated }
    package var name: String
    package var state: State
    package var consecutiveFailures: Int
    package var calls: Int
    package var failures: Int
    /// Calls turned away without touching the dependency.
    package var refused: Int
    /// Changes of state since the start.
    package var transitions: Int
    package var since: UTCInstant
    package var nextProbe: UTCInstant?
    package init(
        name: String, state: State, consecutiveFailures: Int, calls: Int, failures: Int, refused: Int = 0,
        transitions: Int = 0, since: UTCInstant, nextProbe: UTCInstant?
    ) {
        self.name = name
        self.state = state
        self.consecutiveFailures = consecutiveFailures
        self.calls = calls
        self.failures = failures
        self.refused = refused
        self.transitions = transitions
        self.since = since
        self.nextProbe = nextProbe
    }
}

package struct QueueStatus: Sendable, Hashable, Codable {
    package var name: String
    package var items: Int64
    package var bytes: Int64
    /// The cap in bytes; back-pressure begins at 80 % of it and ends at 60 %.
    package var capBytes: Int64
    package var isRefusing: Bool
    package init(name: String, items: Int64, bytes: Int64, capBytes: Int64, isRefusing: Bool) {
        self.name = name
        self.items = items
        self.bytes = bytes
        self.capBytes = capBytes
        self.isRefusing = isRefusing
    }
}

package struct PartitionStatus: Sendable, Hashable, Codable {
    package var topic: String
    package var group: String
    package var index: Int
    package var lag: Int64
    package var endOffset: Int64
    /// Seconds until retention overtakes the oldest unconsumed record; nil when nothing waits.
    package var secondsToRetentionLoss: Int64?
    package init(
        topic: String, group: String, index: Int, lag: Int64, endOffset: Int64, secondsToRetentionLoss: Int64?
    ) {
        self.topic = topic
        self.group = group
        self.index = index
        self.lag = lag
        self.endOffset = endOffset
        self.secondsToRetentionLoss = secondsToRetentionLoss
    }
}

package struct RateStatus: Sendable, Hashable, Codable {
    package var name: String
    /// Mean over the last 10 s.
    package var perSecond: Double
    /// Per-second means of the last 60 s, oldest first.
    package var history: [Float]
    package init(name: String, perSecond: Double, history: [Float]) {
        self.name = name
        self.perSecond = perSecond
        self.history = history
    }
}

package struct LatencyStatus: Sendable, Hashable, Codable {
    package var name: String
    package var p50Milliseconds: Double
    package var p99Milliseconds: Double
    package var maxMilliseconds: Double
    package var count: UInt64
    package init(
        name: String, p50Milliseconds: Double, p99Milliseconds: Double, maxMilliseconds: Double, count: UInt64
    ) {
        self.name = name
        self.p50Milliseconds = p50Milliseconds
        self.p99Milliseconds = p99Milliseconds
        self.maxMilliseconds = maxMilliseconds
        self.count = count
    }
}

/// A count since start, e.g. `readings.duplicate`, `readings.late`, `readings.clock_skewed`.
package struct CounterStatus: Sendable, Hashable, Codable {
    package var name: String
    package var value: UInt64
    package init(name: String, value: UInt64) {
        self.name = name
        self.value = value
    }
}
