import EnergyModel
import Ports
import Screen

/// One letter whole: what is known of it, its fields, its headers, and its bytes as they came.
enum LetterView {
    static let longestRaw = 16_384
    static let longestHex = 4096

    static func length(_ state: ConsoleState, _ pane: Pane, width: Int) -> Int {
        guard let letter = DeadLettersRoom.current(pane) else { return 0 }
        return TextView(lines(letter, state, pane, width: width - 2)).rows(width: width - 2).count
    }

    static func draw(_ number: Int64, _ state: ConsoleState, _ pane: Pane, in area: Rect, on grid: inout Grid) {
        let note = Chrome.updated(pane.letters.detail, now: state.now)
        Panel.rule([Span("Dead letter \(number)", .title)], note: note, in: area.row(0), on: &grid)
        guard let letter = DeadLettersRoom.current(pane) else {
            let text =
                pane.letters.detail.isUnderWay
                ? "Asking for letter \(number) …"
                : pane.letters.detail.failure ?? "There is no letter \(number): it may have been removed by retention"
            return Chrome.empty(text, in: area.dropRows(1), on: &grid)
        }
        let body = area.dropRows(1).inset(horizontal: 1)
        let view = TextView(
            lines(letter, state, pane, width: body.width), window: ListWindow(top: pane.letters.detailTop))
        view.draw(in: body, on: &grid)
    }

    /// The edit stands before the rest: it is what a replay sends.
    static func lines(_ letter: DeadLetter, _ state: ConsoleState, _ pane: Pane, width: Int) -> [[Span]] {
        facts(letter, state, pane) + edit(letter, pane, width: width) + fields(letter) + headers(letter) + raw(letter)
    }

    private static func edit(_ letter: DeadLetter, _ pane: Pane, width: Int) -> [[Span]] {
        guard let edit = letter.edit, let known = pane.letters.comparison, known.edition == edit.edition,
            known.number == letter.number
        else { return [] }
        let title = "- Original  + Edition \(edit.edition), \(known.diff.summary), \(known.diff.words)"
        return heading(title) + known.diff.rows(width: max(20, width - 4)).map { [Span("  ")] + $0 }
    }

    private static func facts(_ letter: DeadLetter, _ state: ConsoleState, _ pane: Pane) -> [[Span]] {
        let clock = state.clock(for: pane)
        let age = Age.text(state.moment.since(letter.firstSeen))
        let seen = "\(clock.dateTime(letter.firstSeen)) \(clock.label(at: letter.firstSeen)), \(age) ago"
        let facts: [(String, String)] =
            [
                ("Topic", letter.topic), ("Reason", letter.reason), ("Message", letter.message),
                ("Facility", letter.facility?.text ?? "unknown"), ("First seen", seen),
                ("State", "\(letter.state.rawValue), \(Numbers.count(letter.attempts, "attempt", "attempts"))"),
                ("Note", letter.note ?? "none"),
            ] + (letter.edit.map { [("Edited", Self.words($0, clock, now: state.moment))] } ?? [])
        return facts.map { [Span(padded($0.0), .textDim), Span(Sanitiser.escaped($0.1))] }
    }

    private static func words(_ edit: DeadLetter.Edit, _ clock: ZoneClock, now: UTCInstant) -> String {
        "edition \(edit.edition) by \(edit.author), \(clock.dateTime(edit.at)) \(clock.label(at: edit.at)), "
            + "\(Age.text(now.since(edit.at))) ago; a replay sends this one"
    }

    private static func padded(_ label: String) -> String {
        label + String(repeating: " ", count: max(1, 14 - CharacterWidth.columns(label)))
    }

    private static func fields(_ letter: DeadLetter) -> [[Span]] {
        guard let lines = JSONLines.read(letter.currentPayload) else { return [] }
        return heading(letter.edit == nil ? "Fields" : "Fields of the edit")
            + lines.prefix(400).map { [Span("  ")] + $0 }
    }

    private static func headers(_ letter: DeadLetter) -> [[Span]] {
        guard !letter.headers.isEmpty else { return heading("Headers") + [[Span("  none", .textDim)]] }
        return heading("Headers")
            + letter.headers.sorted { $0.key < $1.key }.map { name, value in
                [Span("  " + Sanitiser.escaped(name) + "  ", .textDim), Span(Sanitiser.escaped(value))]
            }
    }

    private static func raw(_ letter: DeadLetter) -> [[Span]] {
        let size = Numbers.count(letter.payload.count, "byte", "bytes")
        guard !letter.payload.isEmpty else { return heading("Raw as it came, empty") }
        if String(validating: letter.payload, as: UTF8.self) == nil {
            let rest = letter.payload.count - longestHex
            let more = rest > 0 ? [[Span("  … \(Numbers.count(rest, "byte", "bytes")) more", .textDim)]] : []
            return heading("Raw as it came, \(size), not UTF-8: hexadecimal") + hex(letter.payload.prefix(longestHex))
                + more
        }
        let rest = letter.payload.count - longestRaw
        let more = rest > 0 ? [[Span("  … \(Numbers.count(rest, "byte", "bytes")) more", .textDim)]] : []
        let text = Sanitiser.escaped(bytes: letter.payload.prefix(longestRaw))
        return heading("Raw as it came, \(size), escaped") + [[Span("  " + text)]] + more
    }

    private static func heading(_ title: String) -> [[Span]] { [[], [Span(title, .title)]] }

    /// Sixteen bytes a line: offset, hexadecimal, what can be read.
    private static func hex(_ bytes: ArraySlice<UInt8>) -> [[Span]] {
        stride(from: bytes.startIndex, to: bytes.endIndex, by: 16).map { start in
            let row = bytes[start..<min(start + 16, bytes.endIndex)]
            let pairs = row.map { digits($0, 2) }.joined(separator: " ")
            let gap = String(repeating: " ", count: 47 - pairs.count)
            let readable = String(row.map { (0x20..<0x7F).contains($0) ? Character(Unicode.Scalar($0)) : "." })
            return [
                Span("  \(digits(start, 6))  ", .textDim), Span(pairs + gap), Span("  " + readable, .textDim),
            ]
        }
    }

    private static func digits(_ value: some BinaryInteger, _ width: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
