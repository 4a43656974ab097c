import DequeModule

/// Our QoS 1 publishes from acceptance to acknowledgement, in order: first those sent on this connection, then those
/// waiting for the window. Survives the connection when the session does.
struct MQTTOutgoingQueue: Sendable {
    struct Entry: Sendable {
        /// 0 until first sent.
        var id: UInt16
        var message: MQTTMessage
        /// Who waits for the acknowledgement; nil once nobody does.
        var ticket: UInt64?
        var isAcknowledged = false
    }

    private var entries: Deque<Entry> = []
    /// Number of `entries[0]`; numbers count up for ever.
    private var firstNumber = 0
    /// How many entries, from the first, were sent on this connection.
    private var sent = 0
    private(set) var inFlight = 0
    /// Ids in use; those of subscriptions map to -1.
    private var numbers: [UInt16: Int] = [:]
    private var lastID: UInt16 = 0

    var count: Int { entries.count }

    mutating func append(_ message: MQTTMessage, ticket: UInt64) {
        entries.append(Entry(id: 0, message: message, ticket: ticket))
    }

    /// What the window lets go now, with packet ids; messages sent on an earlier connection are marked as duplicates.
    mutating func take(window: Int) -> [(message: MQTTMessage, id: UInt16)] {
        var taken: [(MQTTMessage, UInt16)] = []
        while inFlight < window, sent < entries.count {
            var message = entries[sent].message
            message.isDuplicate = entries[sent].id != 0
            if entries[sent].id == 0 { entries[sent].id = reserveID(for: firstNumber + sent) }
            taken.append((message, entries[sent].id))
            sent += 1
            inFlight += 1
        }
        return taken
    }

    /// The ticket of the acknowledged message, nil inside when nobody waits; nil outside for an id that is not in flight.
    mutating func acknowledge(_ id: UInt16) -> UInt64?? {
        guard let number = numbers[id], number >= firstNumber, number - firstNumber < sent else { return nil }
        numbers[id] = nil
        let ticket = entries[number - firstNumber].ticket
        entries[number - firstNumber].isAcknowledged = true
        inFlight -= 1
        while entries.first?.isAcknowledged == true {
            entries.removeFirst()
            firstNumber += 1
            sent -= 1
        }
        return .some(ticket)
    }

    /// Forgets who waits; messages of this ticket that were never sent are dropped.
    mutating func abandon(_ ticket: UInt64) {
        let kept = entries.prefix { $0.id != 0 }
        var rest = Deque(kept)
        rest.append(contentsOf: entries.dropFirst(kept.count).filter { $0.ticket != ticket })
        for index in rest.indices where rest[index].ticket == ticket { rest[index].ticket = nil }
        entries = rest
    }

    /// Keeps what was sent but not acknowledged, to be sent again; drops the rest.
    mutating func connectionLost(keepsSession: Bool) {
        numbers = [:]
        firstNumber += entries.count
        entries = keepsSession ? entries.filter { $0.id != 0 && !$0.isAcknowledged } : []
        for index in entries.indices {
            entries[index].ticket = nil
            numbers[entries[index].id] = firstNumber + index
        }
        sent = 0
        inFlight = 0
    }

    /// The broker forgot us: what is kept is sent as new, under new ids.
    mutating func sessionLost() {
        numbers = [:]
        for index in entries.indices { entries[index].id = 0 }
    }

    /// An id for a subscription. At most some 65,000 ids are ever in use (window + pending requests), so one is free.
    mutating func reserveSubscriptionID() -> UInt16 { reserveID(for: -1) }
    mutating func releaseSubscriptionID(_ id: UInt16) { numbers[id] = nil }

    private mutating func reserveID(for number: Int) -> UInt16 {
        repeat { lastID = lastID == .max ? 1 : lastID + 1 } while numbers[lastID] != nil
        numbers[lastID] = number
        return lastID
    }
}
