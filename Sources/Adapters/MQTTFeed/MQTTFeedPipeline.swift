/// Which batch goes to the intake when. Several at a time while all is well; after a refusal none is begun until all are
/// back, then the refused ones are tried again one by one in arrival order, so nothing is lost and order is kept.
struct MQTTFeedPipeline: Sendable {
    enum Action: Sendable {
        /// Wait for the next batch of the connection.
        case take
        case submit(MQTTBatch)
        /// Wait, then call `delayEnded`.
        case wait(Duration)
    }

    private let depth: Int
    private var inFlight = 0
    private var isTaking = false
    /// Some batch has come over this connection.
    private(set) var hasTaken = false
    /// By number.
    private var refused: [MQTTBatch] = []
    private var delay: Duration?
    private var isWaiting = false
    /// From the first refusal until all refused batches are settled.
    private var isRetrying = false
    private(set) var isLeaving = false

    init(depth: Int) { self.depth = max(1, depth) }

    var isPaused: Bool { isRetrying }
    /// Leaving, and nothing is at the intake any more.
    var isFinished: Bool { isLeaving && inFlight == 0 }

    /// What to do now; call until nil after every event.
    mutating func next() -> Action? {
        guard !isLeaving else { return nil }
        if !refused.isEmpty {
            guard inFlight == 0, !isWaiting else { return nil }
            if let delay {
                self.delay = nil
                isWaiting = true
                return .wait(delay)
            }
            inFlight = 1
            return .submit(refused.removeFirst())
        }
        guard !isTaking, !isRetrying, inFlight < depth else { return nil }
        isTaking = true
        return .take
    }

    /// The batch to submit now; nil when it must wait behind refused ones.
    mutating func took(_ batch: MQTTBatch) -> MQTTBatch? {
        isTaking = false
        hasTaken = true
        guard !isLeaving else { return nil }
        // A retry under way comes before it even when it was the last refused one.
        guard !isRetrying else {
            refused.append(batch)
            return nil
        }
        inFlight += 1
        return batch
    }

    mutating func settled(_ batch: MQTTBatch) {
        inFlight -= 1
        if inFlight == 0, refused.isEmpty { isRetrying = false }
    }

    mutating func refused(_ batch: MQTTBatch, retryAfter: Duration) {
        inFlight -= 1
        let place = refused.firstIndex { $0.number > batch.number } ?? refused.endIndex
        refused.insert(batch, at: place)
        delay = max(delay ?? .zero, retryAfter)
        isRetrying = true
    }

    mutating func delayEnded() { isWaiting = false }
    mutating func leave() { isLeaving = true }
}
