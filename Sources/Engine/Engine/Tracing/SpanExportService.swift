import EnergyModel
import Logging
import Ports
import Resilience
import ServiceLifecycle

/// Sends kept spans to a collector, behind a breaker of its own. What it refuses is lost and counted: it is a copy, and the
/// store has the original. A batch that may have arrived is not sent again.
final class SpanExportService: Service {
    private static let interval = Duration.seconds(1)

    let breaker: DependencyBreaker
    private let buffer: SpanBuffer
    private let export: SpanExport
    private let settings: EngineSettings.Trace
    private let version: String
    private let time: Timekeeper
    private let measures: EngineMeasures
    private let logger: Logger

    init(
        buffer: SpanBuffer, export: SpanExport, settings: EngineSettings.Trace, version: String, time: Timekeeper,
        measures: EngineMeasures, journal: Journal, logger: Logger
    ) {
        self.buffer = buffer
        self.export = export
        self.settings = settings
        self.version = version
        self.time = time
        self.measures = measures
        self.logger = logger
        let configuration = CircuitBreakerConfiguration(
            consecutiveFailures: 3, failureShare: nil, consecutiveTimeouts: nil, coolDown: .seconds(5),
            longestCoolDown: .seconds(60))
        breaker = DependencyBreaker(name: "otlp", configuration: configuration, time: time) { change in
            journal.note(
                "went from \(change.from.rawValue) to \(change.to.rawValue) (\(change.reason.rawValue))",
                of: "breaker:otlp", by: "engine")
        }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while await time.pause(SpanExportService.interval) { await turn() }
        }
        // What the last second brought; a collector that is away costs no more than its deadline.
        await turn()
    }

    /// Everything that waits now. While the breaker is open it goes on waiting, the newest of it.
    func turn() async {
        while breaker.untilAdmission() == .zero {
            let spans = buffer.takeToExport(atMost: settings.exportBatch)
            guard !spans.isEmpty else { return }
            do throws(PortError) {
                try await send(spans)
                measures.count(.spansExported, spans.count)
            } catch {
                measures.count(.spansNotExported, spans.count)
                if error.code == .timedOut {
                    measures.timedOut(service: "tracing", operation: "otlp_export", after: settings.exportTimeout)
                }
                logger.warning(
                    "spans not exported and let go", metadata: ["spans": "\(spans.count)", "error": "\(error)"])
            }
        }
    }

    private func send(_ spans: [TraceSpan]) async throws(PortError) {
        let body: [UInt8]
        do {
            body = try OTLPBody(spans, version: version).bytes()
        } catch {
            throw PortError(.invalid, "spans cannot be written as JSON; report this", cause: error)
        }
        let headers = [HTTPHeader("content-type", "application/json")] + export.headers
        let request = HTTPRequest(.post, export.url, headers: headers, body: body, deadline: settings.exportTimeout)
        try await breaker.call(within: settings.exportTimeout, "the trace collector") {
            [export] () throws(PortError) in
            let answer: HTTPResponse
            do throws(HTTPTransportError) {
                answer = try await export.send(request)
            } catch {
                throw PortError(error.mayHaveBeenSent ? .timedOut : .unavailable, error.sentence, cause: error)
            }
            guard (200..<300).contains(answer.status) else {
                throw PortError(.unavailable, "the trace collector answered \(answer.status); see trace.otlp_url")
            }
        }
    }
}
