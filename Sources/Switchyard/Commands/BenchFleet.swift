import Console
import EnergyModel
import Ports

/// A seeded fleet for the console's bench: the same on every machine.
struct BenchFleet {
    /// 2026-11-21T21:04:15Z.
    static let start = UTCInstant(seconds: 1_795_295_055)

    /// As at ``start``.
    let facilities: [FacilitySnapshot]

    private static let kinds: [FacilityKind] = [.hospital, .factory, .store, .office, .dataCentre, .school]
    private static let names = ["Hospital", "Works", "Market", "Offices", "Data Hall", "School"]
    private static let zones = ["America/Los_Angeles", "Europe/Berlin", "UTC", "Asia/Kolkata"]

    /// SplitMix64.
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }

    init(facilities count: Int) {
        var random = Seeded(state: 42)
        facilities = (1...count).compactMap { Self.facility($0, &random) }
    }

    private static func facility(_ number: Int, _ random: inout Seeded) -> FacilitySnapshot? {
        guard let id = FacilityID("F-\(number)") else { return nil }
        let contract = Double.random(in: 300...4200, using: &random)
        let load = contract * Double.random(in: 0.35...1.02, using: &random)
        let lastHour = (0..<60).map { minute -> Float? in
            minute % 23 == 11 ? nil : Float(load * Double.random(in: 0.7...1.05, using: &random))
        }
        let meters = Int.random(in: 4...24, using: &random)
        let age = Int64.random(in: 0...14, using: &random)
        return FacilitySnapshot(
            id: id, name: "\(names[number % names.count]) \(number)", kind: kinds[number % kinds.count],
            region: ["north", "harbor", "east", "valley"][number % 4], timeZone: zones[number % zones.count],
            isDescribed: true, contractDemand: Power(kilowatts: contract), load: Power(kilowatts: load),
            newest: start.advanced(by: .seconds(number % 50 == 0 ? -400 : -age)), meters: meters, freshMeters: meters,
            usableMeters: meters, qualityShare: Double.random(in: 0.9...1, using: &random), lastHour: lastHour,
            peakToday: Power(kilowatts: load * 1.1))
    }

    /// Every age as at ``start``; `drift` moves the loads.
    func snapshot(at: UTCInstant, drift: Int) -> OperatorSnapshot {
        let passed = at.since(Self.start)
        let facilities = facilities.enumerated().map { index, facility in
            var facility = facility
            facility.newest = facility.newest?.advanced(by: passed)
            let percent = drift == 0 ? 0 : (index + drift) % 7 - 3
            let share = 1 + Double(percent) / 100
            facility.load = facility.load.map { Power(kilowatts: $0.kilowatts * share) }
            return facility
        }
        let counts = ["malformed_json", "unknown_facility", "out_of_range"].map { reason in
            DeadLetterCount(
                topic: "sensor-readings-dlt", reason: reason, state: .pending, count: 12,
                newest: at.advanced(by: .seconds(-75)))
        }
        let snapshot = OperatorSnapshot(
            at: at, sequence: UInt64(passed.components.seconds * 2) + 1, isHistorical: false, facilities: facilities,
            deadLetters: counts, deadLettersPerMinute: 1.5, health: health(at: at, drift: drift))
        return withResponse(snapshot, drift: drift)
    }

    private func health(at: UTCInstant, drift: Int) -> HealthSnapshot {
        let wave = (0..<60).map { Float(120 + (($0 + drift) * 7) % 23) }
        let began = at.advanced(by: .seconds(-93_600))
        return HealthSnapshot(
            version: "bench", startedAt: began, mode: "embedded",
            dependencies: ["event-log", "series-store", "record-store", "disk"].map {
                DependencyStatus(name: $0, state: .up, detail: "answers", checkedAt: at)
            },
            breakers: ["mqtt", "event-log", "series-store"].map {
                BreakerStatus(
                    name: $0, state: .closed, consecutiveFailures: 0, calls: 1204 + drift, failures: 0, since: began,
                    nextProbe: nil)
            },
            queues: [
                QueueStatus(
                    name: "local-queue", items: Int64(drift), bytes: 812_000, capBytes: 10_000_000_000,
                    isRefusing: false)
            ],
            feeds: [
                FeedStatus(
                    name: "mqtt", state: .live, endpoint: "mqtt://127.0.0.1:1883", detail: "MQTT 5", since: began,
                    received: 1_203_400, acknowledged: 1_203_388)
            ],
            partitions: (0..<8).map {
                PartitionStatus(
                    topic: "sensor-readings", group: "aggregation", index: $0, lag: Int64(($0 + drift) % 5),
                    endOffset: 150_000, secondsToRetentionLoss: nil)
            },
            rates: ["readings.received", "readings.accepted", "readings.stored", "rollups.stored"].map {
                RateStatus(name: $0, perSecond: Double(wave.last ?? 0), history: wave)
            },
            latencies: ["log.append", "series.write", "series.query"].map {
                LatencyStatus(
                    name: $0, p50Milliseconds: 1.2, p99Milliseconds: 8.75, maxMilliseconds: 41, count: 92_110)
            },
            counters: ["readings.duplicate", "readings.late", "readings.clock_skewed"].map {
                CounterStatus(name: $0, value: 87)
            },
            residentBytes: 141_000_000, diskFreeBytes: 210_000_000_000, diskTotalBytes: 480_000_000_000)
    }
}

// MARK: - What the screens ask for

extension BenchFleet {
    /// nil for what a bench has no answer to: copies, files, commands.
    func answer(_ work: Effect.Work, now: UTCInstant) -> EffectResult? {
        switch work {
        case .series(let request): .series(series(request, now: now))
        case .meters: .meters(meters(now: now))
        case .deadLetters: .deadLetters(DeadLetterPage(letters: letters(now: now), matching: 5000))
        case .deadLetter(let number): .deadLetter(letters(now: now).first { $0.number == number })
        case .journal: .journal(journal())
        case .events(let query): .events(Array(Self.events(at: now).prefix(query.limit)))
        case .forecast(let query): .forecast(forecast(query, now: now))
        case .building(let facility): .building(Self.building(facility, at: now))
        default: nil
        }
    }

    /// A day's course around what `series` shows.
    func forecast(_ query: ForecastQuery, now: UTCInstant) -> ForecastAnswer {
        let origin = Granularity.quarterHour.windowStart(of: now)
        let steps = (0..<96).map { index in
            let middle = Float(950 + (index * 13) % 170)
            return FacilityForecast.Step(
                low: middle - 90, middle: middle, high: middle + 110, calendar: middle - 20, recent: 15)
        }
        let forecast = FacilityForecast(
            facility: query.facility, origin: origin, issuedAt: origin.advanced(by: .seconds(90)), model: "recipe",
            mode: .normal, quality: 0.93, weather: .init(standing: .live, provider: "weatherapi", asOf: origin),
            remarks: [], steps: steps)
        return ForecastAnswer(forecast: forecast, dayAhead: [], profile: nil, standing: nil, answeredAt: now)
    }

    private func series(_ request: SeriesRequest, now: UTCInstant) -> SeriesAnswer {
        let step: Int64 =
            switch request.resolution {
            case .raw: 15_000
            case .rollup(let granularity): granularity.milliseconds
            }
        let end = min(request.range.end.milliseconds, now.milliseconds)
        let starts = stride(from: request.range.start.milliseconds, to: end, by: Int(step))
        let points = starts.enumerated().compactMap { index, start -> SeriesAnswer.Point? in
            guard index % 97 > 4 else { return nil }
            let mean = 900 + Double(index * 37 % 211)
            return SeriesAnswer.Point(
                start: UTCInstant(milliseconds: start), mean: mean, low: mean - 40, high: mean + 55,
                kilowattHours: mean * Double(step) / 3_600_000, qualityShare: 1)
        }
        return SeriesAnswer(request: request, stepMilliseconds: step, points: points, answeredAt: now)
    }

    private func meters(now: UTCInstant) -> [MeterSnapshot] {
        (1...24).compactMap { index in
            MeterID("M-\(1000 + index)").map { id in
                MeterSnapshot(
                    id: id, kilowatts: 80.5 + Double(index) * 7.25, registerKilowattHours: 120_400.5,
                    volts: 398.5, quality: .validated, newest: now.advanced(by: .seconds(-6)), missingSlotsLastHour: 0)
            }
        }
    }

    private func letters(now: UTCInstant) -> [DeadLetter] {
        (0..<100).map { index in
            DeadLetter(
                number: Int64(4711 - index), topic: "sensor-readings-dlt",
                payload: Array(#"{"meter_id":"M-1042","facility_id":"F-7","ts":"2026-11-21T21:0x","kw":12.5}"#.utf8),
                headers: [DeadLetterHeader.stage: "decode"], reason: "malformed_json",
                message: "unexpected character at byte \(40 + index)", facility: FacilityID("F-7"),
                firstSeen: now.advanced(by: .seconds(-12 - Int64(index) * 55)), attempts: index % 3)
        }
    }

    private func journal() -> [JournalEntry] {
        (0..<200).map { index in
            JournalEntry(
                number: Int64(900 - index), at: Self.start.advanced(by: .seconds(-30 - Int64(index) * 40)),
                kind: .audit,
                actor: "operator:bench", subject: "dead-letter:4711", text: "asked: replay dead letter 4711",
                facility: nil, commandKey: "s1-\(index)", traceID: nil)
        }
    }
}
