/// Quality of service. 2 is refused: effectively-once comes from keys (meter, timestamp), not from the broker.
package enum MQTTQoS: UInt8, Sendable, Hashable, CaseIterable, Comparable {
    case atMostOnce = 0
    case atLeastOnce = 1
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// An application message, in or out.
package struct MQTTMessage: Sendable, Hashable {
    package var topic: String
    package var payload: [UInt8]
    package var qos: MQTTQoS
    package var retain: Bool
    /// Incoming only: the broker may have sent it before.
    package var isDuplicate: Bool
    /// Incoming only: above the packet limit, so only the first bytes were kept; the size that was sent.
    package var truncatedFrom: Int?

    package init(topic: String, payload: [UInt8], qos: MQTTQoS = .atLeastOnce, retain: Bool = false) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
        isDuplicate = false
        truncatedFrom = nil
    }

    /// 1-65,535 bytes, no wildcard, no control character.
    package static func isValidTopic(_ topic: String) -> Bool {
        let bytes = topic.utf8
        return !bytes.isEmpty && bytes.count <= 65_535
            && !bytes.contains { $0 == 0x2B || $0 == 0x23 || $0 < 0x20 || $0 == 0x7F }
    }
}

/// A topic filter and the highest quality wanted. `$share/group/filter` shares the messages among the group's members.
package struct MQTTSubscription: Sendable, Hashable {
    package var filter: String
    package var qos: MQTTQoS

    package init(_ filter: String, qos: MQTTQoS = .atLeastOnce) {
        self.filter = filter
        self.qos = qos
    }

    /// `+` fills a whole level, `#` the last one; a share name is not empty and has no wildcard.
    package static func isValidFilter(_ filter: String) -> Bool {
        let bytes = filter.utf8
        guard !bytes.isEmpty, bytes.count <= 65_535, !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            return false
        }
        var levels = filter.split(separator: "/", omittingEmptySubsequences: false)[...]
        if levels.first == "$share" {
            guard levels.count >= 3, let group = levels.dropFirst().first, !group.isEmpty else { return false }
            guard !group.contains(where: { $0 == "+" || $0 == "#" }) else { return false }
            levels = levels.dropFirst(2)
            guard levels.count > 1 || levels.first?.isEmpty == false else { return false }
        }
        for (index, level) in zip(levels.indices, levels) {
            if level.contains("+"), level != "+" { return false }
            if level.contains("#"), level != "#" || index != levels.endIndex - 1 { return false }
        }
        return true
    }
}

/// Messages in arrival order, acknowledged together by `number`.
package struct MQTTBatch: Sendable {
    /// Counts up within a connection.
    package let number: UInt64
    /// The connection it came over; acknowledgements of an earlier one do nothing, the broker sends those messages again.
    package let generation: UInt64
    package let messages: [MQTTMessage]
    /// Topics and payloads.
    package let bytes: Int
}
