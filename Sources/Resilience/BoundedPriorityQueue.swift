import HeapModule

/// A queue that serves the highest priority first, within one priority in order of arrival, and never holds more than its
/// capacity. Nothing is dropped silently: what has to go is returned to the caller. Offer and take are O(log n).
package struct BoundedPriorityQueue<Priority: Comparable, Element> {
    package enum Offer {
        case accepted
        /// The offered element is in; this one, the newest of the lowest priority, had to make room.
        case evicted(Element)
        /// Full, and nothing in it is of lower priority than the offered element, which is returned.
        case refused(Element)
    }

    /// Served in ascending order: higher priority first, then the older one.
    fileprivate struct Entry: Comparable {
        let priority: Priority
        let number: UInt64
        let element: Element

        static func < (left: Entry, right: Entry) -> Bool {
            left.priority == right.priority ? left.number < right.number : left.priority > right.priority
        }
        static func == (left: Entry, right: Entry) -> Bool { left.number == right.number }
    }

    package let capacity: Int
    private var heap = Heap<Entry>()
    private var nextNumber: UInt64 = 0
    private var gate: HysteresisGate

    /// `capacity` ≥ 1. `gate` says from which fill level on `isAboveMark` holds.
    package init(capacity: Int, gate: HysteresisGate = HysteresisGate()) {
        self.capacity = max(1, capacity)
        self.gate = gate
        heap.reserveCapacity(min(self.capacity, 4096))
    }

    package var count: Int { heap.count }
    package var isEmpty: Bool { heap.isEmpty }
    /// True from the high mark up until the queue has drained to the low mark: ask producers to hold back.
    package var isAboveMark: Bool { gate.isRefusing }
    /// What `take` would return.
    package var first: Element? { heap.min?.element }

    package mutating func offer(_ element: Element, priority: Priority) -> Offer {
        if heap.count == capacity {
            guard let last = heap.max, last.priority < priority else { return .refused(element) }
        }
        heap.insert(Entry(priority: priority, number: nextNumber, element: element))
        nextNumber += 1
        let evicted = heap.count > capacity ? heap.popMax() : nil
        measure()
        return evicted.map { .evicted($0.element) } ?? .accepted
    }

    package mutating func take() -> Element? {
        let entry = heap.popMin()
        measure()
        return entry?.element
    }

    private mutating func measure() {
        gate.update(level: Double(heap.count) / Double(capacity))
    }
}

extension BoundedPriorityQueue: Sendable where Priority: Sendable, Element: Sendable {}
extension BoundedPriorityQueue.Entry: Sendable where Priority: Sendable, Element: Sendable {}
extension BoundedPriorityQueue.Offer: Sendable where Element: Sendable {}
extension BoundedPriorityQueue.Offer: Equatable where Element: Equatable {}
