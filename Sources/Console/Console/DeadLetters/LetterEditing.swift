import EnergyModel
import Ports
import Screen

/// Keys and answers of the letter editor.
extension ConsoleState {
    mutating func openEditor() {
        guard mayAct else { return }
        guard past == nil else {
            return say("This is the past: \(keys.hint(.freeze) ?? ":live") returns to live, then edit", .warning)
        }
        guard let letter = DeadLettersRoom.current(pane), let number = letter.number else {
            return say("Select a letter to edit it", .warning)
        }
        guard letter.state.isOpen else {
            return say("Letter \(number) is \(letter.state.rawValue): only what can be replayed is edited", .warning)
        }
        let size = max(letter.payload.count, letter.currentPayload.count)
        guard size <= LetterEditor.largest else {
            let kilobytes = "\(Numeral.bytes(size)), more than \(LetterEditor.largest / 1024) KiB"
            return say(
                "Letter \(number) has \(kilobytes): edit it outside, switchyard dlq edit \(number) --file PATH",
                .warning)
        }
        layer = .editor(LetterEditor(letter, number: number, now: now))
    }

    /// From a sheet that did not store: what was edited is still there. After a refusal the letter is read again.
    mutating func resume(_ editor: LetterEditor, isRefused: Bool) {
        var editor = editor
        if isRefused { editor.awaited = ask(.deadLetter(editor.number)) }
        layer = .editor(editor)
    }

    // MARK: - Keys

    mutating func pressEditor(_ editor: LetterEditor, _ press: KeyPress) {
        var editor = editor
        switch editor.phase {
        case .editing: return edit(editor, press)
        case .review(let review): return self.review(editor, review, press)
        case .leaving:
            if keys.action(for: press, in: .sheet) == .execute {
                say("Letter \(editor.number) is as it was: nothing was stored")
                return layer = nil
            }
            guard press.key == .escape else { return }
            editor.phase = .editing
        }
        layer = .editor(editor)
    }

    private mutating func edit(_ editor: LetterEditor, _ press: KeyPress) {
        var editor = editor
        let generation = editor.editor.generation
        editor.remark = nil
        if press.key == .escape {
            guard editor.isChanged else { return layer = nil }
            editor.phase = .leaving
        } else if let action = keys.action(for: press, only: .editor) {
            perform(action, &editor)
        } else if editor.editor.press(press) == .full {
            editor.remark = "No more than \(LetterEditor.largest / 1024) KiB fit here"
        }
        if editor.editor.generation != generation { editor.changedAt = now }
        layer = .editor(editor)
    }

    private func perform(_ action: Action, _ editor: inout LetterEditor) {
        switch action {
        case .undoEdit: if !editor.editor.undo() { editor.remark = "Nothing is left to undo" }
        case .redoEdit: if !editor.editor.redo() { editor.remark = "Nothing was undone" }
        case .showFault:
            let faults = editor.faults
            let next = faults.first { $0 > editor.editor.caret } ?? faults.first
            if let next { editor.editor.jump(to: next) } else { editor.remark = "No place is known to be wrong" }
        case .restoreOriginal:
            let payload = editor.letter.payload
            let text =
                editor.form == .text ? String(validating: payload, as: UTF8.self) : HexText.written(payload)
            guard let text else {
                return editor.remark = "The original is not UTF-8: it cannot stand here as text"
            }
            if editor.editor.replaceAll(with: text) == .full { editor.remark = "The original does not fit here" }
        case .reviewEdit:
            guard let review = editor.review(against: false) else {
                return editor.remark = "Mend what is marked: these are no whole bytes"
            }
            guard editor.size <= LetterEditor.largest else {
                return editor.remark = "No more than \(LetterEditor.largest / 1024) KiB can be stored from here"
            }
            editor.phase = .review(review)
        default: break
        }
    }

    private mutating func review(_ editor: LetterEditor, _ given: LetterEditor.Review, _ press: KeyPress) {
        var editor = editor
        var review = given
        editor.remark = nil
        switch press.key {
        case .escape: editor.phase = .editing
        case .enter:
            guard editor.isChanged else {
                editor.remark = "Nothing to store: a replay sends exactly this already"
                break
            }
            return presentStore(editor, review)
        case .tab:
            guard editor.stored != nil, let other = editor.review(against: !review.isAgainstEdit) else { break }
            editor.phase = .review(other)
        default:
            guard let action = keys.action(for: press, in: .everywhere) else { return }
            let area = EditorView.areas(self).review
            let most = review.diff.rows(width: area.width - 2).count - area.height
            guard action.scroll(&review.top, page: max(1, area.height - 1), most: most) else { return }
            editor.phase = .review(review)
        }
        layer = .editor(editor)
    }

    private mutating func presentStore(_ editor: LetterEditor, _ review: LetterEditor.Review) {
        guard case .success(let bytes) = editor.payload else { return }
        let edition = editor.stored?.edition ?? 0
        let letter = editor.letter
        let about = "Letter \(editor.number): \(letter.topic), \(letter.reason), \(letter.state.rawValue)"
        let against = review.isAgainstEdit ? "edition \(edition)" : "the original"
        let replaced = editor.stored.map { ["It replaces edition \($0.edition) by \(Sanitiser.drawable($0.author))."] }
        present(
            Sheet(
                title: "Store edition \(edition + 1) of letter \(editor.number)",
                facts: [
                    Sanitiser.drawable(about),
                    "Against \(against): \(review.diff.summary); \(Numbers.count(bytes.count, "byte", "bytes")).",
                    EditorView.verdict(editor),
                    "A replay then sends this; the original stays beside it. Nothing is replayed by storing it.",
                ] + (replaced ?? []),
                action: .editDeadLetter(editor.number, payload: bytes, edition: edition),
                verb: "Store edition \(edition + 1)", reason: TextInput(), isReasonNeeded: true, behind: editor))
    }

    mutating func pasteIntoEditor(_ editor: LetterEditor, _ text: String) -> Bool {
        guard case .editing = editor.phase else { return false }
        var editor = editor
        editor.remark = nil
        if editor.editor.insert(text, isTyping: false) == .full {
            editor.remark = "The pasted text does not fit: no more than \(LetterEditor.largest / 1024) KiB"
        } else {
            editor.changedAt = now
        }
        layer = .editor(editor)
        return true
    }

    mutating func scrollEditor(_ editor: LetterEditor, _ rows: Int) {
        var editor = editor
        switch editor.phase {
        case .editing: editor.editor.move(rows: rows)
        case .review(var review):
            let area = EditorView.areas(self).review
            let most = review.diff.rows(width: area.width - 2).count - area.height
            review.top = min(max(0, review.top + rows), max(0, most))
            editor.phase = .review(review)
        case .leaving: return
        }
        layer = .editor(editor)
    }

    mutating func clickEditor(_ editor: LetterEditor, _ point: Point) {
        guard case .editing = editor.phase else { return }
        var editor = editor
        guard let index = editor.editor.index(at: point, in: EditorView.areas(self).text) else { return }
        editor.editor.jump(to: index)
        layer = .editor(editor)
    }

    // MARK: - Answers

    /// Fits the text to the screen, and asks what processing would say once the typing stops.
    mutating func followEditor() {
        guard case .editor(var editor) = layer else { return }
        let area = EditorView.areas(self).text
        editor.editor.resize(width: area.width, height: area.height)
        let generation = editor.editor.generation
        let isQuiet = generation == 0 || now.since(editor.changedAt) >= LetterEditor.quiet
        if isQuiet, editor.check.isDue(generation, now: now), case .success(let bytes) = editor.payload {
            editor.check.ask(ask(.checkLetter(editor.number, payload: bytes)), generation, at: now)
        }
        layer = .editor(editor)
    }

    /// True when this was an answer for what is edited, on the screen or behind a sheet.
    mutating func receiveEditor(_ id: EffectID, _ result: EffectResult) -> Bool {
        switch layer {
        case .editor(var editor):
            guard receive(id, result, &editor) else { return false }
            layer = .editor(editor)
        case .sheet(var sheet):
            guard var editor = sheet.behind, receive(id, result, &editor) else { return false }
            sheet.behind = editor
            layer = .sheet(sheet)
        default: return false
        }
        return true
    }

    private func receive(_ id: EffectID, _ result: EffectResult, _ editor: inout LetterEditor) -> Bool {
        if let outcome = result.outcome(\.letterCheck), editor.check.settle(id, outcome, at: now) { return true }
        guard id == editor.awaited else { return false }
        editor.awaited = nil
        guard case .deadLetter(let letter) = result else { return true }
        editor.remark = remark(on: letter, editor)
        if let letter { editor.stored = letter.edit }
        if case .review(let review) = editor.phase, let fresh = editor.review(against: review.isAgainstEdit) {
            editor.phase = .review(fresh)
        }
        return true
    }

    /// What happened to the letter while it was edited here.
    private func remark(on letter: DeadLetter?, _ editor: LetterEditor) -> String? {
        guard let letter else { return "The letter is gone: retention has removed it" }
        guard letter.state.isOpen else {
            return "The letter is \(letter.state.rawValue) now: nothing sends an edit of it"
        }
        guard let edit = letter.edit, edit.edition != editor.stored?.edition else { return nil }
        return
            "\(Sanitiser.drawable(edit.author)) stored edition \(edit.edition) meanwhile: compare before you replace it"
    }
}
