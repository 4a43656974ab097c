import EnergyModel
import Ports

extension OperatorCommand.Action {
    /// What it is about, in the journal.
    var subject: String {
        switch self {
        case .replayDeadLetters(let numbers): LetterSelection.numbers(numbers).subject
        case .discardDeadLetters(let selection): selection.subject
        case .editDeadLetter(let number, _, _): "dead-letter:\(number)"
        case .redrive: "dead-letters"
        case .pauseRedrive(let id), .resumeRedrive(let id), .cancelRedrive(let id): "redrive:\(id)"
        case .addNote: "note"
        case .tripBreaker(let name), .resetBreaker(let name): "breaker:\(name)"
        case .importFacilities: "facilities"
        case .enforceRetentionNow: "retention"
        case .recompute: "rollups"
        case .createEvent(let request): "dr-event:\(request.id)"
        case .approveEvent(let id), .cancelEvent(let id), .optOut(let id, _), .retryCommand(let id, _, _),
            .settleByHand(let id, _), .recomputeReports(let id, _):
            "dr-event:\(id)"
        case .overridePoint(let request): "point:\(request.facility)/\(request.point)"
        case .extendOverride(let id, _), .releaseOverride(let id): "override:\(id)"
        case .releaseBuilding(let facility): "building:\(facility)"
        case .enterProfile(let request): "forecast:\(request.facility)"
        case .removeProfile(let facility): "forecast:\(facility)"
        case .setLogLevel(let component, _): "log:\(component)"
        }
    }

    var sentence: String {
        switch self {
        case .replayDeadLetters(let numbers): "replay \(numbers.count) dead letters"
        case .discardDeadLetters(let selection): "discard \(selection.words)"
        case .editDeadLetter(let number, let payload, let edition):
            "give dead letter \(number) a payload of \(payload.count) bytes in place of edition \(edition)"
        case .redrive(let selection, let perSecond): "replay \(selection.words) at \(perSecond) a second"
        case .pauseRedrive(let id): "pause redrive \(id)"
        case .resumeRedrive(let id): "resume redrive \(id)"
        case .cancelRedrive(let id): "cancel redrive \(id)"
        case .addNote: "add a note"
        case .tripBreaker(let name): "hold the breaker of \(name) open"
        case .resetBreaker(let name): "close the breaker of \(name)"
        case .importFacilities(let descriptions): "import \(descriptions.count) facilities"
        case .enforceRetentionNow: "enforce retention now"
        case .recompute(let range): "work the rollups from \(range.start.iso8601) to \(range.end.iso8601) anew"
        case .createEvent(let request):
            "create event \(request.id): \(request.target.kilowatts) kW from \(request.start.iso8601)"
        case .approveEvent(let id): "approve event \(id)"
        case .cancelEvent(let id): "cancel event \(id)"
        case .optOut(let id, let facility): "opt \(facility.map { "\($0)" } ?? "all buildings") out of event \(id)"
        case .retryCommand(let id, let facility, let number): "send command #\(number) of \(id) to \(facility) again"
        case .settleByHand(let id, let facility): "take the points of \(facility) in \(id) for given back by hand"
        case .overridePoint(let request):
            "write \(request.value) to \(request.point) of \(request.facility) \(PrioritySlot.operatorOverride) until "
                + request.until.iso8601
        case .extendOverride(let id, let until): "keep override \(id) until \(until.iso8601)"
        case .releaseOverride(let id): "release override \(id)"
        case .releaseBuilding(let facility): "release our slots on every point of \(facility)"
        case .recomputeReports(let id, let facility):
            "recompute the reports of event \(id)" + (facility.map { " at \($0)" } ?? "")
        case .enterProfile(let request):
            "forecast \(request.facility) from a profile of \(Int(request.kilowatts.min() ?? 0)) to "
                + "\(Int(request.kilowatts.max() ?? 0)) kW until \(request.until.iso8601)"
        case .removeProfile(let facility): "forecast \(facility) by its model again"
        case .setLogLevel(let component, let level):
            level.map { "log \(component) from \($0.rawValue)" } ?? "log \(component) as configured"
        }
    }

    var facility: FacilityID? {
        switch self {
        case .addNote(let facility), .optOut(_, let facility), .recomputeReports(_, let facility): facility
        case .retryCommand(_, let facility, _), .settleByHand(_, let facility), .releaseBuilding(let facility): facility
        case .overridePoint(let request): request.facility
        case .enterProfile(let request): request.facility
        case .removeProfile(let facility): facility
        default: nil
        }
    }
}

extension EmbeddedOperator {
    /// Every action can be repeated without harm: a crash between the act and its outcome leads to a repetition.
    func carryOut(_ command: OperatorCommand) async -> CommandOutcome {
        do throws(PortError) {
            switch command.action {
            case .replayDeadLetters(let numbers): return try await replay(numbers)
            case .discardDeadLetters, .editDeadLetter, .redrive, .pauseRedrive, .resumeRedrive, .cancelRedrive:
                return try await carryOutOnLetters(command)
            case .addNote(let facility): return try await addNote(command, facility: facility)
            case .tripBreaker(let name): return breaker(name) { $0.isolate() }
            case .resetBreaker(let name): return breaker(name) { $0.reset() }
            case .importFacilities(let descriptions): return try await importFacilities(descriptions)
            case .enforceRetentionNow: return enforceRetention()
            case .recompute(let range): return try await recompute(range)
            case .createEvent, .approveEvent, .cancelEvent, .optOut, .retryCommand, .settleByHand, .overridePoint,
                .extendOverride, .releaseOverride, .releaseBuilding, .recomputeReports:
                guard let response else {
                    return .refused(sentence: "this engine runs no demand response; connect to one that does")
                }
                return try await response.desk?.carryOut(command) ?? needsEngine
            case .enterProfile, .removeProfile:
                guard let forecasts else {
                    return .refused(sentence: "this engine makes no forecasts; connect to one that does")
                }
                guard forecasts.service != nil else { return needsEngine }
                return try await forecasts.carryOut(command) ?? needsEngine
            case .setLogLevel(let component, let level):
                guard let logLevels else { return needsEngine }
                try logLevels(component, level)
                let what = level.map { "logs from \($0.rawValue)" } ?? "logs as configured"
                return .done(sentence: "\(component) \(what)", affected: 1)
            }
        } catch {
            return .refused(sentence: "\(error)")
        }
    }

    private func addNote(_ command: OperatorCommand, facility: FacilityID?) async throws(PortError) -> CommandOutcome {
        let note = JournalEntry(
            at: time.now(), kind: .note, actor: command.author, subject: "note", text: command.reason,
            facility: facility, commandKey: command.key)
        try await query { [records] () throws(PortError) in try await records.append([note]) }
        return .done(sentence: "note added", affected: 1)
    }

    private func breaker(_ name: String, _ act: (DependencyBreaker) -> Void) -> CommandOutcome {
        guard let live else { return needsEngine }
        guard let breaker = live.healthSnapshots.breaker(named: name) else {
            let names = live.healthSnapshots.breakerNames.joined(separator: ", ")
            return .refused(sentence: "there is no breaker \(name.debugDescription); there are \(names)")
        }
        act(breaker)
        return .done(sentence: "the breaker of \(name) is \(breaker.status.state.rawValue)", affected: 1)
    }

    private func importFacilities(_ descriptions: [FacilityDescription]) async throws(PortError) -> CommandOutcome {
        let timeout = settings.operations.commandTimeout
        try await directory.load()
        let known = Set(directory.current.meters.lazy.map(\.id))
        let further = Set(descriptions.lazy.flatMap(\.meters).map(\.id)).subtracting(known)
        if let refusal = directory.refusal(ofFurther: further.count) { throw refusal }
        let outcome = try await bounded(by: timeout, "the import", time: time) { [records] () throws(PortError) in
            try await records.importFacilities(descriptions)
        }
        try await directory.load()
        return .done(
            sentence: "\(outcome.facilitiesAdded) facilities and \(outcome.metersAdded) meters added, "
                + "\(outcome.facilitiesChanged) and \(outcome.metersChanged) changed",
            affected: outcome.facilitiesAdded + outcome.facilitiesChanged + outcome.metersAdded + outcome.metersChanged)
    }

    private func enforceRetention() -> CommandOutcome {
        guard let live else { return needsEngine }
        live.retention.requestPass()
        return .done(sentence: "retention runs now, in small batches; the journal tells when it is done", affected: 1)
    }

    /// Stores every (meter, hour) of the range that has stored readings as late, in the series store itself: so it works
    /// beside an engine in another process and without one, and a crash forgets nothing. An hour without readings is left as
    /// it is, because its rollups may outlive its readings and could not be made again.
    private func recompute(_ range: TimeRange) async throws(PortError) -> CommandOutcome {
        let limits = settings.aggregation
        guard !range.isEmpty, range.duration <= limits.recomputeSpan else {
            let days = limits.recomputeSpan.milliseconds / 86_400_000
            return .refused(sentence: "give a range of at most \(days) days whose start is before its end")
        }
        guard let hours = try await meterHours(in: range, atMost: limits.recomputeHours) else {
            return .refused(
                sentence: "the range holds more than \(limits.recomputeHours) meter hours; give shorter ranges, "
                    + "one after another")
        }
        guard !hours.isEmpty else {
            return .refused(sentence: "no reading is stored in the range, so there is nothing to work its rollups from")
        }
        for start in stride(from: 0, to: hours.count, by: EmbeddedOperator.lateHoursPerWrite) {
            var write = SeriesWrite()
            write.lateHours = Array(hours[start...].prefix(EmbeddedOperator.lateHoursPerWrite))
            try await bounded(by: settings.series.writeTimeout, "the series store", time: time) {
                [views, write] () throws(PortError) in try await views.series.write(write)
            }
        }
        live?.aggregation.lookForLateHours()
        let whoWorks = live == nil ? "a running engine begins within 10 s, else the next start does" : "work begins now"
        return .done(
            sentence: "\(hours.count) meter hours are queued to be worked anew from stored readings; \(whoWorks)",
            affected: hours.count)
    }

    private static let lateHoursPerWrite = 20_000

    /// Meters and hours with a stored reading in the range, by hour and meter; nil when there are more than `limit`.
    private func meterHours(in range: TimeRange, atMost limit: Int) async throws(PortError) -> [LateHour]? {
        var hours: Set<LateHour> = []
        var cursor: ReadingCursor?
        repeat {
            let (after, sliceReadings) = (cursor, settings.aggregation.sliceReadings)
            let slice = try await bounded(by: settings.operations.commandTimeout, "the series store", time: time) {
                [views] () throws(PortError) in
                try await views.series.readings(in: range, after: after, limit: sliceReadings)
            }
            for reading in slice.readings {
                let hour = Granularity.hour.windowStart(of: reading.time)
                hours.insert(LateHour(meter: reading.meter, facility: reading.facility, hour: hour))
            }
            guard hours.count <= limit else { return nil }
            cursor = slice.next
        } while cursor != nil
        return hours.sorted { ($0.hour, $0.meter) < ($1.hour, $1.meter) }
    }

    private var needsEngine: CommandOutcome {
        .refused(
            sentence:
                "this needs the running engine: send it there with --remote, or from the console that runs the engine")
    }
}
