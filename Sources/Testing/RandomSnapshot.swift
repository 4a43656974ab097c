import EnergyModel
import Ports

/// Snapshots from a seed: every field set, then changed here and there, as no engine ever would.
package struct RandomSnapshot: Sendable {
    private var random: SplitMix64
    package private(set) var snapshot: OperatorSnapshot

    package init(seed: UInt64, facilities: Int) {
        random = SplitMix64(seed: seed)
        snapshot = OperatorSnapshot(
            at: UTCInstant(seconds: 1_790_000_000), sequence: 1, isHistorical: false, facilities: [], deadLetters: [],
            deadLettersPerMinute: 0,
            health: HealthSnapshot(
                version: "1.2.3", startedAt: UTCInstant(seconds: 1_789_000_000), mode: "engine", dependencies: [],
                breakers: [], queues: [], feeds: [], partitions: [], rates: [], latencies: [], counters: [],
                residentBytes: 1, diskFreeBytes: 2, diskTotalBytes: 3))
        snapshot.facilities = (0..<facilities).map { facility($0) }
        changeHealth()
    }

    /// Anything may change, a little or at once; facilities come and go.
    package mutating func change() {
        snapshot.at = snapshot.at.advanced(by: .milliseconds(below(5000)))
        snapshot.sequence += UInt64(below(3))
        snapshot.isHistorical = chance(0.1)
        snapshot.deadLettersPerMinute = number()
        for index in snapshot.facilities.indices where chance(0.3) { change(index) }
        if chance(0.2), !snapshot.facilities.isEmpty {
            snapshot.facilities.remove(at: below(snapshot.facilities.count))
        }
        if chance(0.2) {
            snapshot.facilities.insert(facility(1000 + below(1000)), at: below(snapshot.facilities.count + 1))
        }
        if chance(0.1) { snapshot.facilities.shuffle(using: &random) }
        if chance(0.3) { snapshot.deadLetters = (0..<below(4)).map { letters($0) } }
        if chance(0.3) { snapshot.openEvents = (0..<below(4)).map { event($0) } }
        if chance(0.3) {
            snapshot.forecast =
                chance(0.2)
                ? nil : FleetForecast(peak: power(), peakAt: moment(), facilities: below(9), issuedAt: moment())
        }
        if chance(0.7) { changeHealth() }
    }

    private mutating func change(_ index: Int) {
        var facility = snapshot.facilities[index]
        if chance(0.8) { facility.load = chance(0.1) ? nil : power() }
        if chance(0.8) { facility.newest = chance(0.1) ? nil : snapshot.at }
        if chance(0.2) { facility.freshMeters = below(9) }
        if chance(0.2) { facility.usableMeters = below(9) }
        if chance(0.2) { facility.meters = below(90) }
        if chance(0.2) { facility.qualityShare = number() }
        if chance(0.2) { facility.peakToday = chance(0.2) ? nil : power() }
        if chance(0.1) { facility.contractDemand = chance(0.2) ? nil : power() }
        if chance(0.1) { facility.name = text() }
        if chance(0.1) { facility.isDescribed.toggle() }
        if chance(0.1) { facility.kind = FacilityKind.allCases[below(FacilityKind.allCases.count)] }
        if chance(0.5) { facility.lastHour = moved(facility.lastHour) }
        if chance(0.2) { facility.response = chance(0.3) ? nil : response() }
        if chance(0.2) { facility.forecast = chance(0.3) ? nil : brief() }
        snapshot.facilities[index] = facility
    }

    private mutating func moved(_ values: [Float?]) -> [Float?] {
        var values = values
        if chance(0.8), !values.isEmpty {
            values.removeFirst()
            values.append(chance(0.2) ? nil : Float(number()))
        }
        if chance(0.2), !values.isEmpty { values[below(values.count)] = chance(0.3) ? nil : Float(number()) }
        if chance(0.1) { values = (0..<below(70)).map { _ in chance(0.2) ? nil : Float(number()) } }
        return values
    }

    private mutating func changeHealth() {
        var health = snapshot.health
        health.residentBytes = Int64(below(1 << 40))
        health.diskFreeBytes = -Int64(below(1 << 20))
        if chance(0.1) { health.mode = text() }
        health.dependencies = (0..<below(4)).map {
            DependencyStatus(name: "d\($0)", state: chance(0.5) ? .up : .down, detail: text(), checkedAt: moment())
        }
        health.breakers = (0..<below(4)).map {
            BreakerStatus(
                name: "b\($0)", state: chance(0.5) ? .closed : .halfOpen, consecutiveFailures: below(9),
                calls: below(99),
                failures: below(9), refused: below(9), transitions: below(9), since: moment(),
                nextProbe: chance(0.5) ? nil : moment())
        }
        health.queues = (0..<below(4)).map {
            QueueStatus(
                name: "q\($0)", items: Int64(below(99)), bytes: Int64(below(99)), capBytes: .max,
                isRefusing: chance(0.5))
        }
        health.feeds = (0..<below(3)).map {
            FeedStatus(
                name: "f\($0)", state: chance(0.5) ? .live : .backingOff, endpoint: text(), detail: text(),
                since: moment(), received: random.next(), acknowledged: random.next())
        }
        health.partitions = (0..<below(9)).map {
            PartitionStatus(
                topic: "t", group: "g", index: $0, lag: Int64(below(99)), endOffset: Int64(below(1 << 40)),
                secondsToRetentionLoss: chance(0.5) ? nil : Int64(below(99)))
        }
        health.rates = (0..<below(4)).map {
            RateStatus(name: "r\($0)", perSecond: number(), history: (0..<below(61)).map { _ in Float(number()) })
        }
        health.latencies = (0..<below(4)).map {
            LatencyStatus(
                name: "l\($0)", p50Milliseconds: number(), p99Milliseconds: number(), maxMilliseconds: number(),
                count: random.next())
        }
        health.counters = (0..<below(9)).map {
            CounterStatus(name: "c\($0)", value: random.next() >> UInt64(below(64)))
        }
        snapshot.health = health
    }

    private mutating func facility(_ number: Int) -> FacilitySnapshot {
        guard let id = FacilityID("F-\(number)") else { preconditionFailure("F-\(number) is an id") }
        return FacilitySnapshot(
            id: id, name: text(), kind: .office, region: text(), timeZone: "Europe/Berlin", isDescribed: chance(0.5),
            contractDemand: chance(0.2) ? nil : power(), load: power(), newest: moment(), meters: below(9),
            freshMeters: below(9), usableMeters: below(9), qualityShare: 1,
            lastHour: (0..<60).map { _ in chance(0.1) ? nil : Float(self.number()) }, peakToday: power(),
            response: chance(0.3) ? response() : nil, forecast: chance(0.3) ? brief() : nil)
    }

    private mutating func response() -> FacilityResponse {
        FacilityResponse(
            event: eventID(below(5)), state: LegState.allCases[below(LegState.allCases.count)],
            window: TimeRange(start: moment(), end: moment()), expected: power(), achieved: chance(0.5) ? nil : power(),
            baseline: chance(0.5) ? nil : power(), baselineMethod: chance(0.5) ? nil : text())
    }

    private mutating func brief() -> ForecastBrief {
        ForecastBrief(
            peak: power(), peakHigh: power(), peakAt: moment(), mode: chance(0.5) ? .normal : .heuristic,
            quality: number(), issuedAt: moment())
    }

    private mutating func letters(_ number: Int) -> DeadLetterCount {
        DeadLetterCount(topic: "t\(number)", reason: text(), state: .pending, count: below(99), newest: moment())
    }

    private mutating func event(_ number: Int) -> DemandResponseEvent {
        DemandResponseEvent(
            id: eventID(number), program: text(), source: "utility:acme",
            window: TimeRange(start: moment(), end: moment()),
            status: chance(0.5) ? .scheduled : .active, ordinal: below(99), receivedAt: moment(), modifiedAt: moment(),
            target: chance(0.5) ? nil : power())
    }

    private func eventID(_ number: Int) -> DREventID {
        guard let id = DREventID("evt-\(number)") else { preconditionFailure("evt-\(number) is an id") }
        return id
    }

    private mutating func text() -> String { ["", "né", "a\n\u{0}\u{202E}", "plain", "\"quoted\\"][below(5)] }
    private mutating func power() -> Power { Power(kilowatts: number()) }
    private mutating func moment() -> UTCInstant { UTCInstant(milliseconds: 1_790_000_000_000 + Int64(below(1 << 30))) }
    private mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(max(1, limit))) }
    private mutating func chance(_ share: Double) -> Bool { Double(below(1 << 20)) < share * Double(1 << 20) }

    /// Of every size, and the strange ones that JSON cannot say.
    private mutating func number() -> Double {
        switch below(8) {
        case 0: 0
        case 1: -Double(below(1000)) / 7
        case 2: Double(Float(below(1 << 20)) / 1000)
        case 3: .infinity
        case 4: .leastNonzeroMagnitude
        default: Double(below(1 << 30)) / 1024
        }
    }
}
