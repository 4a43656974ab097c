import EnergyModel
import Logging
import Ports
import Synchronization

/// The operator's link inside the engine's process. With `live` it shows the running services; without, it works over the
/// ports alone ("desk"), for one-shot commands against a data directory whose engine may run elsewhere.
final class EmbeddedOperator: OperatorLink {
    let records: any RecordStore
    let views: StoredViews
    let queries: SeriesQueries
    let letterDesk: DeadLetterDesk
    let directory: FleetDirectory
    let settings: EngineSettings
    let time: Timekeeper
    let logger: Logger
    let tracer: Tracer
    /// Nil where no traces are kept.
    let spans: (any SpanRecords)?
    let logLevels: LogLevelSetter?
    let live: LiveServices?
    /// Nil without demand response.
    let response: ResponseLink?
    /// Nil where nothing is forecast.
    let forecasts: ForecastDesk?
    /// A desk hands over what only a running engine can do; nil in that engine.
    private let relay: CommandRelay?
    /// Keys of commands under way.
    private let underWay = Mutex<Set<String>>([])
    private let arming: ArmingBoard

    /// What only a running engine has.
    struct LiveServices: Sendable {
        var snapshots: SnapshotService
        var board: LiveBoard
        var healthSnapshots: HealthSnapshots
        var retention: RetentionService
        var aggregation: AggregationService
        var measures: EngineMeasures
    }

    init(
        records: any RecordStore, views: StoredViews, queries: SeriesQueries, letterDesk: DeadLetterDesk,
        directory: FleetDirectory, settings: EngineSettings, time: Timekeeper, logger: Logger, tracer: Tracer,
        spans: (any SpanRecords)?, logLevels: LogLevelSetter?, live: LiveServices?,
        response: ResponseLink?, forecasts: ForecastDesk?, relay: CommandRelay?
    ) {
        self.records = records
        self.views = views
        self.queries = queries
        self.letterDesk = letterDesk
        self.directory = directory
        self.settings = settings
        self.time = time
        self.logger = logger
        self.tracer = tracer
        self.spans = spans
        self.logLevels = logLevels
        self.live = live
        self.response = response
        self.forecasts = forecasts
        self.relay = relay
        arming = ArmingBoard(span: settings.operations.armedFor, time: time)
    }

    func snapshots() -> AsyncStream<LinkUpdate> {
        if let live { return live.snapshots.listen() }
        let turn = Turn()
        let (views, directory, time, interval) = (views, directory, time, settings.live.snapshotInterval)
        return AsyncStream { () async -> LinkUpdate? in
            if !turn.isFirst(), await !time.pause(interval) { return nil }
            do throws(PortError) {
                try await directory.load()
                return .snapshot(try await views.snapshot(at: time.now(), isHistorical: false))
            } catch {
                return .lost(sentence: "\(error)")
            }
        }
    }

    func series(_ request: SeriesRequest) async throws(PortError) -> SeriesAnswer {
        try await describe()
        let start = time.uptime()
        let answer = try await tracer.part("series.query", .store, .client) { () throws(PortError) in
            try await queries.answer(request)
        }
        live?.measures.record(.query, time.uptime() - start)
        return answer
    }

    func meters(of facility: FacilityID) async throws(PortError) -> [MeterSnapshot] {
        if let snapshots = live?.board.meterSnapshots(of: facility, at: time.now()) { return snapshots }
        try await describe()
        return try await query { [views, time] () throws(PortError) in
            try await views.meters(of: facility, at: time.now())
        }
    }

    func journal(_ query: JournalQuery) async throws(PortError) -> [JournalEntry] {
        try await self.query { [records] () throws(PortError) in try await records.journal(query) }
    }

    func trace(_ id: TraceID) async throws(PortError) -> [TraceSpan] {
        guard let spans else { throw EmbeddedOperator.untraced }
        return try await query { () throws(PortError) in try await spans.spans(of: id) }
    }

    func traces(_ query: TraceQuery) async throws(PortError) -> [TraceSummary] {
        guard let spans else { throw EmbeddedOperator.untraced }
        return try await self.query { () throws(PortError) in try await spans.traces(query) }
    }

    private static let untraced = PortError(.notFound, "this engine keeps no traces; connect to one that does")

    func snapshot(at moment: UTCInstant) async throws(PortError) -> OperatorSnapshot {
        try await describe()
        return try await views.snapshot(at: moment, isHistorical: true)
    }

    func arm(_ request: ArmRequest) async throws(PortError) -> ArmAnswer { try arming.arm(request) }

    func disarm(key: String) async throws(PortError) { arming.disarm(key: key) }

    /// In a trace of its own, or in that of the request that brought it; what follows from it is found by the trace's id.
    func submit(_ command: OperatorCommand) async -> CommandOutcome {
        let span = tracer.begin(
            "operator.command", .link, in: TraceContext.current, isAnchor: relay == nil, isKept: true)
        let outcome = await span.context.asCurrent { await settle(command) }
        var refusal: String?
        if case .refused(let sentence) = outcome { refusal = sentence }
        tracer.end(
            span, error: refusal, [.init("subject", command.action.subject), .init("author", command.author)])
        return outcome
    }

    private func settle(_ command: OperatorCommand) async -> CommandOutcome {
        defer { arming.disarm(key: command.key) }
        if let relay, command.action.isForEngine { return await relay.send(command) }
        guard await claim(command.key) else {
            return .refused(
                sentence: "the same command is still under way; ask for its outcome with the same key later")
        }
        defer { underWay.withLock { _ = $0.remove(command.key) } }
        do throws(PortError) {
            if let first = try await query({ [records] () throws(PortError) in
                try await records.outcome(ofCommand: command.key)
            }) {
                return first
            }
            if let (author, left) = arming.holder(against: command) {
                return .refused(
                    sentence:
                        "\(author) has armed this; wait until it is done or disarmed, \(left.milliseconds / 1000) s "
                        + "at most")
            }
            // Before it acts: a command that cannot be audited is not carried out.
            try await audit(command, "asked: \(command.action.sentence)")
        } catch {
            return .refused(sentence: "nothing was done, because the audit trail cannot be written: \(error)")
        }
        let outcome = await carryOut(command)
        live?.snapshots.publish()
        do throws(PortError) {
            try await audit(command, outcome.auditText)
            try await records.record(outcome: outcome, ofCommand: command.key, at: time.now())
        } catch {
            logger.error(
                "outcome of a command not stored", metadata: ["key": "\(command.key)", "error": "\(error)"])
        }
        return outcome
    }

    /// Without a running engine nobody keeps the directory up to date.
    func describe() async throws(PortError) {
        if live == nil || directory.current.version == 0 { try await directory.load() }
    }

    /// Waits for the same key under way, at most the command's time-out.
    private func claim(_ key: String) async -> Bool {
        let giveUpAt = time.uptime() + settings.operations.commandTimeout
        while !underWay.withLock({ $0.insert(key).inserted }) {
            guard time.uptime() < giveUpAt, await time.pause(.milliseconds(50)) else { return false }
        }
        return true
    }

    private func audit(_ command: OperatorCommand, _ text: String) async throws(PortError) {
        let entry = JournalEntry(
            at: time.now(), kind: .audit, actor: command.author, subject: command.action.subject,
            text: "\(text) (reason: \(command.reason))", facility: command.action.facility, commandKey: command.key,
            traceID: TraceContext.current?.trace.description)
        try await query { [records] () throws(PortError) in try await records.append([entry]) }
    }

    func query<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(PortError) -> Value
    ) async throws(PortError) -> Value {
        try await tracer.part("records.query", .store, .client) { () throws(PortError) in
            try await bounded(by: settings.series.queryTimeout, "the record store", time: time, body)
        }
    }
}

/// Tells the first call from the others.
private final class Turn: Sendable {
    private let wasTaken = Mutex(false)

    func isFirst() -> Bool {
        wasTaken.withLock { taken in
            defer { taken = true }
            return !taken
        }
    }
}

extension CommandOutcome {
    fileprivate var auditText: String {
        switch self {
        case .done(let sentence, _): "done: \(sentence)"
        case .refused(let sentence): "refused: \(sentence)"
        }
    }
}
