import EnergyModel
import Ports
import Screen

/// A letter's payload while it is edited, what processing says to it, and what is asked before it is left.
///
/// Exits: `editing` → `review`, `leaving` or closed; `review` → `editing`, or a sheet with this behind it; `leaving` →
/// closed or `editing`.
struct LetterEditor: Sendable {
    enum Form: Sendable { case text, hexadecimal }

    enum Phase: Sendable {
        case editing
        case review(Review)
        case leaving
    }

    /// What was made of the payload, against what it came as or what is stored as its edit.
    struct Review: Sendable {
        var isAgainstEdit: Bool
        var diff: PayloadDiff
        var top = 0
    }

    /// A larger payload is edited outside: `switchyard dlq edit --file`.
    static let largest = 256 * 1024
    /// What is typed stands still so long before it is checked.
    static let quiet = Duration.milliseconds(400)
    /// Processing may think otherwise of the same text later: a facility is described, a meter comes.
    static let checkedFor = Duration.seconds(30)

    let letter: DeadLetter
    let number: Int64
    let form: Form
    /// The edit that is replaced; nil for none.
    var stored: DeadLetter.Edit?
    var editor: TextEditor
    var phase = Phase.editing
    var check = LetterChecking()
    var changedAt: UTCInstant
    /// Said once about what was just tried.
    var remark: String?
    /// The letter asked for again, because storing was refused.
    var awaited: EffectID?

    init(_ letter: DeadLetter, number: Int64, now: UTCInstant) {
        self.letter = letter
        self.number = number
        stored = letter.edit
        changedAt = now
        let payload = letter.currentPayload
        if let text = String(validating: payload, as: UTF8.self) {
            form = .text
            editor = TextEditor(text, limit: Self.largest)
        } else {
            form = .hexadecimal
            // Two digits and a space for each byte, and as many spaces again for whoever likes them.
            editor = TextEditor(HexText.written(payload), limit: Self.largest * 4)
        }
    }

    var payload: Result<[UInt8], HexText.Problem> {
        form == .text ? .success(Array(editor.text.utf8)) : HexText.read(editor.scalars)
    }

    /// Bytes; 0 while they cannot be read.
    var size: Int {
        if form == .text { return editor.bytes }
        if case .success(let bytes) = payload { return bytes.count }
        return 0
    }

    /// Storing would change what a replay sends.
    var isChanged: Bool {
        guard !editor.isUntouched else { return false }
        guard case .success(let bytes) = payload else { return true }
        return bytes != stored?.payload ?? letter.payload
    }

    func index(ofByte byte: Int) -> Int {
        form == .text ? editor.index(ofByte: byte) : HexText.index(ofByte: byte, in: editor.scalars)
    }

    /// The places that are wrong as far as is known of exactly this text, in its order.
    var faults: [Int] {
        if case .failure(let problem) = payload { return [problem.index] }
        guard case .fails(let faults) = check.answer(to: editor.generation) else { return [] }
        return faults.compactMap { $0.offset.map { index(ofByte: $0) } }.sorted()
    }

    func review(against isAgainstEdit: Bool) -> Review? {
        guard case .success(let bytes) = payload else { return nil }
        let before = isAgainstEdit ? stored?.payload ?? letter.payload : letter.payload
        return Review(isAgainstEdit: isAgainstEdit, diff: PayloadDiff(old: before, new: bytes))
    }
}

/// What processing would say, and to which text. An answer to another text than the one on the screen is not shown.
struct LetterChecking: Sendable {
    private var fetch = Fetch<LetterCheck>()
    private var asked: Int?
    private var answered: Int?

    func answer(to generation: Int) -> LetterCheck? { answered == generation ? fetch.value : nil }

    /// Why this text could not be checked; nil when it was, or is being.
    func failure(for generation: Int) -> String? {
        asked == generation && answered != generation ? fetch.failure : nil
    }

    func isUnderWay(for generation: Int) -> Bool { fetch.isUnderWay && asked == generation }

    func age(now: UTCInstant) -> Duration? { fetch.arrivedAt.map { max(.zero, now.since($0)) } }

    func isDue(_ generation: Int, now: UTCInstant) -> Bool {
        guard fetch.isDue(every: .seconds(1), now: now) else { return false }
        guard answered == generation, let age = age(now: now) else { return true }
        return age >= LetterEditor.checkedFor
    }

    mutating func ask(_ id: EffectID, _ generation: Int, at now: UTCInstant) {
        fetch.asked(id, at: now)
        asked = generation
    }

    mutating func settle(_ id: EffectID, _ outcome: Result<LetterCheck, FetchFailure>, at now: UTCInstant) -> Bool {
        guard fetch.settle(id, outcome, at: now) else { return false }
        if case .success = outcome { answered = asked }
        return true
    }
}
