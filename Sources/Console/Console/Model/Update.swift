import EnergyModel
import Ports
import Screen

/// The only way the state changes. Total: every message in every state is answered, none traps. Returns what is to be
/// done outside.
package func update(_ state: inout ConsoleState, _ message: ConsoleMessage, now: UTCInstant) -> [Effect] {
    state.now = now
    switch message {
    case .input(let event): state.take(event)
    case .tick: state.ageAtTick = state.live.map { max(.zero, now.since($0.at)) }
    case .link(let update): state.receive(update)
    case .finished(let id, let result): state.receive(id, result)
    case .keysLoaded(let keys, let problems): state.use(keys, problems: problems)
    case .themeReloaded(let errors): state.themeReloaded(errors)
    }
    state.expire()
    for index in state.panes.indices {
        let room = state.panes[index].route.screen.room
        room.tick(&state, pane: index)
        room.settle(&state, pane: index, area: state.area(of: index))
    }
    return state.takeOutbox()
}

extension ConsoleState {
    mutating func receive(_ update: LinkUpdate) {
        switch update {
        case .snapshot(let snapshot):
            if case .lost = link { say("The engine answers again") }
            link = .up
            live = Received(snapshot: snapshot, at: now)
            growth.note(snapshot)
        case .lost(let sentence):
            if case .lost(_, let since) = link {
                link = .lost(sentence: sentence, since: since)
            } else {
                link = .lost(sentence: sentence, since: now)
            }
        case .standing(let standing): receive(standing)
        }
    }

    /// The engine says who one is there and what one may do; what this console was told to leave alone it still leaves.
    private mutating func receive(_ standing: LinkStanding) {
        let isFirst = self.standing == nil
        self.standing = standing
        let identity = standing.identity
        let wasReadOnly = person.isReadOnly
        person = ConsolePerson(
            name: identity.name, role: identity.role.rawValue,
            isReadOnly: person.isToldReadOnly || identity.role < .operator, isToldReadOnly: person.isToldReadOnly)
        if person.isReadOnly, !wasReadOnly || isFirst && !person.isToldReadOnly {
            if case .sheet = layer { layer = nil }
            say("You may look here and change nothing: your role is \(identity.role.rawValue)", .warning)
            return
        }
        if wasReadOnly, !person.isReadOnly, !isFirst {
            say("You may act again: your role is \(identity.role.rawValue)")
        }
    }

    mutating func receive(_ id: EffectID, _ result: EffectResult) {
        if receiveMoment(id, result) || receiveEditor(id, result) || receiveSheet(id, result)
            || receiveErrand(id, result)
        {
            return
        }
        for index in panes.indices {
            for screen in ScreenKind.allCases where screen.room.receive(&self, pane: index, id: id, result: result) {
                return
            }
        }
    }

    /// Answers to things the console did for its own sake: copy, write, note, theme.
    private mutating func receiveErrand(_ id: EffectID, _ result: EffectResult) -> Bool {
        guard let errand = errands.removeValue(forKey: id) else { return false }
        switch result {
        case .copied(let sentence): say("\(errand): \(sentence)")
        case .written(let path): say("Written to \(path)")
        case .outcome(.done(let sentence, _)): say(sentence)
        case .outcome(.refused(let sentence)): say(sentence, .warning)
        case .themeLoaded(let name, let errors):
            themeName = name
            errors.isEmpty ? say("Theme \(name)") : themeReloaded(errors)
        case .failed(let sentence): say("\(errand): \(sentence)", .warning)
        default: return false
        }
        return true
    }

    mutating func themeReloaded(_ errors: [String]) {
        guard let first = errors.first else { return say("Theme \(themeName) read again") }
        let more = errors.count > 1 ? " (and \(errors.count - 1) more)" : ""
        say("Theme \(themeName): \(first)\(more)", .warning)
    }

    mutating func use(_ keys: KeyMap, problems: [String]) {
        self.keys = keys
        keyProblems = problems
        guard let first = problems.first else { return say("Keys read again") }
        let more = problems.count > 1 ? " (and \(problems.count - 1) more, see ?)" : ""
        say("keys.yaml: \(first)\(more)", .warning)
    }

    mutating func expire() {
        if let shown = notice, now.since(shown.at) >= Notice.lifetime { notice = nil }
        expireSheet()
        followSheet()
        followEditor()
    }

    /// Begins at a place given on the command line.
    mutating func open(_ locator: Locator) -> [Effect] {
        go(to: locator.route)
        if let moment = locator.moment { travel(to: moment) }
        return takeOutbox()
    }

    /// Goes to a place in the focused pane; the same place again reads it afresh.
    mutating func go(to route: Route) {
        pane.route = route
        route.screen.room.refresh(&self, pane: focus)
    }

    /// Every pane shows another moment or other data now.
    mutating func refreshPanes() {
        for index in panes.indices { panes[index].route.screen.room.refresh(&self, pane: index) }
    }
}
