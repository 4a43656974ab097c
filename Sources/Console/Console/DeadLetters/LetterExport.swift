import EnergyModel
import Ports
import Screen

// MARK: - Export

extension DeadLettersRoom {
    static func selection(_ state: ConsoleState, pane: Pane) -> String? {
        if pane.route == .redrives { return pane.letters.redrives.current.map { "redrive \($0.id): \($0.words)" } }
        return current(pane).map { letter in
            "\(letter.number ?? 0) \(Sanitiser.drawable(letter.topic)) \(Sanitiser.drawable(letter.reason)) "
                + Sanitiser.escaped(bytes: letter.payload.prefix(2000))
        }
    }

    static func table(_ state: ConsoleState, pane: Pane) -> ExportTable {
        switch pane.route {
        case .dryRun: dryRunTable(state, pane)
        case .redrives: redriveTable(state, pane)
        case .deadLetter(let number):
            table(current(pane).map { [$0] } ?? [], title: "Dead letter \(number) at \(state.moment.iso8601)")
        default: table(rows(pane), title: "Dead letters at \(state.moment.iso8601)")
        }
    }

    private static func table(_ letters: [DeadLetter], title: String) -> ExportTable {
        let rows = letters.map { letter -> [ExportTable.Value] in
            [
                .init(letter.number.map(Double.init)), .text(letter.topic), .text(letter.reason), .text(letter.message),
                .text(letter.state.rawValue), .number(Double(letter.attempts)), .init(letter.facility?.text),
                .text(letter.firstSeen.iso8601), .text(Sanitiser.escaped(bytes: letter.payload)), .init(letter.note),
                .init(letter.edit.map { Double($0.edition) }), .init(letter.edit?.author),
                .init(letter.edit?.at.iso8601), .init(letter.edit.map { Sanitiser.escaped(bytes: $0.payload) }),
            ]
        }
        return ExportTable(
            title: title,
            columns: [
                "number", "topic", "reason", "message", "state", "attempts", "facility", "first_seen",
                "payload_escaped", "note", "edition", "edited_by", "edited_at", "edit_escaped",
            ], rows: rows)
    }

    private static func dryRunTable(_ state: ConsoleState, _ pane: Pane) -> ExportTable {
        let rows = pane.letters.dryRun.rows.map { row -> [ExportTable.Value] in
            [
                .text(row.reason == nil ? "taken" : "refused"), .init(row.reason), .number(Double(row.count)),
                .number(Double(row.example)), .text(row.sentence),
            ]
        }
        return ExportTable(
            title: "Dry run of \(pane.letters.dryRun.choice?.words ?? "nothing") at \(state.moment.iso8601)",
            columns: ["outcome", "reason", "letters", "example", "sentence"], rows: rows)
    }

    private static func redriveTable(_ state: ConsoleState, _ pane: Pane) -> ExportTable {
        let rows = pane.letters.redrives.rows.map { redrive -> [ExportTable.Value] in
            let counts = [
                redrive.total, redrive.replayed, redrive.failed, redrive.quarantined, redrive.passedOver,
                redrive.perSecond,
            ]
            let failures = redrive.failures.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            return [.text(redrive.id), .text(redrive.state.rawValue), .text(redrive.selection.words)]
                + counts.map { .number(Double($0)) } + [
                    .text(redrive.author), .text(redrive.reason), .text(redrive.begunAt.iso8601),
                    .text(redrive.changedAt.iso8601),
                    .text(failures.map { "\($0.value) \($0.key)" }.joined(separator: ", ")), .init(redrive.note),
                ]
        }
        return ExportTable(
            title: "Redrives at \(state.now.iso8601)",
            columns: [
                "id", "state", "letters", "total", "replayed", "failed", "quarantined", "passed_over", "per_second",
                "author", "reason", "begun_at", "changed_at", "failures", "note",
            ], rows: rows)
    }
}
