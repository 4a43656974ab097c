import ArgumentParser
import Console
import EnergyModel
import Foundation
import Ports
import Screen

enum LetterFormat: String, ExpressibleByArgument, CaseIterable { case json, ndjson, csv }

/// Dead letters as a file, page by page. The payload is whole in every format: text where a file may hold it as it is,
/// else base64.
struct LetterLines {
    let format: LetterFormat
    private var isFirst = true

    init(format: LetterFormat) { self.format = format }

    mutating func write(_ letters: [DeadLetter]) throws {
        guard !letters.isEmpty || (isFirst && format == .csv) else { return }
        try Output.write(Array(try text(of: letters).utf8))
        isFirst = false
    }

    mutating func finish() throws {
        guard format == .json else { return }
        try Output.write(Array((isFirst ? "[]\n" : "\n]\n").utf8))
    }

    private func text(of letters: [DeadLetter]) throws -> String {
        switch format {
        case .ndjson: return try letters.map { try line($0) + "\n" }.joined()
        case .json: return (isFirst ? "[\n" : ",\n") + (try letters.map(line).joined(separator: ",\n"))
        case .csv:
            let text = LetterLines.table(letters).text(as: .csv)
            // The heading stands once, and has no line end inside.
            guard !isFirst, let heading = text.range(of: "\r\n") else { return text }
            return String(text[heading.upperBound...])
        }
    }

    private func line(_ letter: DeadLetter) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Output.printable(String(decoding: try encoder.encode(ExportedLetter(letter)), as: UTF8.self))
    }

    private static func table(_ letters: [DeadLetter]) -> ExportTable {
        ExportTable(
            title: "Dead letters",
            columns: [
                "number", "topic", "state", "reason", "message", "facility", "first_seen", "replays", "note", "headers",
                "payload_encoding", "payload", "edit_edition", "edit_author", "edit_at", "edit_encoding",
                "edit_payload",
            ],
            rows: letters.map { row(ExportedLetter($0)) })
    }

    private static func row(_ letter: ExportedLetter) -> [ExportTable.Value] {
        func text(_ value: String?) -> ExportTable.Value { value.map { .text($0) } ?? .missing }
        let headers = letter.headers.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
        return [
            letter.number.map { .number(Double($0)) } ?? .missing, .text(letter.topic), .text(letter.state),
            .text(letter.reason), .text(letter.message), text(letter.facility), .text(letter.firstSeen),
            .number(Double(letter.replays)), text(letter.note), .text(headers), .text(letter.payload.encoding),
            .text(letter.payload.content), letter.edit.map { .number(Double($0.edition)) } ?? .missing,
            text(letter.edit?.author), text(letter.edit?.at), text(letter.edit?.payload.encoding),
            text(letter.edit?.payload.content),
        ]
    }
}

private struct ExportedLetter: Encodable {
    struct Payload: Encodable {
        /// `utf-8` or `base64`.
        var encoding: String
        var content: String

        /// Text only if it comes through unchanged: a control character is base64, not something else in its place.
        init(_ bytes: [UInt8]) {
            if let text = String(validating: bytes, as: UTF8.self), Sanitiser.drawable(text) == text {
                (encoding, content) = ("utf-8", text)
            } else {
                (encoding, content) = ("base64", Data(bytes).base64EncodedString())
            }
        }
    }

    struct Edit: Encodable {
        var edition: Int
        var author: String
        var at: String
        var payload: Payload
    }

    var number: Int64?
    var topic: String
    var state: String
    var reason: String
    var message: String
    var facility: String?
    var firstSeen: String
    var replays: Int
    var note: String?
    var headers: [String: String]
    var payload: Payload
    var edit: Edit?

    init(_ letter: DeadLetter) {
        number = letter.number
        topic = letter.topic
        state = letter.state.rawValue
        reason = letter.reason
        message = letter.message
        facility = letter.facility?.text
        firstSeen = letter.firstSeen.iso8601
        replays = letter.attempts
        note = letter.note
        headers = letter.headers
        payload = Payload(letter.payload)
        edit = letter.edit.map {
            Edit(edition: $0.edition, author: $0.author, at: $0.at.iso8601, payload: Payload($0.payload))
        }
    }

    private enum CodingKeys: String, CodingKey {
        case number, topic, state, reason, message, facility, replays, note, headers, payload, edit
        case firstSeen = "first_seen"
    }
}
