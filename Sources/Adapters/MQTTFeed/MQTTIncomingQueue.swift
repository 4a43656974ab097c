import DequeModule

/// Messages from arrival to acknowledgement. Batches may be settled in any order; packet ids come out in arrival order
/// (MQTT 3.1.1 §4.6). Bounded: `isFull` tells the shell to stop reading.
struct MQTTIncomingQueue: Sendable {
    private struct HandedOut {
        let number: UInt64
        /// QoS 1 only.
        let ids: [UInt16]
        let messages: Int
        let bytes: Int
        var isSettled = false
    }

    private let configuration: MQTTConfiguration
    private var waiting: Deque<(message: MQTTMessage, id: UInt16)> = []
    private var handedOut: Deque<HandedOut> = []
    private var nextNumber: UInt64 = 1
    private(set) var generation: UInt64 = 0
    private(set) var unacknowledgedMessages = 0
    private(set) var unacknowledgedBytes = 0
    /// With hysteresis: full at a limit, no longer full at three quarters of it.
    private(set) var isFull = false

    init(_ configuration: MQTTConfiguration) { self.configuration = configuration }

    var isEmpty: Bool { waiting.isEmpty }

    mutating func append(_ message: MQTTMessage, id: UInt16) {
        waiting.append((message, id))
        unacknowledgedMessages += 1
        unacknowledgedBytes += Self.bytes(message)
        if unacknowledgedMessages >= configuration.maximumUnacknowledgedMessages
            || unacknowledgedBytes >= configuration.maximumUnacknowledgedBytes
        {
            isFull = true
        }
    }

    /// Everything waiting, up to the size of a batch; nil when nothing waits or too many batches are out.
    mutating func takeBatch() -> MQTTBatch? {
        guard !waiting.isEmpty, handedOut.count < configuration.maximumUnacknowledgedBatches else { return nil }
        let count = min(waiting.count, configuration.maximumBatchMessages)
        var messages: [MQTTMessage] = []
        messages.reserveCapacity(count)
        var ids: [UInt16] = []
        ids.reserveCapacity(count)
        var bytes = 0
        for _ in 0..<count {
            let (message, id) = waiting.removeFirst()
            bytes += Self.bytes(message)
            if id != 0 { ids.append(id) }
            messages.append(message)
        }
        defer { nextNumber += 1 }
        handedOut.append(HandedOut(number: nextNumber, ids: ids, messages: count, bytes: bytes))
        return MQTTBatch(number: nextNumber, generation: generation, messages: messages, bytes: bytes)
    }

    /// The packet ids that may be acknowledged now: those of this batch and of settled ones behind it, once every batch before it is settled.
    mutating func settle(_ number: UInt64, generation: UInt64) -> [UInt16] {
        guard generation == self.generation, let first = handedOut.first, number >= first.number,
            number - first.number < UInt64(handedOut.count)
        else { return [] }
        handedOut[Int(number - first.number)].isSettled = true
        var ids: [UInt16] = []
        while let head = handedOut.first, head.isSettled {
            ids.append(contentsOf: head.ids)
            unacknowledgedMessages -= head.messages
            unacknowledgedBytes -= head.bytes
            handedOut.removeFirst()
        }
        if unacknowledgedMessages <= configuration.maximumUnacknowledgedMessages / 4 * 3,
            unacknowledgedBytes <= configuration.maximumUnacknowledgedBytes / 4 * 3
        {
            isFull = false
        }
        return ids
    }

    /// What was not acknowledged, the broker sends again.
    mutating func connectionLost() {
        waiting = []
        handedOut = []
        generation += 1
        unacknowledgedMessages = 0
        unacknowledgedBytes = 0
        isFull = false
    }

    /// What a message is counted as: its bytes and about what it costs to hold.
    private static func bytes(_ message: MQTTMessage) -> Int { message.topic.utf8.count + message.payload.count + 64 }
}
