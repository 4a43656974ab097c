import EnergyModel
import Logging
import Ports
import ServiceLifecycle

/// Writes kept spans, once a second and in batches. A store that is away costs spans in the end, and nothing else.
final class SpanService: Service {
    private static let interval = Duration.seconds(1)
    private static let batch = 2_000

    private let buffer: SpanBuffer
    private let spans: any SpanRecords
    private let time: Timekeeper
    private let measures: EngineMeasures
    private let logger: Logger

    init(
        buffer: SpanBuffer, spans: any SpanRecords, time: Timekeeper, measures: EngineMeasures, logger: Logger
    ) {
        self.buffer = buffer
        self.spans = spans
        self.time = time
        self.measures = measures
        self.logger = logger
    }

    func run() async throws {
        while await time.pause(SpanService.interval) { await flush() }
        await flush()
    }

    /// Everything that waits now, or as far as the store takes it.
    func flush() async {
        buffer.count()
        while true {
            let waiting = buffer.takeToStore(atMost: SpanService.batch)
            guard !waiting.isEmpty else { return }
            do throws(PortError) {
                try await bounded(by: .seconds(2), "writing spans", time: time) { [spans] () throws(PortError) in
                    try await spans.append(waiting)
                }
            } catch {
                buffer.giveBack(waiting)
                return logger.warning("spans not written, kept for later", metadata: ["error": "\(error)"])
            }
            measures.count(.spansStored, waiting.count)
            guard waiting.count == SpanService.batch else { return }
        }
    }
}
