import EnergyModel
import Ports

/// What the engine would say about dead letters: edits, checks, dry runs, redrives.
extension Fleet {
    static var edit: DeadLetter.Edit {
        let text = #"{"meter_id":"M-9","facility_id":"F-007","kw":[1,2,{"a":null}],"note":"a\nb"}"#
        return DeadLetter.Edit(
            payload: Array(text.utf8), author: "operator:ben", at: now.advanced(by: .seconds(-300)), edition: 2)
    }

    /// A moment that ends in `x` is no moment.
    static func check(_ payload: [UInt8]) -> LetterCheck {
        let text = String(decoding: payload, as: UTF8.self)
        guard let bad = text.utf8.firstRange(of: "0x".utf8) else {
            return .passes(["meter M-1042 at F-007: 12.5 kW at 2026-11-21 21:04:00 UTC, accepted once"])
        }
        return .fails([
            LetterCheck.Fault(
                reason: "malformed_json",
                sentence: "ts is no moment: write it like 2026-11-21T21:04:00Z, with seconds and a zone",
                offset: text.utf8.distance(from: text.utf8.startIndex, to: bad.lowerBound) + 1)
        ])
    }

    static func dryRun(_ selection: LetterSelection) -> DryRun {
        if case .numbers(let numbers) = selection, numbers.count == 1 {
            let row = DryRun.Row(
                reason: "malformed_json", count: 1, example: numbers[0], sentence: "unexpected character at byte 40")
            return DryRun(rows: [row], matching: 1, examined: 1)
        }
        return DryRun(
            rows: [
                DryRun.Row(
                    reason: "malformed_json", count: 310, example: 4709,
                    sentence: "unexpected character at byte 40: a value, a closing brace or a comma was expected there"),
                DryRun.Row(
                    reason: nil, count: 9_602, example: 4711, sentence: "meter M-1042 at F-007: 12.5 kW, accepted once"),
                DryRun.Row(
                    reason: "unknown_facility", count: 88, example: 4708,
                    sentence: "no facility F-999 is described: import it, then replay"),
            ], matching: 12_804, examined: 10_000)
    }

    static func redrives() -> [Redrive] {
        let query = DeadLetterQuery(topic: "sensor-readings-dlt", reason: "malformed_json", state: .pending)
        var running = redrive("s1-14", .matching(query, through: 4711), total: 1204, begun: -7, "parser was mended")
        (running.replayed, running.failed, running.quarantined, running.passedOver) = (590, 20, 2, 2)
        running.failures = ["unknown_facility": 18, "out_of_range": 2]
        var paused = redrive("s0-3", .matching(query, through: 3900), total: 400, begun: -4000, "clock drift mended")
        paused.state = .paused
        paused.replayed = 100
        paused.note = "10 letters in a row failed: look at their reasons, mend them, then resume"
        var done = redrive("s0-2", .numbers(Array(4000...4018)), total: 19, begun: -9000, "meters renamed")
        done.state = .done
        (done.replayed, done.failed) = (18, 1)
        done.failures = ["unknown_facility": 1]
        var cancelled = redrive("s0-1", .numbers([17, 18]), total: 2, begun: -90_000, "")
        cancelled.state = .cancelled
        return [running, paused, done, cancelled]
    }

    private static func redrive(
        _ id: String, _ selection: LetterSelection, total: Int, begun seconds: Int64, _ reason: String
    ) -> Redrive {
        Redrive(
            id: id, selection: selection, perSecond: 100, author: "operator:ben", reason: reason,
            begunAt: now.advanced(by: .seconds(seconds)), total: total)
    }
}
