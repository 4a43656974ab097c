import EnergyModel
import Ports
import Screen

/// An action before, while and after it is done (CONSOLE §3). Enter arms, a different key executes.
///
/// Exits: `review` → `arming` or closed; `arming` → `armed`, `review` or closed; `armed` → `sent`, `expired` or closed; `sent` → `following`, `done` or `refused`;
/// `following` → `done` or `unconfirmed`; the others close.
struct Sheet: Sendable {
    enum Phase: Sendable, Equatable {
        case review
        /// The engine is asked to keep everybody else from it.
        case arming(EffectID)
        case armed(until: UTCInstant)
        case sent(EffectID, since: UTCInstant)
        /// Taken by the engine, which said this sentence; not yet seen at the building.
        case following(String, since: UTCInstant)
        /// Taken by the engine, but not seen: the sentence, and why not.
        case unconfirmed(String, String)
        case done(String)
        case refused(String)
        case expired
    }

    var title: String
    /// What will happen to what, one fact a line.
    var facts: [String]
    /// Nil while it is still to be read from `entry`.
    var action: OperatorCommand.Action?
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
    /// As armed: what the second key sends, and what nobody else may touch meanwhile.
    var command: OperatorCommand?
    /// The first quit while armed only asks.
    var hasAskedToQuit = false
    /// Fields beyond the reason, with a preview of what they would do.
    var entry: SheetEntry?
    /// What has to be seen before it is done; nil where the outcome says all.
    var follow: SheetFollow?
    /// What is edited and stays so unless this is done: closing goes back to it.
    var behind: LetterEditor?
    /// Where to look on once it is done.
    var next: Route?

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
        if var fields = entry {
            let focused = fields.form.focused
            guard fields.form.fields.indices.contains(focused), fields.form.fields[focused].id != "confirm" else {
                return false
            }
            fields.form.paste(text)
            entry = fields
            return true
        }
        reason.insert(text)
        return true
    }
}

extension Sheet.Phase {
    var isRefused: Bool { if case .refused = self { true } else { false } }
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
        case .review:
            if let entry = sheet.entry { return reviewEntry(sheet, entry, press) }
            review(sheet, press)
        case .arming(let id):
            guard press.key == .escape else { return }
            abandonedArms[id] = sheet.command?.key
            close(sheet)
        case .armed: armed(sheet, press)
        case .sent(let id, _):
            // What is edited must not be lost to an answer nobody waited for.
            guard press.key == .escape, sheet.behind == nil else { return }
            errands[id] = sheet.verb
            layer = nil
        case .following(_, _):
            guard press.key == .escape else { return }
            say("\(sheet.verb): not confirmed yet; Events and Override show what becomes of it")
            layer = nil
        case .done, .refused, .expired, .unconfirmed:
            if press.key == .escape || press.key == .enter { close(sheet) }
        }
    }

    /// Back to what was edited, unless it is stored; on to where it can be followed, when it is done.
    private mutating func close(_ sheet: Sheet) {
        layer = nil
        guard case .done = sheet.phase else {
            if let editor = sheet.behind { resume(editor, isRefused: sheet.phase.isRefused) }
            return
        }
        if let next = sheet.next { go(to: next) }
    }

    private mutating func review(_ sheet: Sheet, _ press: KeyPress) {
        var sheet = sheet
        switch press.key {
        case .escape: return close(sheet)
        case .tab where sheet.word != nil: sheet.isWordFocused.toggle()
        case .enter:
            sheet.problem = sheet.missing
            if sheet.problem == nil, let action = sheet.action { arm(&sheet, action, reason: sheet.reason.text) }
            if sheet.word != nil { sheet.isWordFocused = !sheet.isReasonNeeded || sheet.hasReason }
        default:
            _ = sheet.isWordFocused ? sheet.typedWord.press(press) : sheet.reason.press(press)
            sheet.problem = nil
        }
        layer = .sheet(sheet)
    }

    private mutating func armed(_ sheet: Sheet, _ press: KeyPress) {
        var sheet = sheet
        if keys.action(for: press, in: .sheet) == .execute, press.key != .enter, let command = sheet.command {
            let id = ask(.submit(command))
            sheet.phase = .sent(id, since: now)
        } else if keys.action(for: press, in: .everywhere) == .quit {
            guard !sheet.hasAskedToQuit else {
                disarm(sheet)
                return leave()
            }
            sheet.hasAskedToQuit = true
        } else if press.key == .escape || press.key == .enter {
            say("Not done: \(sheet.verb.lowercased()) was disarmed")
            disarm(sheet)
            return close(sheet)
        }
        layer = .sheet(sheet)
    }

    mutating func arm(_ sheet: inout Sheet, _ action: OperatorCommand.Action, reason: String) {
        let command = command(action, reason: reason)
        sheet.command = command
        sheet.problem = nil
        sheet.phase = .arming(ask(.arm(ArmRequest(key: command.key, author: command.author, action: action))))
    }

    /// Whether that reaches the engine or not: what is armed there ends by itself.
    private mutating func disarm(_ sheet: Sheet) {
        if let command = sheet.command { ask(.disarm(key: command.key)) }
    }

    /// True when this was the answer that the sheet on the screen waits for, or that of one closed meanwhile, which is
    /// given back.
    private mutating func receiveArming(_ id: EffectID, _ result: EffectResult) -> Bool {
        if let key = abandonedArms.removeValue(forKey: id) {
            if case .armed(.armed) = result { ask(.disarm(key: key)) }
            return true
        }
        guard case .sheet(var sheet) = layer, case .arming(id) = sheet.phase else { return false }
        switch result {
        case .armed(.armed(let span)): sheet.phase = .armed(until: now.advanced(by: span))
        case .armed(.held(let author, let left)):
            sheet.phase = .review
            sheet.problem =
                "\(author) has armed this: free in \(Age.text(left)) at most, or when it is done or disarmed"
        case .failed(let sentence):
            sheet.phase = .review
            sheet.problem = sentence
        default: return false
        }
        layer = .sheet(sheet)
        return true
    }

    mutating func expireSheet() {
        guard case .sheet(var sheet) = layer, case .armed(let until) = sheet.phase, now >= until else { return }
        sheet.phase = .expired
        layer = .sheet(sheet)
    }

    mutating func receiveSheet(_ id: EffectID, _ result: EffectResult) -> Bool {
        if receivePreview(id, result) || receiveFollow(id, result) || receiveArming(id, result) { return true }
        guard case .sheet(var sheet) = layer, case .sent(id, _) = sheet.phase else { return false }
        switch result {
        case .outcome(.done(let sentence, _)):
            sheet.phase = sheet.follow == nil ? .done(sentence) : .following(sentence, since: now)
            LetterSheets.unmark(after: sheet.action, &self)
        case .outcome(.refused(let sentence)): sheet.phase = .refused(sentence)
        case .failed(let sentence): sheet.phase = .refused(sentence)
        default: return false
        }
        layer = .sheet(sheet)
        refreshPanes()
        return true
    }
}
