import EnergyModel
import Ports
import Screen

/// What has to be seen at the building before an action counts as done: asked for every 2 s, for 30 s at most.
struct SheetFollow: Sendable {
    enum Goal: Sendable, Equatable {
        /// Slot 8 of the point holds this value.
        case holds(FacilityID, PointID, value: Double)
        /// Slot 8 of the point holds nothing.
        case free(FacilityID, PointID)
        /// No point of the building holds anything in a slot of ours.
        case allFree(FacilityID)
        /// The override holds its point until then.
        case ends(FacilityID, DREventID, UTCInstant)
        /// The command is confirmed.
        case command(DREventID, CommandPlace)
    }

    enum Verdict: Sendable, Equatable {
        case met(String)
        case failed(String)
        case waiting(String)
    }

    static let limit = Duration.seconds(30)
    static let interval = Duration.seconds(2)

    let goal: Goal
    var building = Fetch<BuildingView>()
    var event = Fetch<EventDetail?>()
    /// What was seen last.
    var seen = "asking the building"

    init(_ goal: Goal) { self.goal = goal }

    var isUnderWay: Bool { building.isUnderWay || event.isUnderWay }

    func isDue(now: UTCInstant) -> Bool {
        if case .command = goal { return event.isDue(every: Self.interval, now: now) }
        return building.isDue(every: Self.interval, now: now)
    }

    // MARK: - What an answer means

    func verdict(_ view: BuildingView) -> Verdict {
        if let failure = view.failure { return .waiting("the building does not answer: \(failure)") }
        switch goal {
        case .holds(let facility, let point, let value):
            guard let found = view.points.first(where: { $0.point.id == point }) else {
                return .failed("\(facility) knows no point \(point)")
            }
            return held(found, value)
        case .free(_, let point):
            let held = view.points.first { $0.point.id == point }?.reading?.slots[
                PrioritySlot.operatorOverride.rawValue]
            return held == nil
                ? .met("read back: slot 8 is free") : .waiting("slot 8 still holds \(Numeral.fixed(held, decimals: 1))")
        case .ends(_, let event, let until):
            guard let holder = view.points.flatMap(\.holders).first(where: { $0.event == event }) else {
                return .failed("override \(event) holds no point there any more")
            }
            return holder.until == until && holder.state == .confirmed
                ? .met("the building holds it with its new end") : .waiting("the new end is not confirmed yet")
        case .allFree:
            let held = view.points.filter { $0.reading?.slots.keys.contains(where: Self.isOurs) == true }
            guard let first = held.first else { return .met("read back: none of our slots holds anything") }
            return .waiting(
                "\(held.count) of \(view.points.count) points still hold a value of ours, \(first.point.id) first")
        case .command: return .waiting("")
        }
    }

    private func held(_ view: PointView, _ value: Double) -> Verdict {
        let slot = PrioritySlot.operatorOverride
        let shown = view.point.kind.shown(value)
        if let read = view.reading?.slots[slot.rawValue], abs(read - value) < 0.005 {
            let above = view.reading?.slots.keys.filter { $0 < slot.rawValue }.min()
            let hidden = above.map { "; but slot \($0) stands above it and rules" } ?? ""
            return .met("read back: \(shown) in slot 8\(hidden)")
        }
        switch view.holders.first(where: { $0.slot == slot })?.state {
        case .failed: return .failed("the building did not take it: its page on Events says why")
        case .sent: return .waiting("sent, not read back yet")
        case .confirmed: return .waiting("confirmed by the building, not read back yet")
        case .unknown: return .waiting("no answer came; asked by its key what became of it")
        default: return .waiting("waiting to be sent")
        }
    }

    private static func isOurs(_ slot: Int) -> Bool { PrioritySlot(rawValue: slot)?.isOurs == true }

    func verdict(_ detail: EventDetail?) -> Verdict {
        guard case .command(let id, let place) = goal else { return .waiting("") }
        guard let command = detail?.commands.first(where: { $0.place == place }) else {
            return .failed("event \(id) has no such command any more")
        }
        switch command.progress.state {
        case .confirmed: return .met("the building confirmed it")
        case .failed where command.progress.attempts > 0:
            return .failed("the building did not take it: the history says why")
        default: return .waiting(command.progress.look.word)
        }
    }
}

extension ConsoleState {
    /// Asks again when it is time; gives up after 30 s with what was seen last.
    mutating func followSheet() {
        guard case .sheet(var sheet) = layer, case .following(let sentence, let since) = sheet.phase,
            var follow = sheet.follow
        else { return }
        if now.since(since) >= SheetFollow.limit {
            sheet.phase = .unconfirmed(sentence, "30 s passed: \(follow.seen)")
        } else if follow.isDue(now: now) {
            switch follow.goal {
            case .holds(let facility, _, _), .free(let facility, _), .allFree(let facility), .ends(let facility, _, _):
                let id = ask(.building(facility))
                follow.building.asked(id, at: now)
            case .command(let event, _):
                let id = ask(.event(event))
                follow.event.asked(id, at: now)
            }
            sheet.follow = follow
        } else {
            return
        }
        layer = .sheet(sheet)
    }

    /// True when this was an answer for the sheet that is followed.
    mutating func receiveFollow(_ id: EffectID, _ result: EffectResult) -> Bool {
        guard case .sheet(var sheet) = layer, case .following(let sentence, _) = sheet.phase,
            var follow = sheet.follow
        else { return false }
        let verdict: SheetFollow.Verdict
        if let outcome = result.outcome(\.building), follow.building.settle(id, outcome, at: now) {
            verdict = Self.verdict(outcome) { follow.verdict($0) }
        } else if let outcome = result.outcome(\.event), follow.event.settle(id, outcome, at: now) {
            verdict = Self.verdict(outcome) { follow.verdict($0) }
        } else {
            return false
        }
        switch verdict {
        case .met(let text): sheet.phase = .done("\(sentence) Confirmed, \(text).")
        case .failed(let text): sheet.phase = .unconfirmed(sentence, text)
        case .waiting(let text): follow.seen = text
        }
        sheet.follow = follow
        layer = .sheet(sheet)
        if case .waiting = verdict { return true }
        refreshPanes()
        return true
    }

    private static func verdict<Value>(
        _ outcome: Result<Value, FetchFailure>, _ judge: (Value) -> SheetFollow.Verdict
    ) -> SheetFollow.Verdict {
        switch outcome {
        case .success(let value): judge(value)
        case .failure(let failure): .waiting(failure.sentence)
        }
    }
}
