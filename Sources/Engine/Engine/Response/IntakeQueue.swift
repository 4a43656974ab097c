import DemandResponse
import DequeModule

/// Notifications in memory, critical ones first, each class in order of arrival. When it is full the oldest of the lowest
/// class goes, and is returned: nothing disappears silently, and what is critical never goes (CF-27). O(1).
struct IntakeQueue<Element> {
    enum Offer {
        case accepted
        /// This one had to make room.
        case evicted(Element)
        /// Full of what is critical; the offered element is returned, take something first.
        case refused(Element)
    }

    private let capacity: Int
    private var lines: [Deque<Element>] = IntakeClass.allCases.map { _ in Deque() }

    /// `capacity` ≥ 1.
    init(capacity: Int) { self.capacity = max(1, capacity) }

    var count: Int { lines.reduce(0) { $0 + $1.count } }
    var isEmpty: Bool { lines.allSatisfy(\.isEmpty) }

    mutating func offer(_ element: Element, _ rank: IntakeClass) -> Offer {
        guard count >= capacity else {
            lines[rank.rawValue].append(element)
            return .accepted
        }
        guard let lowest = lines.lastIndex(where: { !$0.isEmpty }), lowest > IntakeClass.critical.rawValue else {
            return rank == .critical ? .refused(element) : .evicted(element)
        }
        if rank.rawValue > lowest { return .evicted(element) }
        let evicted = lines[lowest].removeFirst()
        lines[rank.rawValue].append(element)
        return .evicted(evicted)
    }

    mutating func take() -> Element? {
        guard let first = lines.firstIndex(where: { !$0.isEmpty }) else { return nil }
        return lines[first].removeFirst()
    }

    /// Back at the head of its class, whatever the capacity: it was in here a moment ago.
    mutating func putBack(_ element: Element, _ rank: IntakeClass) { lines[rank.rawValue].prepend(element) }
}

extension IntakeQueue: Sendable where Element: Sendable {}
extension IntakeQueue.Offer: Sendable where Element: Sendable {}
