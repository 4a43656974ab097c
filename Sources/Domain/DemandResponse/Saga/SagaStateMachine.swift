import EnergyModel

/// One demand-response event from receipt to the last release: event, legs, commands. Each method takes what happened and
/// returns what to record and what to ask of buildings; it reads no clock and does no I/O.
///
/// The caller commits `transitions` in one transaction, and only then performs `requests`: so a command that left was always
/// intended on record. If the commit fails the caller keeps its copy from before; only requests with `isRelease` may go out
/// all the same (ledger DR-13). After a crash `init(event:history:)` and `restarted` go on from the records alone.
package struct SagaStateMachine: Hashable, Sendable {
    package struct Output: Hashable, Sendable {
        package var transitions: [DRTransition] = []
        package var requests: [BuildingRequest] = []
        /// Why what was asked for was not done; nil when it was.
        package var refusal: String?
        package init() {}
    }

    package let event: DREventID
    package private(set) var progress = EventProgress()
    /// The plan in force; nil before the first.
    package private(set) var plan: DispatchPlan?
    /// Ordinal of the newest transition.
    package private(set) var ordinal = 0
    let rules: SagaRules
    private(set) var legs: [LegStateMachine] = []
    private var legByFacility: [FacilityID: Int] = [:]

    package init(event: DREventID, rules: SagaRules = SagaRules()) {
        self.event = event
        self.rules = rules
    }

    /// The state that its history folds to; the same value that a machine has which never stopped.
    package init(
        event: DREventID, history: some Sequence<DRTransition>, rules: SagaRules = SagaRules()
    ) throws(SagaHistoryError) {
        self.init(event: event, rules: rules)
        for transition in history { try apply(transition) }
    }

    // MARK: - Views

    package var commands: [BuildingCommand] {
        legs.flatMap { leg in
            leg.commands.map {
                BuildingCommand(event: event, facility: leg.facility, plan: $0.plan, progress: $0.progress)
            }
        }
    }
    package var facilities: [FacilityID] { legs.map(\.facility) }
    package func leg(_ facility: FacilityID) -> LegProgress? { legByFacility[facility].map { legs[$0].progress } }

    /// True when nothing of this event holds the building any more.
    package func hasLetGo(of facility: FacilityID) -> Bool {
        guard let index = legByFacility[facility] else { return true }
        return legs[index].isSettled
    }

    /// Reduction that confirmed commands of the facility stand for.
    package func recordedReduction(of facility: FacilityID) -> Power? {
        legByFacility[facility].map { legs[$0].confirmed }
    }

    /// The next moment to call `advance` at; nil when there is none. `now` is the moment of the last `advance`, `planned` or
    /// `restarted`, not of the last answer: an answer moves its own building only. O(commands).
    package func nextDue(after now: UTCInstant) -> UTCInstant? {
        if legs.isEmpty { return plan.flatMap { $0.window.end > now ? $0.window.end : nil } }
        return legs.compactMap { $0.nextDue(after: now) }.min()
    }

    // MARK: - The one way to change

    func command(_ facility: FacilityID, _ sequence: Int) -> (leg: Int, command: Int)? {
        guard let leg = legByFacility[facility],
            let index = legs[leg].commands.firstIndex(where: { $0.plan.sequence == sequence })
        else { return nil }
        return (leg, index)
    }

    func legIndex(_ facility: FacilityID) -> Int? { legByFacility[facility] }

    /// Folds one recorded transition in. Throws when it does not follow the last one.
    package mutating func apply(_ transition: DRTransition) throws(SagaHistoryError) {
        guard transition.event == event, transition.ordinal == ordinal + 1 else {
            throw SagaHistoryError(event: event, expected: ordinal + 1, found: transition.ordinal)
        }
        switch transition.change {
        case .plan(let plan): take(plan)
        case .event(let progress): self.progress = progress
        case .leg(let facility, let progress):
            guard let index = legByFacility[facility] else {
                throw SagaHistoryError(event: event, expected: ordinal + 1, found: transition.ordinal)
            }
            legs[index].progress = progress
        case .command(let facility, let sequence, let progress):
            guard let place = command(facility, sequence) else {
                throw SagaHistoryError(event: event, expected: ordinal + 1, found: transition.ordinal)
            }
            legs[place.leg].commands[place.command].progress = progress
        }
        ordinal = transition.ordinal
    }

    private mutating func take(_ plan: DispatchPlan) {
        self.plan = plan
        for leg in plan.legs {
            if let index = legByFacility[leg.facility] {
                legs[index].take(leg)
            } else {
                legByFacility[leg.facility] = legs.count
                legs.append(LegStateMachine(plan: leg))
            }
        }
    }

    func record(
        _ change: DRTransition.Change, from: String, to: String, reason: String, _ moment: SagaMoment,
        notices: [DRNotice] = []
    ) -> DRTransition {
        DRTransition(
            event: event, ordinal: ordinal + 1, from: from, to: to, at: moment.now, actor: moment.actor,
            traceID: moment.traceID, reason: reason, change: change, notices: notices)
    }

    /// Records a change and applies it the way a resume would: there is no second way.
    mutating func commit(_ transition: DRTransition, into output: inout Output) {
        do throws(SagaHistoryError) {
            try apply(transition)
            output.transitions.append(transition)
        } catch {
            preconditionFailure("the saga made a transition that does not follow: \(error)")
        }
    }
}

/// The stored transitions of an event have a gap, a repetition or a stranger among them.
package struct SagaHistoryError: Error, Hashable, CustomStringConvertible {
    package let event: DREventID
    package let expected: Int
    package let found: Int

    package init(event: DREventID, expected: Int, found: Int) {
        self.event = event
        self.expected = expected
        self.found = found
    }

    package var description: String {
        "the history of event \(event) does not follow at transition \(expected) (found \(found)); "
            + "release its buildings by hand and restore its transitions from a backup"
    }
}
