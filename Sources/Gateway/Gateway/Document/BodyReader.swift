import EnergyModel
import GatewayWire
import Ports

/// Reads the members of a request's body. Each fault is a 400 that names the place as a JSON pointer and says what is
/// allowed; members that nobody asks for are ignored (ledger API-17).
struct BodyReader: Sendable {
    let path: String
    private let members: [JSONValue.Member]

    init(_ value: JSONValue, at path: String = "") throws {
        guard case .object(let members) = value else {
            throw Problem.badBody(path.isEmpty ? "/" : path, "The \(Self.place(path)) must be a JSON object.")
        }
        self.path = path
        self.members = members
    }

    private static func place(_ path: String) -> String { path.isEmpty ? "body" : "member \(path)" }

    func has(_ name: String) -> Bool { optional(name) != nil }

    private func optional(_ name: String) -> JSONValue? {
        guard let value = members.first(where: { $0.name == name })?.value, value != .null else { return nil }
        return value
    }

    private func fault(_ name: String, _ expected: String) -> Problem {
        let isThere = optional(name) != nil
        return .badBody(
            "\(path)/\(name)",
            isThere
                ? "The member \(path)/\(name) must be \(expected)."
                : "The member \(path)/\(name) is required: \(expected). Look whether its name is spelt right.")
    }

    private func read<Value>(_ name: String, _ expected: String, _ read: (JSONValue) -> Value?) throws -> Value {
        guard let value = optional(name).flatMap(read) else { throw fault(name, expected) }
        return value
    }

    /// Nil when the member is not there, or null.
    func ifThere<Value>(_ name: String, _ read: (BodyReader, String) throws -> Value) throws -> Value? {
        has(name) ? try read(self, name) : nil
    }

    func text(_ name: String, lengths: ClosedRange<Int>, isPlain mustBePlain: Bool = true) throws -> String {
        try read(name, "a text of \(lengths.lowerBound) to \(lengths.upperBound) characters without control characters")
        {
            guard case .text(let text) = $0, lengths.contains(text.unicodeScalars.count), !mustBePlain || isPlain(text)
            else { return nil }
            return text
        }
    }

    func reason() throws -> String {
        try read("reason", RequestText.reasonRule) {
            guard case .text(let text) = $0, RequestText.isReason(text) else { return nil }
            return text
        }
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws -> Double {
        try read(name, "a number from \(plain(range.lowerBound)) to \(plain(range.upperBound))") {
            asNumber($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func integer(_ name: String, in range: ClosedRange<Int64>) throws -> Int64 {
        try read(name, "a whole number from \(range.lowerBound) to \(range.upperBound)") {
            asInteger($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func instant(_ name: String) throws -> UTCInstant {
        try read(name, "an RFC 3339 date-time such as 2026-11-22T12:00:00Z between 1970 and 2200") {
            guard case .text(let text) = $0 else { return nil }
            return Parameters.instant(text)
        }
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, of type: Choice.Type) throws -> Choice
    where Choice.RawValue == String {
        try read(name, "one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))") {
            guard case .text(let text) = $0 else { return nil }
            return Choice(rawValue: text)
        }
    }

    func facility(_ name: String) throws -> FacilityID {
        try read(name, "1-64 letters, digits, '.', '_', ':' or '-'") { asFacility($0) }
    }

    func event(_ name: String) throws -> DREventID {
        try read(name, "1-128 letters, digits, '_' or '-'") {
            guard case .text(let text) = $0 else { return nil }
            return DREventID(text)
        }
    }

    func facilities(_ name: String, most: Int) throws -> [FacilityID] {
        try read(name, "a list of at most \(most) facility ids") {
            guard case .array(let values) = $0, values.count <= most else { return nil }
            let ids = values.compactMap(asFacility)
            return ids.count == values.count ? ids.uniqued : nil
        }
    }

    func numbers(_ name: String, counts: ClosedRange<Int>, in range: ClosedRange<Double>) throws -> [Double] {
        let bounds = "\(plain(range.lowerBound)) to \(plain(range.upperBound))"
        return try read(name, "a list of \(counts.lowerBound) to \(counts.upperBound) numbers from \(bounds)") {
            guard case .array(let values) = $0, counts.contains(values.count) else { return nil }
            let numbers = values.compactMap(asNumber)
            return numbers.count == values.count && numbers.allSatisfy(range.contains) ? numbers : nil
        }
    }

    func integers(_ name: String, most: Int) throws -> [Int64] {
        try read(name, "a list of 1 to \(most) whole numbers from 1") {
            guard case .array(let values) = $0, (1...most).contains(values.count) else { return nil }
            let numbers = values.compactMap(asInteger)
            return numbers.count == values.count && numbers.allSatisfy { $0 > 0 } ? numbers : nil
        }
    }

    func object(_ name: String) throws -> BodyReader {
        try BodyReader(try read(name, "a JSON object") { $0 }, at: "\(path)/\(name)")
    }

    /// The member as it is.
    func value(_ name: String) throws -> JSONValue { try read(name, "there") { $0 } }
}

private func asNumber(_ value: JSONValue) -> Double? {
    switch value {
    case .integer(let integer): Double(integer)
    case .number(let number): number
    default: nil
    }
}

/// Also `3.0`, which is the same number to JSON Schema.
private func asInteger(_ value: JSONValue) -> Int64? {
    switch value {
    case .integer(let integer): integer
    case .number(let number): Int64(exactly: number)
    default: nil
    }
}

private func asFacility(_ value: JSONValue) -> FacilityID? {
    guard case .text(let text) = value else { return nil }
    return FacilityID(text)
}

private func plain(_ number: Double) -> String { Int64(exactly: number).map(String.init) ?? "\(number)" }

extension [FacilityID] {
    /// Each once, in the order of first appearance.
    fileprivate var uniqued: [FacilityID] {
        var seen: Set<FacilityID> = []
        return filter { seen.insert($0).inserted }
    }
}
