import EnergyModel
import Ports

/// Freeze and time travel: every screen as it was, from what is stored.
extension ConsoleState {
    static let shortStep = Duration.seconds(60)
    static let longStep = Duration.seconds(3600)

    mutating func toggleFreeze() {
        guard past == nil else { return returnToLive() }
        guard let sight else { return say("Nothing to freeze yet: no snapshot has come", .warning) }
        past = Past(moment: sight.now, snapshot: sight.snapshot)
        refreshPanes()
        say("Frozen: [ ] step a minute, { } an hour, z returns to live")
    }

    mutating func returnToLive() {
        guard past != nil else { return }
        past = nil
        refreshPanes()
        say("Live again")
    }

    /// Steps from what was last asked for, on whole minutes; stepping past now returns to live.
    mutating func step(by span: Duration) {
        guard let current = past?.wanted ?? past?.moment ?? sight?.now else {
            return say("Nothing to step from yet: no snapshot has come", .warning)
        }
        travel(to: current.advanced(by: span).floor(toMilliseconds: 60_000))
    }

    mutating func travel(to moment: UTCInstant) {
        let present = live.map { $0.snapshot.at.advanced(by: now.since($0.at)) } ?? now
        guard moment < present else {
            if past == nil { say("That is not in the past") }
            return returnToLive()
        }
        if past == nil { past = Past(moment: sight?.now ?? present, snapshot: sight?.snapshot) }
        past?.wanted = moment
        let id = ask(.snapshot(at: moment))
        past?.awaited = id
    }

    mutating func receiveMoment(_ id: EffectID, _ result: EffectResult) -> Bool {
        guard id == past?.awaited, let wanted = past?.wanted else { return false }
        past?.awaited = nil
        past?.wanted = nil
        switch result {
        case .snapshot(let snapshot):
            past?.moment = wanted
            past?.snapshot = snapshot
            refreshPanes()
        case .failed(let sentence): say("\(wanted.iso8601) cannot be shown: \(sentence)", .warning)
        default: return false
        }
        return true
    }
}
