import EnergyModel
import Ports
import Screen

/// Who sits in front of the console and what they may do.
package struct ConsolePerson: Sendable, Equatable {
    package var name: String
    package var role: String
    /// By flag, configuration or role: actions vanish from keys, help and palette.
    package var isReadOnly: Bool
    /// By flag or configuration: no role gives them back.
    package var isToldReadOnly: Bool

    /// `isToldReadOnly` nil takes `isReadOnly` for it.
    package init(name: String, role: String, isReadOnly: Bool, isToldReadOnly: Bool? = nil) {
        self.name = name
        self.role = role
        self.isReadOnly = isReadOnly
        self.isToldReadOnly = isToldReadOnly ?? isReadOnly
    }

    /// Until an engine elsewhere has said who one is there: nothing is done on a guess.
    package static func unknown(name: String, isToldReadOnly: Bool) -> ConsolePerson {
        ConsolePerson(name: name, role: "not known yet", isReadOnly: true, isToldReadOnly: isToldReadOnly)
    }

    var author: String { "operator:\(name)" }
}

/// The link to the engine. Exits: `connecting` → `up` or `lost`; `up` → `lost`; `lost` → `up`.
enum LinkState: Sendable, Equatable {
    case connecting(since: UTCInstant)
    /// Since the last snapshot it has said nothing; its age tells live from stale.
    case up
    case lost(sentence: String, since: UTCInstant)
}

/// A snapshot and when it came, by the console's own clock: ages need no agreement between two machines' clocks.
struct Received: Sendable {
    var snapshot: OperatorSnapshot
    var at: UTCInstant
}

enum ZoneMode: Sendable, Equatable {
    case utc
    /// Of the facility shown or selected.
    case facility
}

/// One line at the foot of the screen that says what just happened or what to do.
struct Notice: Sendable, Equatable {
    enum Tone: Sendable, Equatable { case plain, warning }
    var text: String
    var tone: Tone
    var at: UTCInstant
    static let lifetime = Duration.seconds(12)
}

/// The whole console as one value. Changed only by `update`, drawn only by `view`.
package struct ConsoleState: Sendable {
    package internal(set) var person: ConsolePerson
    /// Makes command keys unique between sessions.
    let session: String
    /// What is under way before the first snapshot.
    let awaited: String
    package var now: UTCInstant
    package var size: Size

    var link: LinkState
    /// Keys of sheets that were closed before the engine had said whether it armed them.
    var abandonedArms: [EffectID: String] = [:]
    /// Of a remote link; nil inside the engine's process.
    var standing: LinkStanding?
    var live: Received?
    /// Nil while live.
    var past: Past?

    /// How dead letters grew, by topic and reason.
    var growth = LetterGrowth()

    var panes: [Pane]
    var focus = 0
    var layer: Layer?
    var notice: Notice?

    var keys: KeyMap
    var keyProblems: [String] = []
    var zoneMode = ZoneMode.utc
    package internal(set) var themeName: String
    var themeNames: [String]
    var history: [String] = []

    private(set) var outbox: [Effect] = []
    private var nextEffect: UInt64 = 1
    private var commands: UInt64 = 0
    /// Answers awaited by the console itself: what was asked, so that the notice can say it.
    var errands: [EffectID: String] = [:]
    package internal(set) var isQuitting = false
    /// Age of the newest snapshot at the last tick of the clock. The header shows this one, so that a snapshot that changes
    /// nothing else costs no frame of its own.
    var ageAtTick: Duration?
    /// When quitting was asked for, while that would stop the engine.
    var quitAskedAt: UTCInstant?
    /// Raised when the terminal's memory of the screen cannot be trusted.
    package internal(set) var redrawCount = 0

    package init(
        person: ConsolePerson, session: String, now: UTCInstant, size: Size, keys: KeyMap, themeName: String,
        themeNames: [String], awaited: String = "Waiting for the engine's first snapshot"
    ) {
        self.person = person
        self.session = session
        self.awaited = awaited
        self.now = now
        self.size = size
        self.keys = keys
        self.themeName = themeName
        self.themeNames = themeNames
        link = .connecting(since: now)
        panes = [Pane(route: .overview)]
    }

    var pane: Pane {
        get { panes[focus] }
        set { panes[focus] = newValue }
    }

    /// Queues an effect; its id is what the answer will carry.
    @discardableResult
    mutating func ask(_ work: Effect.Work) -> EffectID {
        let id = EffectID(number: nextEffect)
        nextEffect += 1
        outbox.append(Effect(id: id, work: work))
        return id
    }

    mutating func takeOutbox() -> [Effect] {
        defer { outbox = [] }
        return outbox
    }

    mutating func command(_ action: OperatorCommand.Action, reason: String) -> OperatorCommand {
        commands += 1
        return OperatorCommand(key: "\(session)-\(commands)", author: person.author, reason: reason, action: action)
    }

    mutating func say(_ text: String, _ tone: Notice.Tone = .plain) {
        notice = Notice(text: text, tone: tone, at: now)
    }
}

/// What the screens show: live data, or a stored moment.
struct Sight: Sendable {
    let snapshot: OperatorSnapshot
    /// The moment against which ages are told, on the engine's clock.
    let now: UTCInstant
    /// How long ago this came from the engine, by the console's clock.
    let age: Duration
    let isPast: Bool
}

extension ConsoleState {
    var sight: Sight? {
        if let past {
            return past.snapshot.map { Sight(snapshot: $0, now: past.moment, age: .zero, isPast: true) }
        }
        return live.map { live in
            let age = max(.zero, now.since(live.at))
            return Sight(snapshot: live.snapshot, now: live.snapshot.at.advanced(by: age), age: age, isPast: false)
        }
    }

    /// The moment the screens stand at; the console's own clock before anything came.
    var moment: UTCInstant { past?.moment ?? sight?.now ?? now }

    func facility(_ id: FacilityID) -> FacilitySnapshot? {
        sight?.snapshot.facilities.first { $0.id == id }
    }

    /// The zone in which times stand now, by mode and by the facility that pane shows or selects.
    func clock(for pane: Pane) -> ZoneClock {
        guard zoneMode == .facility, let id = pane.route.facility ?? pane.overview.cursor.selected,
            let facility = facility(id)
        else { return .utc }
        return ZoneClock(named: facility.timeZone)
    }

    var mayAct: Bool { !person.isReadOnly }
}
