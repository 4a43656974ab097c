import EnergyModel
import Ports
import Screen

/// The fields of a sheet that asks for more than a reason, and what they would do. Enter first asks the engine for a
/// preview; only a preview of exactly these fields, and a fresh one, can be armed.
struct SheetEntry: Sendable {
    /// What is filled in.
    enum Subject: Sendable, Equatable {
        case event
        case override(FacilityID, PointID)
        /// A new end for an override of ours.
        case extend(DREventID, FacilityID)
        /// How fast to replay them.
        case redrive(LetterChoice)
        /// A load profile in place of the forecast.
        case profile(FacilityID)
    }

    /// The fields, read.
    enum Request: Sendable, Equatable {
        case event(EventRequest)
        case override(OverrideRequest)
        case extend(DREventID, FacilityID, until: UTCInstant)
        case redrive(LetterSelection, perSecond: Int)
        case profile(LoadProfileRequest)
    }

    /// Exits: each → `asking`; `asking` → `known` or `failed`. What belongs to other texts than those in the fields is
    /// not shown.
    enum Preview: Sendable {
        case none
        case asking(EffectID, Request, texts: [String])
        case known(PlanPreview, Request, texts: [String], at: UTCInstant)
        case failed(String, texts: [String])
    }

    /// A preview older than this is asked for again: loads and buildings move.
    static let freshFor = Duration.seconds(60)

    let subject: Subject
    var form: Form
    var preview = Preview.none

    /// False where the fields themselves say what will happen.
    var needsPreview: Bool {
        switch subject {
        case .event, .override: true
        case .extend, .redrive, .profile: false
        }
    }

    /// What the preview depends on: not the reason, not the word typed to confirm.
    var texts: [String] {
        form.fields.filter { $0.id != "reason" && $0.id != "confirm" }.map(\.text)
    }

    func text(_ field: String) -> String { form[field]?.text.trimmingSpaces ?? "" }

    /// The preview of what stands in the fields now.
    var current: (preview: PlanPreview, request: Request, at: UTCInstant)? {
        guard case .known(let preview, let request, texts, let at) = preview else { return nil }
        return (preview, request, at)
    }

    mutating func setProblem(_ field: String, _ problem: String?) {
        guard let index = form.fields.firstIndex(where: { $0.id == field }) else { return }
        form.fields[index].problem = problem
    }

    /// Asks to type `word`, or no longer to.
    mutating func confirm(_ word: String?) {
        form.fields.removeAll { $0.id == "confirm" }
        if let word { form.fields.append(Form.Field("confirm", "Type \(word)", .text(TextInput()), isRequired: true)) }
        form.focused = min(form.focused, form.fields.count - 1)
    }
}

extension Form.Field {
    var text: String {
        switch value {
        case .text(let input), .number(let input, _, _): input.text
        case .choice(let options, let selected): options.indices.contains(selected) ? options[selected] : ""
        case .toggle(let isOn): isOn ? "yes" : "no"
        }
    }
}

extension ConsoleState {
    /// Keys of a sheet with fields while it is reviewed.
    mutating func reviewEntry(_ sheet: Sheet, _ entry: SheetEntry, _ press: KeyPress) {
        var sheet = sheet
        var entry = entry
        switch press.key {
        case .escape: return layer = nil
        case .enter: return enterEntry(sheet, entry)
        default:
            let focused = entry.form.focused
            _ = entry.form.press(press)
            _ = read(&entry)
            sheet.problem = nil
            if entry.form.focused != focused { askPreview(&entry) }
        }
        sheet.entry = entry
        layer = .sheet(sheet)
    }

    private mutating func enterEntry(_ sheet: Sheet, _ entry: SheetEntry) {
        var sheet = sheet
        var entry = entry
        let request = read(&entry)
        guard let request else {
            entry.form.revealProblems()
            sheet.problem = "Mend what is marked"
            sheet.entry = entry
            return layer = .sheet(sheet)
        }
        if let armed = armable(entry, request) {
            sheet.problem = missing(sheet, entry)
            if sheet.problem == nil {
                sheet.action = armed.action
                sheet.reason = TextInput(entry.text("reason"))
                arm(&sheet, armed.action, reason: sheet.reason.text)
                sheet.follow = armed.follow(entry.current?.preview)
            } else {
                entry.form.revealProblems()
            }
        } else {
            askPreview(&entry)
            if case .asking = entry.preview { sheet.problem = nil }
        }
        sheet.entry = entry
        layer = .sheet(sheet)
    }

    /// What may be armed now: the request as it was previewed, where it needs that.
    private func armable(_ entry: SheetEntry, _ request: SheetEntry.Request) -> SheetEntry.Request? {
        if !entry.needsPreview { return request }
        guard let current = entry.current, now.since(current.at) < SheetEntry.freshFor else { return nil }
        return current.request
    }

    private func missing(_ sheet: Sheet, _ entry: SheetEntry) -> String? {
        if case .override = entry.subject, entry.current?.preview.plan.commandCount == 0 {
            return "Nothing would be written: the lines above say why"
        }
        if entry.text("reason").isEmpty { return "Give a reason: it goes to the audit trail" }
        if let word = sheet.word, entry.text("confirm") != word { return "Type \(word) to confirm" }
        return nil
    }

    /// Asks for what stands in the fields, unless that is known, under way, or cannot be read.
    mutating func askPreview(_ entry: inout SheetEntry) {
        guard let request = read(&entry) else { return }
        let texts = entry.texts
        switch entry.preview {
        case .asking(_, _, texts): return
        case .known(_, _, texts, let at) where now.since(at) < SheetEntry.freshFor: return
        default: break
        }
        switch request {
        case .event(let wanted): entry.preview = .asking(ask(.previewEvent(wanted)), request, texts: texts)
        case .override(let wanted): entry.preview = .asking(ask(.previewOverride(wanted)), request, texts: texts)
        case .extend, .redrive, .profile: break
        }
    }

    /// The fields as a request; sets what is wrong with each.
    func read(_ entry: inout SheetEntry) -> SheetEntry.Request? {
        let request: SheetEntry.Request? =
            switch entry.subject {
            case .event: EventForm.read(&entry, self).map { .event($0) }
            case .override(let facility, let point):
                OverrideForm.read(&entry, facility, point, self).map { .override($0) }
            case .extend(let event, let facility):
                OverrideForm.readEnd(&entry, self).map { .extend(event, facility, until: $0) }
            case .redrive(let choice):
                RedriveForm.read(&entry).map { .redrive(choice.selection, perSecond: $0) }
            case .profile(let facility): ProfileForm.read(&entry, facility, self).map { .profile($0) }
            }
        let others = entry.form.fields.filter { $0.id != "reason" && $0.id != "confirm" }
        return others.allSatisfy { $0.message == nil } ? request : nil
    }

    /// True when this was the preview of the sheet that is open.
    mutating func receivePreview(_ id: EffectID, _ result: EffectResult) -> Bool {
        guard case .sheet(var sheet) = layer, var entry = sheet.entry,
            case .asking(id, let request, let texts) = entry.preview
        else { return false }
        switch result {
        case .preview(let preview):
            entry.preview = .known(preview, request, texts: texts, at: now)
            if case .event = request {
                sheet.word = EventForm.word(preview)
                if entry.form["confirm"].map({ $0.label == "Type \(sheet.word ?? "")" }) != true {
                    entry.confirm(sheet.word)
                }
            }
        case .failed(let sentence): entry.preview = .failed(sentence, texts: texts)
        default: return false
        }
        sheet.entry = entry
        layer = .sheet(sheet)
        return true
    }
}

extension SheetEntry.Request {
    var action: OperatorCommand.Action {
        switch self {
        case .event(let request): .createEvent(request)
        case .override(let request): .overridePoint(request)
        case .extend(let event, _, let until): .extendOverride(event, until: until)
        case .redrive(let selection, let perSecond): .redrive(selection, perSecond: perSecond)
        case .profile(let request): .enterProfile(request)
        }
    }

    /// An override is followed until the building reads it back: the value that the plan writes, not the one asked for. A new
    /// end is followed until the holder carries it.
    func follow(_ preview: PlanPreview?) -> SheetFollow? {
        switch self {
        case .event, .redrive, .profile: return nil
        case .extend(let event, let facility, let until): return SheetFollow(.ends(facility, event, until))
        case .override(let request):
            let written = preview?.plan.legs.first?.commands.first?.value ?? request.value
            return SheetFollow(.holds(request.facility, request.point, value: written))
        }
    }
}
