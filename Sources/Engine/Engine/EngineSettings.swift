import EnergyModel

/// Every threshold of the engine with the ledger's value as its default. The composition root maps configuration onto it.
/// Durations and bytes; rates are a second unless named otherwise.
package struct EngineSettings: Sendable {
    package var ingest = Ingest()
    package var aggregation = Aggregation()
    package var series = Series()
    package var deadLetters = DeadLetters()
    package var retention = Retention()
    package var health = Health()
    package var live = Live()
    package var canary = Canary()
    package var gaps = Gaps()
    package var operations = Operations()
    package var current = Current()
    package var response = Response()
    package var weather = Weather()
    package var forecast = Forecast()
    package var trace = Trace()
    /// Shown in Health.
    package var version = "0"
    /// `embedded`, `engine`, `ingest,aggregate` …; shown in Health.
    package var mode = "embedded"

    package init() {}

    /// What to do with a facility or meter that nobody described (ING-03).
    package enum Registration: String, Sendable, CaseIterable {
        /// Registers whatever comes.
        case open
        /// Registers everything until `facilities import` has run; afterwards only new meters of known facilities.
        case auto
        /// Registers nothing.
        case closed
    }

    package struct Ingest: Sendable {
        package var registration = Registration.auto
        /// Meters of one engine; no further one is registered or imported. Memory grows with them, about 1 kB each.
        package var meterLimit = 200_000
        /// A reading stamped further ahead of our clock is refused (ING-19).
        package var futureLimit = Duration.seconds(300)
        /// A reading stamped further back is refused (ING-19).
        package var pastLimit = Duration.seconds(90 * 86_400)
        /// Cap of the local queue, and of what aggregation has not consumed from the log, in bytes (ING-07).
        package var queueCapBytes: Int64 = 10_000_000_000
        /// Share of the cap at which senders are refused (ING-08).
        package var refuseAt = 0.8
        /// Share of the cap at which they are taken again (ING-08).
        package var resumeAt = 0.6
        /// Share of the cap that is reported once more, until it is below `refuseAt` (ING-10).
        package var alarmAt = 0.95
        /// What a refused sender is told to wait.
        package var retryAfter = Duration.seconds(5)
        /// Payload bytes being decoded and appended at once; beyond it a sender is refused for `briefRetryAfter` (ING-09).
        package var inFlightCapBytes = 64 << 20
        package var briefRetryAfter = Duration.milliseconds(200)
        /// Deadline of one append to the log or the local queue (ING-05).
        package var appendTimeout = Duration.seconds(5)
        /// Consecutive append failures that open the log's breaker (ING-06).
        package var breakerFailures = 10
        /// How long the open breaker waits for its first probe, doubled at each failure up to the limit.
        package var breakerCooldown = Duration.seconds(5)
        package var breakerCooldownLimit = Duration.seconds(60)
        /// Readings decoded before they are appended: bounds the memory of one large delivery.
        package var chunkReadings = 16_384
        /// Items moved from the local queue to the log in one go.
        package var drainItems = 20_000
        /// How often sizes are measured against the marks.
        package var markInterval = Duration.seconds(1)
    }

    package struct Aggregation: Sendable {
        package var group = "aggregation"
        /// How long after its end a window waits for its meter.
        package var grace = Duration.seconds(60)
        /// A window without news closes after this.
        package var idleTimeout = Duration.seconds(60)
        /// Open windows are stored this often.
        package var checkpointInterval = Duration.seconds(10)
        /// Readings in one step.
        package var batchItems = 20_000
        /// Readings in one step while in backlog mode (AGG-13).
        package var backlogBatchItems = 60_000
        /// Lag in readings at which backlog mode begins and ends (AGG-13).
        package var backlogEnter: Int64 = 50_000
        package var backlogLeave: Int64 = 10_000
        /// How long one poll waits for a record; bounds the delay of an idle engine's own work.
        package var pollWait = Duration.milliseconds(100)
        /// Log batches gathered into one step. Two steps are under way at once and the log lends 32 batches at most.
        package var batchesPerStep = 15
        /// Write latency above which consumption pauses for as long as the write took, at most `pauseLimit` (AGG-14).
        package var pauseLatency = Duration.seconds(1)
        package var pauseLimit = Duration.seconds(10)
        /// Decoding failures of one record in a row before it goes to the dead letters (AGG-15).
        package var poisonAttempts = 3
        /// How often late hours are recomputed, and how many in one pass.
        package var latePassInterval = Duration.seconds(1)
        package var lateHoursPerPass = 200
        /// How often the store is asked for late hours that a command of another process stored (AGG-10).
        package var lateLookInterval = Duration.seconds(10)
        /// Most (meter, hour) pairs that one recompute queues, and its longest range.
        package var recomputeHours = 200_000
        package var recomputeSpan = Duration.seconds(31 * 86_400)
        /// Readings read at once when windows are rebuilt or a range is recomputed.
        package var sliceReadings = 50_000
    }

    package struct Series: Sendable {
        /// Deadline of one write (TSDB-01, CF-05).
        package var writeTimeout = Duration.seconds(5)
        /// Deadline of one read (TSDB-12).
        package var queryTimeout = Duration.seconds(2)
        /// Consecutive write failures that open the breaker.
        package var breakerFailures = 5
        package var breakerCooldown = Duration.seconds(2)
        package var breakerCooldownLimit = Duration.seconds(30)
        /// Share of failed writes over a minute, and p99 of a write, that are reported (TSDB-05).
        package var writeErrorAlert = 0.01
        package var writeLatencyAlert = Duration.seconds(1)
        /// A reading of the last write is read back and compared this often (TSDB-04).
        package var verifyInterval = Duration.seconds(1)
        /// Attempts of a write that the store refuses for its content, before its readings go to `influx-writes-dlq` (TSDB-02).
        package var invalidAttempts = 3
        /// Back-off between attempts of one write.
        package var retryFirst = Duration.milliseconds(100)
        package var retryLimit = Duration.seconds(5)
        /// Most points an answer holds; longer ranges are thinned.
        package var pointLimit = 20_000
    }

    package struct DeadLetters: Sendable {
        package var group = "dead-letters"
        package var batchItems = 500
        /// Letters a minute that are reported (DLQ-04).
        package var growthPerMinute = 10.0
        /// Pending letters that are reported (DLQ-04).
        package var depth = 1000
        /// Failed replays after which a letter is quarantined.
        package var replayAttempts = 3
        package var countInterval = Duration.seconds(1)
        /// How long after a refused write its readings are sent again by themselves, four times as long before each further
        /// of `replayAttempts` (TSDB-02), and how often those due are looked for.
        package var retryFirst = Duration.seconds(60)
        package var retryInterval = Duration.seconds(10)
        /// How often the record store is asked for redrives that should run.
        package var redriveInterval = Duration.seconds(1)
        /// How long after ingest refused it a redrive is tried again, twice as long each time up to the limit.
        package var redriveRetryFirst = Duration.seconds(2)
        package var redriveRetryLimit = Duration.seconds(60)
        /// How long a dry run may look at letters.
        package var dryRunTimeout = Duration.seconds(10)
    }

    package struct Retention: Sendable {
        /// Age of the event log (LOG-02).
        package var log = Duration.seconds(14 * 86_400)
        /// Size of `sensor-readings` in bytes.
        package var logBytes: Int64 = 20_000_000_000
        /// Age of raw readings and of rollups (BASE-09).
        package var raw = Duration.seconds(90 * 86_400)
        package var rollups = Duration.seconds(730 * 86_400)
        /// Age below which a full disk does not shorten raw readings (TSDB-06).
        package var rawFloor = Duration.seconds(7 * 86_400)
        /// Age of the journal, of its audit trail, and of dead letters that were replayed or discarded.
        package var journal = Duration.seconds(730 * 86_400)
        package var audit = Duration.seconds(2557 * 86_400)
        package var letters = Duration.seconds(90 * 86_400)
        /// Readings that retention will take before they are consumed are reported when so little time is left (LOG-11).
        package var lossAlert = Duration.seconds(2 * 86_400)
        /// UTC hour at which the daily pass over the series store begins (TSDB-07). 0-23.
        package var offPeakHour = 3
        /// Rows or chunks dropped in one go, and the pause after it (TSDB-07).
        package var batch = 500
        package var pause = Duration.milliseconds(200)
        /// How often the log's limits and the disk are looked at.
        package var interval = Duration.seconds(60)
        /// Share of the disk in use that is reported, that shortens retention, that refuses readings (TSDB-06).
        package var diskWarn = 0.80
        package var diskAct = 0.85
        package var diskRefuse = 0.94
    }

    package struct Health: Sendable {
        package enum LivenessMode: String, Sendable, CaseIterable { case curable, strict }
        /// CF-12.
        package var livenessMode = LivenessMode.curable
        /// Lag at which the engine is not ready (HEALTH-02).
        package var readyLag: Int64 = 100_000
        /// Lag that is reported (LOG-08).
        package var lagAlert: Int64 = 10_000
        /// How often registered checks run, and the deadline of one that names none (HEALTH-04).
        package var checkInterval = Duration.seconds(5)
        package var checkTimeout = Duration.seconds(2)
        /// How long a start may take before it is told of (HEALTH-03).
        package var startBudget = Duration.seconds(60)
        /// A service loop that has not turned for so long fails liveness.
        package var stuckAfter = Duration.seconds(60)
        /// Failures in a row before a check counts as down (HEALTH-01).
        package var failuresUntilDown = 3
    }

    package struct Live: Sendable {
        package var snapshotInterval = Duration.seconds(1)
        /// CONSOLE §1: a reading is stale after the first, bad after the second.
        package var staleAfter = Duration.seconds(45)
        package var badAfter = Duration.seconds(300)
    }

    package struct Canary: Sendable {
        /// ING-15.
        package var interval = Duration.seconds(60)
        package var misses = 3
        /// Deadline of one publication.
        package var timeout = Duration.seconds(10)
        package var facility = "switchyard-canary"
        package var meter = "switchyard-canary-1"
    }

    package struct Gaps: Sendable {
        /// How often missing slots are looked for (ING-16), and how recent a slot may be to count.
        package var interval = Duration.seconds(60)
        package var settle = Duration.seconds(120)
        /// Missing slots of one meter in the last hour before a backfill is requested, and how often for one meter.
        package var requestFrom = 4
        package var requestEvery = Duration.seconds(900)
        /// Requests sent in one pass, and how long that may take.
        package var requestsPerPass = 100
        package var requestTimeout = Duration.seconds(10)
    }

    package struct Operations: Sendable {
        /// Budget of a graceful stop.
        package var shutdown = Duration.seconds(5)
        package var commandTimeout = Duration.seconds(30)
        /// How long an armed action stays reserved for whoever armed it.
        package var armedFor = Duration.seconds(30)
        /// How far back a time-travel snapshot looks for a meter's newest reading.
        package var travelLookback = Duration.seconds(3600)
    }
}
