import EnergyModel

/// A place in a JSON tree that knows its path, so that every complaint says where.
struct JSONNode {
    let tree: JSONTree
    let path: String

    init(_ tree: JSONTree, path: String = "") {
        self.tree = tree
        self.path = path
    }

    func bad(_ sentence: String) -> EventRejection { EventRejection(.badValue, path, sentence) }

    /// The first of the names that is present and not null. Names are folded (see `JSONTree`).
    func member(_ names: String...) -> JSONNode? {
        guard case .object(let members) = tree else { return nil }
        for name in names {
            guard let value = members[JSONTree.folded(name)], value != .null else { continue }
            return JSONNode(value, path: path.isEmpty ? name : "\(path).\(name)")
        }
        return nil
    }

    func required(_ name: String) throws(EventRejection) -> JSONNode {
        guard let node = member(name) else {
            throw EventRejection(.missingField, path.isEmpty ? name : "\(path).\(name)", "is required")
        }
        return node
    }

    /// Longer texts are cut: names are for people, and must not fill a store.
    func text(atMost count: Int = 256) throws(EventRejection) -> String {
        guard case .text(let text) = tree else { throw bad("must be a text") }
        return String(text.prefix(count))
    }

    func elements(atMost count: Int) throws(EventRejection) -> [JSONNode] {
        guard case .array(let elements) = tree else { throw bad("must be a list") }
        guard elements.count <= count else {
            throw EventRejection(.tooLarge, path, "has \(elements.count) elements; at most \(count) are taken")
        }
        return elements.enumerated().map { JSONNode($1, path: "\(path)[\($0)]") }
    }

    func number(_ range: ClosedRange<Double>) throws(EventRejection) -> Double {
        guard case .number(let value) = tree, range.contains(value) else {
            throw bad("must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func integer(_ range: ClosedRange<Int>) throws(EventRejection) -> Int {
        guard case .number(let value) = tree, let whole = Int(exactly: value), range.contains(whole) else {
            throw bad("must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return whole
    }

    func power() throws(EventRejection) -> Power { Power(kilowatts: try number(0...1_000_000)) }

    /// RFC 3339 with a zone, from 2000 to 2199: a date outside is a slip of the sender, not an event.
    func instant() throws(EventRejection) -> UTCInstant {
        guard case .text(let text) = tree, text.utf8.count <= 64, let instant = UTCInstant(iso8601: text),
            (946_684_800_000..<7_258_118_400_000).contains(instant.milliseconds)
        else { throw bad("must be an RFC 3339 date-time with a zone between 2000 and 2199") }
        return instant
    }

    func start() throws(EventRejection) -> UtilityEvent.Period.Start {
        if case .text(let text) = tree {
            let isNow = text == "now" || text == "0001-01-01" || text.hasPrefix("0001-01-01T00:00:00")
            if isNow, text.utf8.count <= 32 { return .now }
        }
        return .at(try instant())
    }

    func duration(allowsNegative: Bool = false) throws(EventRejection) -> CalendarDuration {
        guard case .text(let text) = tree, text.utf8.count <= 64, let duration = CalendarDuration(text),
            allowsNegative || !duration.isNegative
        else { throw bad("must be an ISO 8601 duration such as PT15M") }
        return duration
    }

    func eventID() throws(EventRejection) -> DREventID {
        guard case .text(let text) = tree, let id = DREventID(text) else {
            throw bad("must be 1-128 letters, digits, '_' or '-'")
        }
        return id
    }
}
