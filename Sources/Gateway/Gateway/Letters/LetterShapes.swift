import EnergyModel
import GatewayWire
import Ports

/// How dead letters are told.
enum LetterShapes {
    private static let members: [Shape<DeadLetter>.Field] = [
        .integer("number", "Its number.") { $0.number ?? 0 },
        .text("topic", "The dead-letter topic it lies in.") { $0.topic },
        .choice("state", "Where it stands.") { $0.state },
        .text("failure", "Machine-readable class of the failure.") { $0.reason },
        .text("message", "What was wrong and where; may quote text from outside.") { $0.message },
        .optionalText("facility_id", "Whom it concerns, where that is known.", as: Parameters.identifier) {
            $0.facility?.text
        },
        .text("first_seen", "When it failed first.", as: .instant) { $0.firstSeen.iso8601 },
        .integer("attempts", "Replays so far.") { Int64($0.attempts) },
        .optionalText("note", "Why it was discarded, or why the last replay failed.") { $0.note },
        .integer("edition", "Of the edit beside it; 0 for none.") { Int64($0.edit?.edition ?? 0) },
        .integer("payload_bytes", "Length of what came.") { Int64($0.payload.count) },
    ]

    static let letter = Shape<DeadLetter>("DeadLetter", "A message that could not be processed.", members)

    static let detail = Shape<Told<DeadLetter>>.told(
        "DeadLetterDetail", "A dead letter with its bytes.",
        [
            .object("letter", "The letter.", letter) { $0.value },
            .value("headers", "As the log keeps them; values may quote text from outside.", .map(of: .sentence)) {
                .object($0.headers.sorted { $0.key < $1.key }.map { .init($0.key, .text($0.value)) })
            },
            .optionalText("payload", "What came, unchanged, when it is UTF-8.") { text(of: $0.payload) },
            .optionalText("payload_base64", "What came, when it is no text.") {
                text(of: $0.payload) == nil ? Base64.text(of: $0.payload) : nil
            },
            .object("edit", "What a person made of it; a replay sends this.", edit, unknown: "nobody edited it") {
                $0.edit
            },
        ])

    static let edit = Shape<DeadLetter.Edit>(
        "DeadLetterEdit", "A payload that takes the place of the original.",
        [
            .integer("edition", "1 for the first.") { Int64($0.edition) },
            .text("author", "By whom.") { $0.author },
            .text("at", "When.", as: .instant) { $0.at.iso8601 },
            .optionalText("payload", "In UTF-8, when it is text.") { text(of: $0.payload) },
            .optionalText("payload_base64", "When it is no text.") {
                text(of: $0.payload) == nil ? Base64.text(of: $0.payload) : nil
            },
        ])

    private static func text(of bytes: [UInt8]) -> String? { String(validating: bytes, as: UTF8.self) }

    struct Page: Sendable {
        var letters: [DeadLetter]
        var matching: Int
        var next: Int64?
    }

    static let page = Shape<Told<Page>>.told(
        "DeadLetterPage", "Dead letters, newest first.",
        [
            .list("letters", "Newest first.", letter) { $0.letters },
            .integer("matching", "How many there are on all pages.") { Int64($0.matching) },
            .value("next_before", "Send it as `before` for the next page.", .integer(1...Int64.max), isRequired: false)
            {
                $0.next.map { .integer($0) }
            },
        ])

    static let fault = Shape<LetterCheck.Fault>(
        "LetterFault", "Why it would fail.",
        [
            .text("failure", "Class of the failure.") { $0.reason },
            .text("sentence", "For people.") { $0.sentence },
            .optionalInteger("offset", "Byte of the payload where it is.", unknown: "it lies at no single byte") {
                $0.offset.map(Int64.init)
            },
        ])

    static let check = Shape<LetterCheck>(
        "LetterCheck", "What processing would say. Nothing is stored or sent.",
        [
            .flag("passes", "True when it would be taken.") { if case .passes = $0 { true } else { false } },
            .texts("would_take", "A sentence for each thing that would be taken, at most 20.") {
                if case .passes(let sentences) = $0 { sentences } else { [] }
            },
            .list("faults", "Why it would fail.", fault) { if case .fails(let faults) = $0 { faults } else { [] } },
        ])

    static let dryRunRow = Shape<DryRun.Row>(
        "DryRunRow", "Letters with the same fate.",
        [
            .optionalText("failure", "Class of the failure; left out for letters that would be taken.") { $0.reason },
            .integer("count", "How many.") { Int64($0.count) },
            .integer("example", "One of them, to look at.") { $0.example },
            .text("sentence", "For people.") { $0.sentence },
        ])

    static let dryRun = Shape<DryRun>(
        "DryRun", "What a replay would bring now.",
        [
            .list("rows", "Most frequent first.", dryRunRow) { $0.rows },
            .integer("matching", "Letters of the selection that can be replayed.") { Int64($0.matching) },
            .integer("examined", "Those looked at, the oldest.") { Int64($0.examined) },
        ])
}

/// RFC 4648, with padding.
enum Base64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    static let pattern = "^[A-Za-z0-9+/]*={0,2}$"

    static func text(of bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var rest = bytes[...]
        while !rest.isEmpty {
            let group = rest.prefix(3)
            rest = rest.dropFirst(3)
            let word = group.reduce(0) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            for place in 0..<4 {
                let digit = digits[Int(word >> (18 - 6 * UInt32(place)) & 63)]
                text.append(place <= group.count ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for what is no such text.
    static func bytes(of text: String) -> [UInt8]? {
        let all = Array(text.utf8)
        guard all.count.isMultiple(of: 4) else { return nil }
        let padding = all.reversed().prefix(2).prefix { $0 == UInt8(ascii: "=") }.count
        var (bytes, word, bits) = ([UInt8](), UInt32(0), 0)
        for digit in all.dropLast(padding) {
            guard let value = digits.firstIndex(of: digit) else { return nil }
            word = (word << 6 | UInt32(value)) & 0xFF_FFFF
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
        }
        return bytes
    }
}
