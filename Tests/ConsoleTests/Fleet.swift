import EnergyModel
import Ports

/// Seeded snapshots: the same number gives the same fleet on every machine.
struct Fleet {
    /// 2026-11-21T21:04:15Z.
    static let now = UTCInstant(seconds: 1_795_295_055)

    private struct Seeded {
        var state: UInt64
        /// SplitMix64.
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
        mutating func share() -> Double { Double(next() >> 11) / Double(UInt64(1) << 53) }
        mutating func within(_ range: ClosedRange<Double>) -> Double {
            range.lowerBound + share() * (range.upperBound - range.lowerBound)
        }
    }

    static let names = [
        "Harbor Hospital", "Mill 4", "Depot North", "Civic Centre", "Data Hall West", "Lincoln School", "Market Street",
        "Riverside Offices", "Cold Store 7", "St. Anne Clinic", "Tower A", "Tower B", "Paper Works", "Grand Arcade",
        "Airport Annex", "Polytechnic",
    ]
    static let kinds: [FacilityKind] = [.hospital, .factory, .store, .office, .dataCentre, .school, .store, .office]
    static let regions = ["north", "harbor", "east", "valley"]
    static let zones = ["America/Los_Angeles", "Europe/Berlin", "UTC", "Asia/Kolkata"]

    static func snapshot(facilities count: Int = 24, sequence: UInt64 = 1, at: UTCInstant = now) -> OperatorSnapshot {
        var random = Seeded(state: 42)
        let facilities = (0..<count).map { facility($0, at: at, &random) }
        return OperatorSnapshot(
            at: at, sequence: sequence, isHistorical: false, facilities: facilities, deadLetters: letterCounts(at: at),
            deadLettersPerMinute: 1.5, health: health(at: at), forecast: fleetForecast(facilities, at: at))
    }

    private static func facility(_ index: Int, at: UTCInstant, _ random: inout Seeded) -> FacilitySnapshot {
        let contract = (random.within(300...4200) / 50).rounded() * 50
        let load = contract * random.within(0.35...0.88)
        let lastHour = (0..<60).map { minute -> Float? in
            Float(load * (0.8 + 0.2 * Double(minute) / 60) + random.within(-0.03...0.03) * load)
        }
        let number = index + 1
        let padded = String(repeating: "0", count: max(0, 3 - String(number).count)) + String(number)
        let round = index / names.count
        let meters = 4 + Int(random.next() % 20)
        return FacilitySnapshot(
            id: FacilityID("F-\(padded)")!, name: names[index % names.count] + (round == 0 ? "" : " \(round + 1)"),
            kind: kinds[index % kinds.count], region: regions[index % regions.count],
            timeZone: zones[index % zones.count],
            isDescribed: true, contractDemand: Power(kilowatts: contract), load: Power(kilowatts: load),
            newest: at.advanced(by: .seconds(-Int64(random.next() % 14))), meters: meters, freshMeters: meters,
            usableMeters: meters, qualityShare: random.within(0.97...1), lastHour: lastHour,
            peakToday: Power(kilowatts: load * random.within(1.0...1.15)), forecast: brief(load, index, at: at))
    }

    // MARK: - Situations

    /// One near its contract, one over it, one stale, one bad, one never heard, one partly silent, one undescribed.
    static func mixed() -> OperatorSnapshot {
        var snapshot = snapshot()
        snapshot.facilities[0].load = Power(kilowatts: (snapshot.facilities[0].contractDemand?.kilowatts ?? 0) * 0.924)
        snapshot.facilities[1].load = Power(kilowatts: (snapshot.facilities[1].contractDemand?.kilowatts ?? 0) * 1.06)
        snapshot.facilities[2].newest = now.advanced(by: .seconds(-372))
        snapshot.facilities[2].lastHour = snapshot.facilities[2].lastHour.enumerated().map {
            $0.offset > 40 ? nil : $0.element
        }
        snapshot.facilities[3].newest = now.advanced(by: .seconds(-81))
        snapshot.facilities[4].usableMeters -= 2
        snapshot.facilities[4].freshMeters -= 2
        snapshot.facilities[5].newest = nil
        snapshot.facilities[5].load = nil
        snapshot.facilities[5].lastHour = []
        snapshot.facilities[5].peakToday = nil
        snapshot.facilities[6].isDescribed = false
        snapshot.facilities[6].contractDemand = nil
        snapshot.facilities[7].lastHour = snapshot.facilities[7].lastHour.enumerated().map {
            (20..<31).contains($0.offset) ? nil : $0.element
        }
        addResponse(&snapshot)
        addForecasts(&snapshot)
        return snapshot
    }

    static func empty() -> OperatorSnapshot {
        var snapshot = snapshot(facilities: 0)
        snapshot.deadLetters = []
        snapshot.deadLettersPerMinute = 0
        snapshot.health.partitions = []
        snapshot.health.feeds = []
        snapshot.health.breakers = []
        snapshot.health.rates = []
        snapshot.health.latencies = []
        snapshot.health.counters = []
        return snapshot
    }

    static func broken() -> OperatorSnapshot {
        var snapshot = mixed()
        for index in snapshot.facilities.indices {
            snapshot.facilities[index].newest = now.advanced(by: .seconds(-400 - Int64(index) * 30))
        }
        snapshot.health.dependencies = snapshot.health.dependencies.map { dependency in
            var dependency = dependency
            dependency.state = dependency.name == "disk" ? .degraded : .down
            dependency.detail = "connection refused"
            return dependency
        }
        snapshot.health.breakers = snapshot.health.breakers.map { breaker in
            var breaker = breaker
            breaker.state = .open
            breaker.consecutiveFailures = 5
            breaker.failures = 5
            breaker.nextProbe = now.advanced(by: .seconds(21))
            return breaker
        }
        snapshot.health.queues[0].bytes = 9_120_000_000
        snapshot.health.queues[0].isRefusing = true
        snapshot.health.partitions = snapshot.health.partitions.map { partition in
            var partition = partition
            partition.lag = 40_000 + Int64(partition.index) * 9000
            partition.secondsToRetentionLoss = 1500
            return partition
        }
        snapshot.health.diskFreeBytes = 3_000_000_000
        snapshot.health.feeds = snapshot.health.feeds.map { feed in
            var feed = feed
            feed.state = .backingOff
            feed.detail = "next try in 8 s"
            return feed
        }
        snapshot.deadLettersPerMinute = 48
        for index in snapshot.facilities.indices {
            snapshot.facilities[index].forecast?.issuedAt = now.advanced(by: .seconds(-3000))
        }
        snapshot.forecast?.issuedAt = now.advanced(by: .seconds(-3000))
        snapshot.openEvents[0].status = .failed
        snapshot.openEvents[0].achieved = nil
        return snapshot
    }

    // MARK: - Parts

    static func letterCounts(at: UTCInstant) -> [DeadLetterCount] {
        [
            DeadLetterCount(
                topic: "sensor-readings-dlt", reason: "malformed_json", state: .pending, count: 9,
                newest: at.advanced(by: .seconds(-12))),
            DeadLetterCount(
                topic: "sensor-readings-dlt", reason: "malformed_json", state: .discarded, count: 30,
                newest: at.advanced(by: .seconds(-9000))),
            DeadLetterCount(
                topic: "sensor-readings-dlt", reason: "unknown_facility", state: .pending, count: 3,
                newest: at.advanced(by: .seconds(-340))),
            DeadLetterCount(
                topic: "sensor-readings-dlt", reason: "out_of_range", state: .quarantined, count: 1,
                newest: at.advanced(by: .seconds(-86_400))),
        ]
    }

    static func health(at: UTCInstant) -> HealthSnapshot {
        let wave = (0..<60).map { Float(120 + ($0 * 7) % 23) }
        return HealthSnapshot(
            version: "0.1.0", startedAt: at.advanced(by: .seconds(-93_600)), mode: "embedded",
            dependencies: ["event-log", "series-store", "record-store", "disk"].map { name in
                DependencyStatus(
                    name: name, state: .up, detail: "answers in 0.4 ms", checkedAt: at.advanced(by: .seconds(-4)))
            },
            breakers: ["mqtt", "series-store"].map { name in
                BreakerStatus(
                    name: name, state: .closed, consecutiveFailures: 0, calls: 1204, failures: 0,
                    since: at.advanced(by: .seconds(-7200)), nextProbe: nil)
            },
            queues: [
                QueueStatus(
                    name: "local-queue", items: 4120, bytes: 812_000, capBytes: 10_000_000_000, isRefusing: false)
            ],
            feeds: [
                FeedStatus(
                    name: "mqtt", state: .live, endpoint: "mqtt://127.0.0.1:1883", detail: "QoS 1",
                    since: at.advanced(by: .seconds(-5400)), received: 1_203_400, acknowledged: 1_203_388)
            ],
            partitions: (0..<8).map { index in
                PartitionStatus(
                    topic: "sensor-readings", group: "aggregation", index: index, lag: Int64(index * 3),
                    endOffset: 150_000,
                    secondsToRetentionLoss: nil)
            },
            rates: [
                RateStatus(name: "readings.ingested", perSecond: 132.4, history: wave),
                RateStatus(name: "readings.stored", perSecond: 131.9, history: wave.reversed()),
            ],
            latencies: [
                LatencyStatus(
                    name: "ingest.commit", p50Milliseconds: 1.2, p99Milliseconds: 8.75, maxMilliseconds: 41,
                    count: 92_110),
                LatencyStatus(
                    name: "query", p50Milliseconds: 0.31, p99Milliseconds: 12.5, maxMilliseconds: 130.2, count: 1022),
            ],
            counters: [
                CounterStatus(name: "readings.duplicate", value: 1204), CounterStatus(name: "readings.late", value: 87),
                CounterStatus(name: "readings.clock_skewed", value: 0),
            ],
            residentBytes: 141_000_000, diskFreeBytes: 210_000_000_000, diskTotalBytes: 480_000_000_000)
    }

    /// A day-like curve with a hole of twelve steps.
    static func series(_ request: SeriesRequest) -> SeriesAnswer {
        let step: Int64
        switch request.resolution {
        case .raw: step = 15_000
        case .rollup(let granularity): step = granularity.milliseconds
        }
        var random = Seeded(state: 7)
        var points: [SeriesAnswer.Point] = []
        var at = request.range.start.milliseconds
        while at < min(request.range.end.milliseconds, now.milliseconds) {
            let index = (at - request.range.start.milliseconds) / step
            let total = max(1, (request.range.end.milliseconds - request.range.start.milliseconds) / step)
            let share = Double(index) / Double(total)
            let noise = random.within(-12...12)
            if !(0.55..<0.6).contains(share) {
                let mean = 900 + 600 * (1 - (2 * share - 1) * (2 * share - 1)) + noise
                points.append(
                    SeriesAnswer.Point(
                        start: UTCInstant(milliseconds: at), mean: mean, low: mean - 40, high: mean + 55,
                        kilowattHours: mean * Double(step) / 3_600_000, qualityShare: index % 9 == 0 ? 0.75 : 1))
            }
            at += step
        }
        return SeriesAnswer(request: request, stepMilliseconds: step, points: points, answeredAt: now)
    }

    static func meters() -> [MeterSnapshot] {
        (1...12).map { index in
            let id = MeterID("M-\(1000 + index)")!
            let isSilent = index == 5
            return MeterSnapshot(
                id: id, kilowatts: 80.5 + Double(index) * 7.25, registerKilowattHours: 120_400.5 + Double(index) * 991,
                volts: 398.5 + Double(index) / 10, quality: index == 3 ? .estimated : .validated,
                newest: index == 9 ? nil : now.advanced(by: .seconds(isSilent ? -420 : index == 7 ? -75 : -6)),
                missingSlotsLastHour: isSilent ? 28 : index == 7 ? 5 : 0)
        }
    }

    static func letters(count: Int = 12) -> [DeadLetter] {
        (0..<count).map { index in
            let payload: [UInt8]
            switch index % 4 {
            case 0:
                payload = Array(#"{"meter_id":"M-1042","facility_id":"F-007","ts":"2026-11-21T21:0x","kw":12.5}"#.utf8)
            case 1: payload = Array(#"{"meter_id":"M-9","meter_id":"M-8","kw":[1,2,{"a":null}],"note":"a\nb"}"#.utf8)
            case 2: payload = [0xFF, 0x00, 0x1B, 0x5B, 0x32, 0x4A] + Array("binary".utf8)
            default: payload = Array("not json at all, only words".utf8)
            }
            return DeadLetter(
                number: Int64(4711 - index), topic: "sensor-readings-dlt", payload: payload,
                headers: [
                    DeadLetterHeader.topic: "sensor-readings", DeadLetterHeader.partition: "\(index % 8)",
                    DeadLetterHeader.stage: "decode", DeadLetterHeader.exception: "malformed_json",
                ],
                reason: index % 4 == 3 ? "unknown_facility" : "malformed_json",
                message: "unexpected character at byte \(40 + index)",
                facility: index % 3 == 0 ? FacilityID("F-007") : nil,
                firstSeen: now.advanced(by: .seconds(-12 - Int64(index) * 55)), attempts: index % 3,
                edit: index == 1 ? edit : nil)
        }
    }

    static func journal() -> [JournalEntry] {
        let kinds = JournalEntry.Kind.allCases
        return (0..<14).map { index in
            let kind = kinds[index % kinds.count]
            let text: String
            switch kind {
            case .audit: text = "asked: replay dead letter 4711 (reason: meter clock fixed)"
            case .transition: text = "closed → open after 5 failures in a row"
            case .note: text = "Mill 4 runs its test bench until 18:00, expect a peak near contract"
            case .log: text = "retention removed 1,204 readings"
            }
            return JournalEntry(
                number: Int64(900 - index), at: now.advanced(by: .seconds(-30 - Int64(index) * 4000)), kind: kind,
                actor: kind == .audit || kind == .note ? "operator:ana" : "engine",
                subject: kind == .transition ? "breaker:mqtt" : "dead-letter:4711", text: text,
                facility: kind == .note ? FacilityID("F-002") : nil, commandKey: kind == .audit ? "s1-\(index)" : nil,
                traceID: kind == .log ? Fleet.traceID.description : nil)
        }
    }
}
