import EnergyModel
import Ports
import Screen

/// An action before, while and after it is done (CONSOLE §3). Enter arms, a different key executes.
///
/// Exits: `review` → `armed` or closed; `armed` → `sent`, `expired` or closed; `sent` → `done` or `refused`; the others
/// close.
struct Sheet: Sendable {
    enum Phase: Sendable, Equatable {
        case review
        case armed(until: UTCInstant)
        case sent(EffectID, since: UTCInstant)
        case done(String)
        case refused(String)
        case expired
    }

    static let armedFor = Duration.seconds(30)

    var title: String
    /// What will happen to what, one fact a line.
    var facts: [String]
    var action: OperatorCommand.Action
    /// In the imperative, for the buttons: `Replay 3`.
    var verb: String
    var reason: TextInput
    var isReasonNeeded: Bool
    /// What has to be typed before more than one thing is touched; nil when nothing has.
    var word: String?
    var typedWord = TextInput()
    var isWordFocused = false
    var problem: String?
    var phase = Phase.review
    /// The first quit while armed only asks.
    var hasAskedToQuit = false

    var hasReason: Bool { reason.text.contains { $0 != " " } }

    /// Why it cannot be armed yet; nil when it can.
    var missing: String? {
        if isReasonNeeded, !reason.text.contains(where: { $0 != " " }) {
            return "Give a reason: it goes to the audit trail"
        }
        if let word, typedWord.text != word { return "Type \(word) to confirm" }
        return nil
    }

    mutating func paste(_ text: String) -> Bool {
        guard phase == .review, !isWordFocused else { return false }
        reason.insert(text)
        return true
    }
}

extension ConsoleState {
    /// Refused with a reason while the screens show the past: what is seen is not what would be changed.
    mutating func present(_ sheet: Sheet) {
        guard mayAct else { return }
        guard past == nil else {
            return say("This is the past: \(keys.hint(.freeze) ?? ":live") returns to live, then act", .warning)
        }
        layer = .sheet(sheet)
    }

    mutating func pressSheet(_ sheet: Sheet, _ press: KeyPress) {
        switch sheet.phase {
        case .review: review(sheet, press)
        case .armed: armed(sheet, press)
        case .sent(let id, _):
            guard press.key == .escape else { return }
            errands[id] = sheet.verb
            layer = nil
        case .done, .refused, .expired:
            if press.key == .escape || press.key == .enter { layer = nil }
        }
    }

    private mutating func review(_ sheet: Sheet, _ press: KeyPress) {
        var sheet = sheet
        switch press.key {
        case .escape: return layer = nil
        case .tab where sheet.word != nil: sheet.isWordFocused.toggle()
        case .enter:
            sheet.problem = sheet.missing
            if sheet.problem == nil { sheet.phase = .armed(until: now.advanced(by: Sheet.armedFor)) }
            if sheet.word != nil { sheet.isWordFocused = !sheet.isReasonNeeded || sheet.hasReason }
        default:
            _ = sheet.isWordFocused ? sheet.typedWord.press(press) : sheet.reason.press(press)
            sheet.problem = nil
        }
        layer = .sheet(sheet)
    }

    private mutating func armed(_ sheet: Sheet, _ press: KeyPress) {
        var sheet = sheet
        if keys.action(for: press, in: .sheet) == .execute, press.key != .enter {
            let id = ask(.submit(command(sheet.action, reason: sheet.reason.text)))
            sheet.phase = .sent(id, since: now)
        } else if keys.action(for: press, in: .everywhere) == .quit {
            guard !sheet.hasAskedToQuit else { return leave() }
            sheet.hasAskedToQuit = true
        } else if press.key == .escape || press.key == .enter {
            say("Not done: \(sheet.verb.lowercased()) was disarmed")
            return layer = nil
        }
        layer = .sheet(sheet)
    }

    mutating func expireSheet() {
        guard case .sheet(var sheet) = layer, case .armed(let until) = sheet.phase, now >= until else { return }
        sheet.phase = .expired
        layer = .sheet(sheet)
    }

    mutating func receiveSheet(_ id: EffectID, _ result: EffectResult) -> Bool {
        guard case .sheet(var sheet) = layer, case .sent(id, _) = sheet.phase else { return false }
        switch result {
        case .outcome(.done(let sentence, _)): sheet.phase = .done(sentence)
        case .outcome(.refused(let sentence)): sheet.phase = .refused(sentence)
        case .failed(let sentence): sheet.phase = .refused(sentence)
        default: return false
        }
        layer = .sheet(sheet)
        refreshPanes()
        return true
    }
}
