import DequeModule

/// A list that keeps its newest elements; elements keep their numbers, counted from 0. The oldest goes when it is full.
struct BoundedLog<Element: Sendable>: Sendable {
    let limit: Int
    private(set) var elements: Deque<Element> = []
    /// Elements that have gone.
    private(set) var forgotten = 0

    init(limit: Int) { self.limit = limit }

    var total: Int { forgotten + elements.count }

    /// Returns the element that had to go. O(1).
    @discardableResult
    mutating func append(_ element: Element) -> Element? {
        elements.append(element)
        guard elements.count > limit else { return nil }
        forgotten += 1
        return elements.removeFirst()
    }

    subscript(number: Int) -> Element? {
        get {
            let index = number - forgotten
            return elements.indices.contains(index) ? elements[index] : nil
        }
        set {
            let index = number - forgotten
            guard let newValue, elements.indices.contains(index) else { return }
            elements[index] = newValue
        }
    }
}
