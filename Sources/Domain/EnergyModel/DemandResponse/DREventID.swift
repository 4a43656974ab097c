/// A demand-response event's id as the utility gave it: 1-128 of `A-Z a-z 0-9 _ -` (OpenADR 3.1.0, objectID).
package struct DREventID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package let text: String

    /// Nil unless the text obeys the rule above.
    package init?(_ text: String) {
        guard (1...128).contains(text.utf8.count), text.utf8.allSatisfy(isObjectIDByte) else { return nil }
        self.text = text
    }

    package var description: String { text }
    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let id = DREventID(text) else { throw DREventIDError(text: text) }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

package struct DREventIDError: Error, CustomStringConvertible {
    package let text: String
    package init(text: String) { self.text = text }

    package var description: String {
        "\(text.prefix(140).debugDescription) is not an event id: use 1-128 letters, digits, '_' or '-'"
    }
}

private func isObjectIDByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122, 45, 95: true
    default: false
    }
}

/// `X-Idempotency-Key` of one building command (ledger CF-29). Made only of the event's id and the persisted command number:
/// the moment of sending would change with each retry and defeat the key.
package struct IdempotencyKey: Hashable, Sendable, Codable, CustomStringConvertible {
    package let text: String

    /// `{event_id}:{command_seq}`: the write of a set-point.
    package static func write(_ event: DREventID, _ sequence: Int) -> Self { Self(text: "\(event):\(sequence)") }

    /// `{event_id}:{command_seq}:r{round}`: the release of the same point. A new round, and so a new key, begins only when a
    /// release was confirmed and the slot was found taken again.
    package static func release(_ event: DREventID, _ sequence: Int, round: Int) -> Self {
        Self(text: "\(event):\(sequence):r\(round)")
    }

    /// `{event_id}` alone, for a peer that insists on it; only for an event that has a single command.
    package static func bare(_ event: DREventID) -> Self { Self(text: event.text) }

    package var description: String { text }
}
