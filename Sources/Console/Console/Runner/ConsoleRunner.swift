import EnergyModel
import Ports
import Screen

/// The shell around the pure console: hears the terminal, the engine and the clock, performs effects, draws.
///
/// One loop owns the state. After a batch of messages it draws once, so that a burst costs one frame; between messages
/// it sleeps. Everything it starts ends with `run()`.
package struct ConsoleRunner<C: Clock>: Sendable where C.Duration == Duration {
    package struct Settings: Sendable {
        package var person: ConsolePerson
        /// Makes this session's command keys unique.
        package var session: String
        package var keysPath: String?
        package var themeName: String
        package var glyphs: Glyphs
        /// Where to begin; nil is Overview.
        package var locator: Locator?
        /// What is under way before the first snapshot, for the screen.
        package var awaited: String

        package init(
            person: ConsolePerson, session: String, keysPath: String?, themeName: String, glyphs: Glyphs,
            locator: Locator? = nil, awaited: String = "Waiting for the engine's first snapshot"
        ) {
            self.person = person
            self.session = session
            self.keysPath = keysPath
            self.themeName = themeName
            self.glyphs = glyphs
            self.locator = locator
            self.awaited = awaited
        }
    }

    private let link: any OperatorLink
    private let terminal: any ConsoleTerminal
    private let settings: Settings
    private let themes: ThemeShelf
    private let exports: ExportDirectory
    private let clock: C
    private let wall: @Sendable () -> UTCInstant

    package init(
        link: any OperatorLink, terminal: any ConsoleTerminal, settings: Settings, themes: ThemeShelf,
        exports: ExportDirectory, clock: C, wall: @escaping @Sendable () -> UTCInstant
    ) {
        self.link = link
        self.terminal = terminal
        self.settings = settings
        self.themes = themes
        self.exports = exports
        self.clock = clock
        self.wall = wall
    }

    /// Returns when the operator quits, the terminal ends or the task is cancelled; throws when there is no terminal to
    /// take.
    package func run() async throws {
        let inbox = Inbox()
        let failure = FirstFailure()
        await withDiscardingTaskGroup { group in
            group.addTask {
                do {
                    try await self.terminal.run { inbox.post(.input($0)) }
                } catch {
                    failure.keep(error)
                }
                inbox.post(.input(.ended(.inputClosed)))
            }
            group.addTask { await self.follow(inbox) }
            group.addTask { await self.tick(inbox) }
            await self.loop(inbox, &group)
            self.terminal.stop()
            group.cancelAll()
            inbox.close()
        }
        if let error = failure.error { throw error }
    }

    // MARK: - Sources

    /// A link whose stream ends is asked again after a second.
    private func follow(_ inbox: Inbox) async {
        while !Task.isCancelled {
            for await update in link.snapshots() { inbox.post(.link(update)) }
            inbox.post(.link(.lost(sentence: "The engine closed the link.")))
            do {
                try await clock.sleep(for: .seconds(1))
            } catch {
                return
            }
        }
    }

    /// A little after each whole second of the wall clock: the seconds shown turn when they turn, and the snapshot that the
    /// engine makes on the whole second is already here, so that both cost one frame.
    private func tick(_ inbox: Inbox) async {
        while !Task.isCancelled {
            do {
                try await clock.sleep(for: untilTick)
            } catch {
                return
            }
            inbox.post(.tick)
        }
    }

    private static var ticksAfterSecond: Int64 { 25 }

    /// More than 0, at most a second.
    private var untilTick: Duration {
        let phase = ((wall().milliseconds - Self.ticksAfterSecond) % 1000 + 1000) % 1000
        return .milliseconds(1000 - phase)
    }

    // MARK: - The loop

    private func loop(_ inbox: Inbox, _ group: inout DiscardingTaskGroup) async {
        var watch = SettingsWatch(keysPath: settings.keysPath, themes: themes)
        var state = begin(&watch, inbox)
        var redraws = state.redrawCount
        var ticks = 0
        let performer = EffectPerformer(
            link: link, terminal: terminal, exports: exports, themes: themes, clock: clock)
        if let locator = settings.locator {
            start(state.open(locator), performer, inbox, &group)
        }
        for await _ in inbox.signals {
            var canWait = true
            for message in inbox.take() {
                start(update(&state, message, now: wall()), performer, inbox, &group)
                if state.isQuitting { return }
                if case .tick = message { ticks += 1 }
                if case .link(.snapshot) = message { continue }
                canWait = false
            }
            if canWait, untilTick <= .milliseconds(2 * Self.ticksAfterSecond) { continue }
            if ticks >= 2 {
                ticks = 0
                look(&watch, state, inbox)
            }
            if redraws != state.redrawCount {
                redraws = state.redrawCount
                terminal.use(themes.load(state.themeName).theme)
            }
            terminal.show(view(state, size: state.size, glyphs: settings.glyphs))
        }
    }

    private func begin(_ watch: inout SettingsWatch, _ inbox: Inbox) -> ConsoleState {
        let (theme, problems) = themes.load(settings.themeName)
        terminal.use(theme)
        let text = settings.keysPath.map(SettingsWatch.text) ?? ""
        let (keys, conflicts) = KeyMapFile.parse(text)
        if !problems.isEmpty { inbox.post(.themeReloaded(errors: problems)) }
        if !conflicts.isEmpty { inbox.post(.keysLoaded(keys, problems: conflicts)) }
        _ = watch.hasChanged(theme: settings.themeName)
        return ConsoleState(
            person: settings.person, session: settings.session, now: wall(), size: Size(columns: 80, rows: 24),
            keys: keys, themeName: settings.themeName, themeNames: themes.names, awaited: settings.awaited)
    }

    private func start(
        _ effects: [Effect], _ performer: EffectPerformer<C>, _ inbox: Inbox, _ group: inout DiscardingTaskGroup
    ) {
        for effect in effects where effect.work != .quit {
            group.addTask { await performer.perform(effect) { inbox.post($0) } }
        }
    }

    private func look(_ watch: inout SettingsWatch, _ state: ConsoleState, _ inbox: Inbox) {
        if let text = watch.changedKeys() {
            let (keys, problems) = KeyMapFile.parse(text)
            inbox.post(.keysLoaded(keys, problems: problems))
        }
        if watch.hasChanged(theme: state.themeName) {
            let (theme, problems) = themes.load(state.themeName)
            terminal.use(theme)
            inbox.post(.themeReloaded(errors: problems))
        }
    }
}
