import EnergyModel

/// Seeded histories of demand-response events: every kind of change, notice and state comes up, and they follow each other
/// as a store demands, not as a saga would. For tests of what stores, sends and shows transitions.
package struct RandomHistory: Sendable {
    package let event: DREventID
    package private(set) var ordinal = 0
    private var random: SplitMix64
    private var version = 0
    private var plan: DispatchPlan?
    private let start = UTCInstant(seconds: 1_790_000_000)

    package init(event: DREventID, seed: UInt64) {
        self.event = event
        random = SplitMix64(seed: seed)
    }

    package mutating func next(_ count: Int) -> [DRTransition] { (0..<count).map { _ in next() } }

    /// The first one is a plan; later plans keep every command of the one before. About 60 commands at most.
    package mutating func next() -> DRTransition {
        ordinal += 1
        let change = nextChange()
        let notices = chance(4) ? (0...pick(3)).map { _ in nextNotice() } : []
        return DRTransition(
            event: event, ordinal: ordinal, from: pick(DREventStatus.allCases).rawValue,
            to: pick(LegState.allCases).rawValue, at: instant(), actor: text(), traceID: chance(2) ? text() : nil,
            reason: text(), change: change, notices: notices)
    }

    package mutating func nextEvent(isSettled: Bool = false) -> DemandResponseEvent {
        let windowStart = instant()
        var made = DemandResponseEvent(
            id: event, kind: pick(DemandResponseEvent.Kind.allCases), utilityRequestID: chance(2) ? text() : nil,
            program: text(), name: text(), priority: chance(2) ? pick(10) : nil, source: text(),
            window: TimeRange(start: windowStart, end: windowStart.advanced(by: .seconds(3600))),
            status: pick(DREventStatus.allCases), ordinal: ordinal, isSettled: isSettled, awaitsApproval: chance(2),
            receivedAt: instant(), modifiedAt: instant())
        made.target = chance(2) ? power() : nil
        made.expected = chance(2) ? power() : nil
        made.achieved = chance(2) ? power() : nil
        made.forecastQuality = chance(2) ? pick(ForecastQuality.allCases) : nil
        made.traceID = chance(2) ? text() : nil
        return made
    }

    package mutating func nextPoint() -> BuildingPoint {
        BuildingPoint(
            id: known("P-\(pick(1000))", PointID.init), kind: pick(PointKind.allCases), zone: text(),
            normal: power().kilowatts, rated: chance(2) ? power() : nil, isCritical: chance(2),
            isHeldByOperator: chance(2), longestShed: chance(2) ? .seconds(pick(9999)) : nil)
    }

    package mutating func nextNotice() -> DRNotice {
        switch pick(7) {
        case 0: .statusChanged(pick(DREventStatus.allCases))
        case 1: .commandFailed(facility(), sequence: pick(99), text())
        case 2: .releaseFailing(facility(), sequence: pick(99), text())
        case 3: .underDelivery(chance(2) ? facility() : nil, achieved: power(), target: power())
        case 4: .discrepancy(facility(), recorded: power(), measured: power())
        case 5: .buildingBusy(facility())
        default: .settled
        }
    }
}

extension RandomHistory {
    private mutating func nextChange() -> DRTransition.Change {
        guard let plan, !chance(12) else { return .plan(nextPlan()) }
        switch pick(5) {
        case 0:
            return .event(
                EventProgress(
                    status: pick(DREventStatus.allCases), firstConfirmedAt: perhaps(), isUnderDelivering: chance(2),
                    isSettled: chance(2)))
        case 1:
            return .leg(
                facility(),
                LegProgress(
                    state: pick(LegState.allCases), ending: chance(2) ? ending() : nil, activeSince: perhaps(),
                    isUnderDelivering: chance(2), isDiscrepant: chance(2)))
        default:
            let leg = plan.legs[pick(plan.legs.count)]
            return .command(leg.facility, sequence: leg.commands[pick(leg.commands.count)].sequence, progress())
        }
    }

    private mutating func nextPlan() -> DispatchPlan {
        version += 1
        var sequence = plan?.lastSequence ?? 0
        var legs = plan?.legs ?? []
        for number in 0...pick(4) where sequence < 60 {
            let facility = known("F-\(number)", FacilityID.init)
            var commands: [CommandPlan] = []
            for _ in 0...pick(4) {
                sequence += 1
                commands.append(nextCommand(sequence))
            }
            if let index = legs.firstIndex(where: { $0.facility == facility }) {
                let kept = legs[index].commands.map { moved($0) }
                legs[index].commands = kept + commands
            } else {
                legs.append(
                    LegPlan(
                        facility: facility, commands: commands, expected: power(),
                        releaseOffset: .milliseconds(pick(100_000)),
                        heldBy: chance(3) ? known("other_\(pick(9))", DREventID.init) : nil))
            }
        }
        let made = DispatchPlan(
            event: event, version: version, window: TimeRange(start: instant(), end: instant()),
            target: chance(2) ? power() : nil, forecastQuality: pick(ForecastQuality.allCases), legs: legs)
        plan = made
        return made
    }

    private mutating func nextCommand(_ sequence: Int) -> CommandPlan {
        CommandPlan(
            sequence: sequence, step: pick(4), point: known("01/AHU-\(pick(9))/CLG \"SP\" '", PointID.init),
            kind: pick(PointKind.allCases), value: power().kilowatts,
            slot: known(9 + pick(7), PrioritySlot.init(rawValue:)), startsAt: instant(), endsAt: instant(),
            expiresAt: instant(), minimumHold: .milliseconds(pick(1_000_000)), expected: power(),
            replaces: chance(3) ? pick(sequence) : nil)
    }

    /// The same command with another window, as a newer plan may have it.
    private mutating func moved(_ command: CommandPlan) -> CommandPlan {
        var command = command
        if chance(2) { command.startsAt = instant() }
        if chance(2) { command.endsAt = instant() }
        return command
    }

    private mutating func progress() -> CommandProgress {
        CommandProgress(
            phase: pick(CommandProgress.Phase.allCases), due: perhaps(), attempts: pick(9), generation: pick(99),
            firstSentAt: perhaps(), confirmedAt: perhaps(), executionID: chance(2) ? text() : nil,
            isAmbiguous: chance(2), releaseRound: pick(9), releaseAttempts: pick(9))
    }

    private mutating func ending() -> LegEnding {
        switch pick(5) {
        case 0: .windowOver
        case 1: .stepFailed
        case 2: .cancelled
        case 3: .superseded(by: known("other_\(pick(9))", DREventID.init))
        default: .optedOut
        }
    }
}

extension RandomHistory {
    /// 0 ..< `count`.
    private mutating func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
    private mutating func pick<Element>(_ all: [Element]) -> Element { all[pick(all.count)] }
    /// True once in `count` times.
    private mutating func chance(_ count: Int) -> Bool { pick(count) == 0 }
    private mutating func instant() -> UTCInstant { start.advanced(by: .milliseconds(pick(10_000_000))) }
    private mutating func perhaps() -> UTCInstant? { chance(2) ? instant() : nil }
    private mutating func facility() -> FacilityID { known("F-\(pick(9))", FacilityID.init) }

    /// Any finite number, also tiny, huge and negative ones.
    private mutating func power() -> Power {
        let bits = Double(bitPattern: random.next())
        return Power(kilowatts: chance(3) && bits.isFinite ? bits : Double(pick(100_000)) / 8 - 1000)
    }

    private mutating func text() -> String { pick(Self.texts) }

    /// Hostile ones among them: NUL, bidirectional marks, line ends, quotes, what looks like SQL and like a formula.
    package static let texts = [
        "", "engine", "operator:ana", "Attempt 2 of 3 to write the set-point.", "né \u{1F600}",
        "a\u{0}b", "\u{0}", "'; DROP TABLE dr_events;--", "\u{202E}\u{1B}[2J\r\n\t\"\\/", "=cmd()",
    ]
}

private func known<Raw, Value>(_ raw: Raw, _ make: (Raw) -> Value?) -> Value {
    guard let value = make(raw) else { preconditionFailure("\(raw) is no \(Value.self)") }
    return value
}
