import EnergyModel
import Ports

/// What a replay would bring, by the same decoders. Stores, registers and sends nothing; needs only the ports.
struct LetterChecks: Sendable {
    let records: any RecordStore
    let sender: LetterSender
    let settings: EngineSettings.DeadLetters
    let time: Timekeeper

    private static let page = 500
    /// Letters after which others get a turn: a large payload takes milliseconds, and two cores serve everybody.
    private static let turn = 20

    func check(_ number: Int64, payload: [UInt8]?) async throws(PortError) -> LetterCheck {
        guard let letter = try await records.deadLetter(number) else {
            throw PortError(.notFound, "there is no dead letter \(number)")
        }
        return try await sender.check(letter, payload: payload, at: time.now())
    }

    /// The oldest letters of the selection, until there are enough or the time is over.
    func dryRun(_ selection: LetterSelection) async throws(PortError) -> DryRun {
        let (states, giveUpAt) = (selection.replayable, time.uptime() + settings.dryRunTimeout)
        let matching = try await records.count(of: selection, in: states)
        var rows: [String?: DryRun.Row] = [:]
        var (examined, reached): (Int, Int64) = (0, .min)
        while examined < DryRun.sampled {
            let numbers = try await records.letterNumbers(
                of: selection, in: states, after: reached, limit: min(LetterChecks.page, DryRun.sampled - examined))
            guard let last = numbers.last else { break }
            reached = last
            for number in numbers {
                guard isRunning, time.uptime() < giveUpAt else { return result(rows, matching, examined) }
                guard let letter = try await records.deadLetter(number) else { continue }
                rows.add(await check(letter), of: number)
                examined += 1
                if examined % LetterChecks.turn == 0 { await Task.yield() }
            }
        }
        return result(rows, matching, examined)
    }

    /// What cannot be told now is a row of its own.
    private func check(_ letter: DeadLetter) async -> LetterCheck {
        do throws(PortError) {
            return try await sender.check(letter, at: time.now())
        } catch {
            return .fails([LetterCheck.Fault(reason: error.code.rawValue, sentence: error.description)])
        }
    }

    private func result(_ rows: [String?: DryRun.Row], _ matching: Int, _ examined: Int) -> DryRun {
        let sorted = rows.values.sorted { ($1.count, $0.reason ?? "") < ($0.count, $1.reason ?? "") }
        return DryRun(rows: sorted, matching: max(matching, examined), examined: examined)
    }
}

extension [String?: DryRun.Row] {
    /// A letter counts once, by its first fault.
    fileprivate mutating func add(_ check: LetterCheck, of number: Int64) {
        let (reason, sentence): (String?, String) =
            switch check {
            case .passes(let sentences): (nil, sentences.first ?? "it would be taken")
            case .fails(let faults): (faults.first?.reason ?? "unknown", faults.first?.sentence ?? "it would fail")
            }
        self[reason, default: DryRun.Row(reason: reason, count: 0, example: number, sentence: sentence)].count += 1
    }
}
