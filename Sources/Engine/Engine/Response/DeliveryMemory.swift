import DequeModule
import EnergyModel
import Ports

/// Deliveries lately answered, so that the same one again gets the same answer. Bounded by age and by number; the records
/// recognise what is forgotten here.
struct DeliveryMemory {
    struct Key: Hashable {
        var utility: String
        var delivery: String
    }

    private let limit: Int
    private let age: Duration
    private var verdicts: [Key: NotificationVerdict] = [:]
    private var order: Deque<(key: Key, at: Duration)> = []

    /// `limit` ≥ 1.
    init(limit: Int, age: Duration) {
        self.limit = max(1, limit)
        self.age = age
    }

    /// The answer to a repeat, marked as one.
    mutating func recall(_ key: Key, now: Duration) -> NotificationVerdict? {
        forget(now)
        guard let verdict = verdicts[key] else { return nil }
        if case .accepted(let event, _) = verdict { return .accepted(event: event, isRepeat: true) }
        return verdict
    }

    mutating func remember(_ verdict: NotificationVerdict, _ key: Key, now: Duration) {
        if verdicts.updateValue(verdict, forKey: key) == nil { order.append((key, now)) }
        forget(now)
    }

    private mutating func forget(_ now: Duration) {
        while let oldest = order.first, order.count > limit || now - oldest.at > age {
            order.removeFirst()
            verdicts[oldest.key] = nil
        }
    }
}
