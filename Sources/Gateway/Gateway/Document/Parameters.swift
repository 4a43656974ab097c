import EnergyModel
import GatewayWire
import Ports

/// Parameters that several endpoints take.
enum Parameters {
    static let identifier = Schema.text(pattern: "^[A-Za-z0-9._:-]{1,64}$")
    static let eventIdentifier = Schema.text(pattern: "^[A-Za-z0-9_-]{1,128}$")
    private static let idRule = "1-64 letters, digits, '.', '_', ':' or '-'"

    static let facility = Parameter(
        "facility_id", in: .path, "The facility.", identifier, isRequired: true, expected: idRule,
        read: { FacilityID($0) })
    static let meter = Parameter(
        "meter_id", in: .path, "The meter.", identifier, isRequired: true, expected: idRule, read: { MeterID($0) })
    static let event = Parameter(
        "event_id", in: .path, "The event, or the override.", eventIdentifier, isRequired: true,
        expected: "1-128 letters, digits, '_' or '-'", read: { DREventID($0) })
    static let ofFacility = Parameter(
        "facility", "Only what concerns this facility.", identifier, expected: idRule, read: { FacilityID($0) })
    static let ofMeter = Parameter(
        "meter", "Only this meter of the facility.", identifier, expected: idRule, read: { MeterID($0) })

    static let from = instant("from", "Begins here, included.")
    static let to = instant("to", "Ends here, not included.")
    static let text = Parameter(
        "text", "Only what holds this text, in any case of letters.", RequestText.schema(1...200),
        expected: "a text of 1 to 200 characters, none of them a control character",
        read: { (1...200).contains($0.unicodeScalars.count) && isPlain($0) ? $0 : nil })

    static func limit(_ standard: Int, upTo most: Int) -> Parameter<Int> {
        Parameter(
            "limit", "At most so many on a page; \(standard) unless told.", .integer(1...Int64(most)),
            expected: "a whole number from 1 to \(most)",
            read: { wholeNumber($0).flatMap { (1...Int64(most)).contains($0) ? Int($0) : nil } })
    }

    static func instant(_ name: String, _ about: String) -> Parameter<UTCInstant> {
        Parameter(
            name, about + " RFC 3339, e.g. `2026-11-22T12:00:00Z`; a numeric offset's `+` is written `%2B`.", .instant,
            expected: "an RFC 3339 date-time such as 2026-11-22T12:00:00Z between 1970 and 2200", read: instant)
    }

    static func number(_ name: String, in place: EndpointDescription.Parameter.Place, _ about: String)
        -> Parameter<Int64>
    {
        Parameter(
            name, in: place, about, .integer(1...Int64.max), isRequired: place == .path,
            expected: "a whole number from 1", read: { wholeNumber($0).flatMap { $0 > 0 ? $0 : nil } })
    }

    static func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
        _ name: String, _ about: String, of type: Choice.Type
    ) -> Parameter<Choice> where Choice.RawValue == String {
        let names = Choice.allCases.map(\.rawValue)
        return Parameter(
            name, about, .choice(names), expected: "one of \(names.joined(separator: ", "))",
            read: { Choice(rawValue: $0) })
    }

    /// Why a change is made; it stands in the audit trail.
    static let reason = Parameter(
        "reason", "Why; it stands in the audit trail.", RequestText.reasonSchema, isRequired: true,
        expected: RequestText.reasonRule, read: { RequestText.isReason($0) ? $0 : nil })

    static let idempotencyKey = Parameter(
        "Idempotency-Key", in: .header,
        "Made up by the sender, new for each act. The same key again gives the first outcome and acts no second time; with "
            + "another body it is refused. `X-Idempotency-Key` is taken too.",
        .text(pattern: "^[!-~]{1,200}$"), isRequired: true, expected: "1-200 visible ASCII characters",
        read: { key in
            (1...200).contains(key.utf8.count) && key.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? key : nil
        })
    static let ifMatch = Parameter(
        "If-Match", in: .header, "Act only while the resource has this ETag; else 412.", .text(lengths: 1...500),
        expected: "ETags in quotes separated by commas, or *", read: { EntityTags($0) })
    static let ifNoneMatch = Parameter(
        "If-None-Match", in: .header, "Answer 304 while the resource has this ETag.", .text(lengths: 1...500),
        expected: "ETags in quotes separated by commas, or *", read: { EntityTags($0) })

    /// Digits only, so that nothing is taken that the schema of an integer does not allow.
    static func wholeNumber(_ text: String) -> Int64? {
        guard (1...19).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int64(text)
    }

    /// From 1970 to 2200: what arithmetic with spans of years cannot overflow.
    @Sendable static func instant(_ text: String) -> UTCInstant? {
        guard let instant = UTCInstant(iso8601: text), (0...7_258_118_400_000).contains(instant.milliseconds) else {
            return nil
        }
        return instant
    }
}

/// ETags of a header: a list, or any.
struct EntityTags: Sendable, Hashable {
    private let tags: Set<String>?

    /// Weak tags count as the same strong ones: an ETag here stands for a state, not for bytes.
    init?(_ text: String) {
        guard text.utf8.count <= 500 else { return nil }
        let items = text.split(separator: ",").map { $0.trimmingPrefix(while: \.isWhitespace) }
            .map { String($0.reversed().drop(while: \.isWhitespace).reversed()) }
        if items == ["*"] {
            tags = nil
            return
        }
        let bare = items.map { $0.hasPrefix("W/") ? String($0.dropFirst(2)) : $0 }
        guard !bare.isEmpty, bare.allSatisfy({ $0.count >= 2 && $0.hasPrefix("\"") && $0.hasSuffix("\"") }) else {
            return nil
        }
        tags = Set(bare.map { String($0.dropFirst().dropLast()) })
    }

    func contains(_ tag: String) -> Bool { tags?.contains(tag) ?? true }
    /// The one tag of a list of one.
    var only: String? { tags?.count == 1 ? tags?.first : nil }
}

func isPlain(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
}

/// Texts that people give, and their bounds.
enum RequestText {
    static let reasonSchema = Schema.text(
        pattern: "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$",
        lengths: 1...500)
    static let reasonRule = "a sentence of 1 to 500 characters that is not blank and has no control characters"

    /// Text without control characters.
    static func schema(_ lengths: ClosedRange<Int>) -> Schema {
        .text(pattern: "^[^\\x00-\\x1f\\x7f-\\x9f]*$", lengths: lengths)
    }

    static func isReason(_ text: String) -> Bool {
        (1...500).contains(text.unicodeScalars.count) && isPlain(text) && !text.allSatisfy(\.isWhitespace)
    }
}
