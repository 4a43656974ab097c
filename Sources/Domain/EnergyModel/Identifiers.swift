/// A facility's id as its owner writes it, e.g. `F-007`: 1-64 of `A-Z a-z 0-9 . _ : -`. Free text belongs in the name.
package struct FacilityID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package let text: String

    /// Nil unless the text obeys the rule above.
    package init?(_ text: String) {
        guard isIdentifier(text.utf8) else { return nil }
        self.text = text
    }

    package var description: String { text }
    package static func < (left: FacilityID, right: FacilityID) -> Bool { left.text < right.text }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let id = FacilityID(text) else { throw IdentifierError(text: text) }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// A meter's id, unique in the fleet, e.g. `M-00042`. Same alphabet as `FacilityID`.
package struct MeterID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package let text: String

    /// Nil unless the text obeys the rule of `FacilityID`.
    package init?(_ text: String) {
        guard isIdentifier(text.utf8) else { return nil }
        self.text = text
    }

    package var description: String { text }
    package static func < (left: MeterID, right: MeterID) -> Bool { left.text < right.text }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let id = MeterID(text) else { throw IdentifierError(text: text) }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

package struct IdentifierError: Error, CustomStringConvertible {
    package let text: String

    package init(text: String) { self.text = text }

    package var description: String {
        "\(text.debugDescription) is not an id: use 1-64 letters, digits, '.', '_', ':' or '-'"
    }
}

/// True for 1-64 bytes of the identifier alphabet. O(n), no allocation.
package func isIdentifier(_ bytes: some Collection<UInt8>) -> Bool {
    guard (1...64).contains(bytes.count) else { return false }
    return bytes.allSatisfy { byte in
        switch byte {
        case 48...57, 65...90, 97...122, 45, 46, 58, 95: true
        default: false
        }
    }
}

/// A facility's number in the record store: dense, given once, never used again. Stands for the id on hot paths.
package struct FacilityNumber: Hashable, Comparable, Sendable, Codable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A meter's number in the record store: dense, given once, never used again. Stands for the id on hot paths.
package struct MeterNumber: Hashable, Comparable, Sendable, Codable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
