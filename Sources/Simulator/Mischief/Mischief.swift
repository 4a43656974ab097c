import EnergyModel

/// What goes wrong on request. All of it is decided by the seed, the meter and the moment.
package struct Mischief: Hashable, Sendable {
    /// Whom a mischief befalls.
    package enum Choice: Hashable, Sendable {
        case nobody
        /// This share (0...1) of readings or meters, at random.
        case share(Double)
        /// Always these meters, no others.
        case meters([MeterID])
    }

    /// Readings that come 1 to `latestBy` late.
    package var late: Choice
    package var latestBy: Duration
    /// Readings sent twice.
    package var duplicate: Choice
    /// Meters whose clock is wrong, by up to `skew` either way.
    package var skewed: Choice
    package var skew: Duration
    /// Readings followed by a bad payload of one of the kinds in `MalformedPayload`.
    package var malformed: Choice
    /// Meter-minutes whose readings are all kept and sent together when the minute is over.
    package var burst: Choice
    /// Meters that send nothing.
    package var silent: Choice

    package init(
        late: Choice = .nobody, latestBy: Duration = .seconds(1800), duplicate: Choice = .nobody,
        skewed: Choice = .nobody, skew: Duration = .seconds(120), malformed: Choice = .nobody, burst: Choice = .nobody,
        silent: Choice = .nobody
    ) {
        self.late = late
        self.latestBy = latestBy
        self.duplicate = duplicate
        self.skewed = skewed
        self.skew = skew
        self.malformed = malformed
        self.burst = burst
        self.silent = silent
    }

    package static let none = Mischief()

    /// Throws when a share is outside 0...1.
    package func validate() throws(SimulationError) {
        let choices = [
            ("late", late), ("duplicate", duplicate), ("skewed", skewed), ("malformed", malformed), ("burst", burst),
            ("silent", silent),
        ]
        for (name, choice) in choices {
            guard case .share(let share) = choice, !(share >= 0 && share <= 1) else { continue }
            throw SimulationError("\(name) is a share from 0 to 1, or a list of meters; \(share) is neither")
        }
    }
}

/// One thing to send.
package struct Emission: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        case reading(SimulatedReading)
        case malformed([UInt8])
    }
    /// Whose topic it goes to; position in the fleet.
    package var meter: Int32
    package var content: Content
    /// When it is to be sent, in milliseconds; not before.
    package var due: Int64

    /// Bytes it takes while it waits, about.
    var size: Int {
        switch content {
        case .reading: 64
        case .malformed(let bytes): 64 + bytes.count
        }
    }
}

/// Turns what a meter measured into what comes out of it.
struct MischiefMaker: Sendable {
    private struct Decider: Sendable {
        let seed: UInt64
        let share: Double
        let meters: Set<Int32>?

        /// `moment` is what the dice are thrown for: a timestamp, a minute, or 0 for the meter as such.
        func befalls(_ meter: Int32, _ moment: Int64) -> Bool {
            if let meters { return meters.contains(meter) }
            return share > 0 && unit(mixed(seed, UInt64(meter)), UInt64(bitPattern: moment)) < share
        }
    }

    private let late, duplicate, skewed, malformed, burst, silent: Decider
    private let seed: UInt64
    private let latestBy: Int64
    private let skew: Int64
    private let text: ReadingText

    /// Throws when a share is outside 0...1, or a meter is not in the fleet.
    init(_ mischief: Mischief, seed: UInt64, text: ReadingText) throws(SimulationError) {
        try mischief.validate()
        let numbers = Dictionary(
            zip(text.meterIDs, text.meterIDs.indices.map { Int32($0) }), uniquingKeysWith: { first, _ in first })
        func decider(
            _ choice: Mischief.Choice, _ number: UInt64, _ name: StaticString
        ) throws(SimulationError) -> Decider {
            switch choice {
            case .nobody: return Decider(seed: 0, share: 0, meters: nil)
            case .share(let share): return Decider(seed: mixed(seed, number), share: share, meters: nil)
            case .meters(let ids):
                if let unknown = ids.first(where: { numbers[$0] == nil }) {
                    let range = "\(text.meterIDs.first?.text ?? "") to \(text.meterIDs.last?.text ?? "")"
                    throw SimulationError("\(name): there is no meter \(unknown) in the fleet; it has \(range)")
                }
                return Decider(seed: 0, share: 0, meters: Set(ids.compactMap { numbers[$0] }))
            }
        }
        late = try decider(mischief.late, 1, "late")
        duplicate = try decider(mischief.duplicate, 2, "duplicate")
        skewed = try decider(mischief.skewed, 3, "skewed")
        malformed = try decider(mischief.malformed, 4, "malformed")
        burst = try decider(mischief.burst, 5, "burst")
        silent = try decider(mischief.silent, 6, "silent")
        self.seed = mixed(seed, 99)
        latestBy = max(2000, mischief.latestBy.milliseconds)
        skew = max(1, mischief.skew.milliseconds)
        self.text = text
    }

    /// The reading as the meter kept it, sent again at `now`: with its clock's error, without what befell it on the way. Nil
    /// for a meter that is silent.
    func replay(_ reading: SimulatedReading, now: Int64) -> Emission? {
        guard !silent.befalls(reading.meter, 0) else { return nil }
        return Emission(meter: reading.meter, content: .reading(shown(reading)), due: now)
    }

    private func shown(_ reading: SimulatedReading) -> SimulatedReading {
        guard skewed.befalls(reading.meter, 0) else { return reading }
        var shown = reading
        let wrong = Int64(uniform(mixed(seed, UInt64(reading.meter)), 1, in: -Double(skew)...Double(skew)))
        shown.time = UTCInstant(milliseconds: reading.time.milliseconds + wrong)
        return shown
    }

    /// Appends what the meter sends in place of `reading`: nothing, the reading, or more.
    func befall(_ reading: SimulatedReading, into emissions: inout [Emission]) {
        let (meter, moment) = (reading.meter, reading.time.milliseconds)
        guard !silent.befalls(meter, 0) else { return }
        let dice = mixed(seed &+ UInt64(meter), UInt64(bitPattern: moment))
        let sent = shown(reading)
        var due = moment
        if late.befalls(meter, moment) {
            due += 1000 + Int64(unit(dice, 1) * Double(latestBy - 1000))
        } else if burst.befalls(meter, moment.flooredQuotient(by: 60_000)) {
            due = (moment.flooredQuotient(by: 60_000) + 1) * 60_000
        }
        emissions.append(Emission(meter: meter, content: .reading(sent), due: due))
        if duplicate.befalls(meter, moment) {
            emissions.append(Emission(meter: meter, content: .reading(sent), due: due + 200))
        }
        if malformed.befalls(meter, moment) {
            let kinds = MalformedPayload.allCases
            let kind = kinds[Int(mixed(dice, 2) % UInt64(kinds.count))]
            emissions.append(Emission(meter: meter, content: .malformed(kind.payload(of: sent, text, dice)), due: due))
        }
    }
}
