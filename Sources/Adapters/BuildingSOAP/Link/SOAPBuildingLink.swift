import EnergyModel
import Ports

/// Buildings over SOAP. Translates and never decides: one call here is one HTTP request, never repeated.
///
/// Writes and releases take a fresh connection, since on a kept one libcurl may send twice without asking.
package struct SOAPBuildingLink: BuildingLink {
    private let send: HTTPSend
    private let now: @Sendable () -> UTCInstant
    private let profile: @Sendable (FacilityID) -> BuildingProfile
    private let traceparent: @Sendable (BuildingRequest) -> String?

    /// `traceparent` gives the W3C header's value for a request, or nil to leave it away.
    package init(
        send: @escaping HTTPSend, now: @escaping @Sendable () -> UTCInstant,
        profile: @escaping @Sendable (FacilityID) -> BuildingProfile = { _ in .standard },
        traceparent: @escaping @Sendable (BuildingRequest) -> String? = { _ in nil }
    ) {
        self.send = send
        self.now = now
        self.profile = profile
        self.traceparent = traceparent
    }

    package func perform(_ request: BuildingRequest, at building: BuildingAddress) async -> BuildingAnswer {
        guard request.facility == building.facility else {
            return .rejected("The request is for \(request.facility), not for \(building.facility).")
        }
        let operation: BuildingOperation
        switch request.operation {
        case .write, .release:
            guard request.slot.isOurs else { return .rejected("Slot \(request.slot) is not ours to write.") }
            guard let command = request.command else {
                return .rejected("The value for \(request.point) is no finite number.")
            }
            operation = .executeCommands(command)
        case .status: operation = .getExecution(.idempotencyToken(request.key.text))
        case .readSlot: operation = .readPoints([request.point])
        }
        let profile = profile(building.facility)
        let remaining = request.answerBy.since(now())
        guard remaining > .zero else { return .unavailable("The deadline passed before anything was sent.") }
        let exchange = await exchange(
            operation, building, profile, within: min(remaining, profile.request), key: request.key.text,
            traceparent: traceparent(request))
        return AnswerReading(request: request, secrets: profile.credential?.secrets ?? []).answer(exchange)
    }

    package func points(of building: BuildingAddress) async throws(PortError) -> [BuildingPoint] {
        try await reports([], of: building).compactMap { $0.commandable }
    }

    package func read(
        _ points: [PointID], of building: BuildingAddress
    ) async throws(PortError) -> [PointReading] {
        let wanted = Set(points)
        return try await reports(points, of: building).filter { wanted.isEmpty || wanted.contains($0.point) }
            .map { PointReading(point: $0.point, value: $0.value, slots: $0.slots, at: $0.at) }
    }

    package func releaseAll(
        _ slots: [PrioritySlot], key: String, of building: BuildingAddress
    ) async throws(PortError) -> [PointID] {
        guard !slots.isEmpty, slots.allSatisfy(\.isOurs) else {
            throw PortError(.invalid, "Release slots 8 to 15 only; the others belong to the building.")
        }
        guard isToken(key, limit: 200) else {
            throw PortError(.invalid, "A key is 1-200 printable ASCII characters without blanks; use such a one.")
        }
        let request = ReleaseAll(idempotencyToken: key, priorities: slots.map(\.rawValue))
        let profile = profile(building.facility)
        let exchange = await exchange(
            .releaseAll(request), building, profile, within: profile.request, key: key, traceparent: nil)
        switch exchange {
        case .answer(.released(let report)) where report.idempotencyToken == key:
            guard report.failed.isEmpty else { throw releaseError(report, building, profile) }
            return report.released
        case .answer, .unclear, .lost:
            throw PortError(.timedOut, "\(building.facility) may have released or not; release again, it is harmless.")
        case .unavailable(let why): throw PortError(.unavailable, "\(building.facility) was not reached: \(why)")
        case .refused(let why): throw PortError(.invalid, "\(building.facility) refused the release: \(why)")
        }
    }

    package func ping(_ building: BuildingAddress) async throws(PortError) {
        guard let url = healthURL(besides: building.endpoint) else {
            throw PortError(.invalid, "The endpoint of \(building.facility) is no http or https URL; correct it.")
        }
        let profile = profile(building.facility)
        var request = HTTPRequest(.get, url, deadline: profile.request)
        if let credential = profile.credential { request.headers.append(credential.header) }
        let response: HTTPResponse
        do {
            response = try await send(request)
        } catch {
            throw portError(Exchange(error, hiding: profile.credential?.secrets ?? []), building)
        }
        guard (200..<300).contains(response.status) else {
            throw PortError(.unavailable, "\(building.facility) answers its ping with HTTP \(response.status).")
        }
    }

    // MARK: - One exchange

    /// Empty `points`: all.
    private func reports(
        _ points: [PointID], of building: BuildingAddress
    ) async throws(PortError) -> [PointReport] {
        let profile = profile(building.facility)
        let exchange = await exchange(
            .readPoints(points), building, profile, within: profile.request, key: nil, traceparent: nil)
        guard case .answer(.points(let reports)) = exchange else { throw portError(exchange, building) }
        guard Set(reports.map(\.point)).count == reports.count else {
            throw PortError(.corrupt, "\(building.facility) lists a point twice; have its point list corrected.")
        }
        return reports
    }

    /// Requests with a key act or ask what a key did; the key goes into the header as well (ledger BMS-08).
    private func exchange(
        _ operation: BuildingOperation, _ building: BuildingAddress, _ profile: BuildingProfile,
        within deadline: Duration, key: String?, traceparent: String?
    ) async -> Exchange {
        let secrets = profile.credential?.secrets ?? []
        let body: [UInt8]
        do {
            body = try SOAPRequestEnvelope(profile.version, operation).encoded()
        } catch {
            return .refused(error.sentence)
        }
        var request = HTTPRequest(
            .post, building.endpoint, headers: profile.version.headers(for: operation.name), body: body,
            deadline: deadline, reusesConnection: !operation.acts)
        if let key { request.headers.append(HTTPHeader("X-Idempotency-Key", key)) }
        if let traceparent { request.headers.append(HTTPHeader("traceparent", traceparent)) }
        if let credential = profile.credential { request.headers.append(credential.header) }
        do {
            return Exchange(try await send(request), hiding: secrets)
        } catch {
            return Exchange(error, hiding: secrets)
        }
    }

    private func portError(_ exchange: Exchange, _ building: BuildingAddress) -> PortError {
        switch exchange {
        case .unavailable(let why): PortError(.unavailable, "\(building.facility) was not reached: \(why)")
        case .refused(let why): PortError(.invalid, "\(building.facility) refused: \(why)")
        case .unclear(let why): PortError(.unavailable, "\(building.facility) did not answer rightly: \(why)")
        case .lost(let why): PortError(.timedOut, "\(building.facility) did not answer: \(why)")
        case .answer: PortError(.corrupt, "\(building.facility) answered something else than it was asked.")
        }
    }

    private func releaseError(
        _ report: ReleaseReport, _ building: BuildingAddress, _ profile: BuildingProfile
    ) -> PortError {
        let first = report.failed[0]
        let why = neutralised(first.refusal.shownText, hiding: profile.credential?.secrets ?? [])
        return PortError(
            .unavailable,
            "\(building.facility) did not give back \(report.failed.count) points, the first \(first.point): \(why)")
    }
}

extension BuildingOperation {
    /// Changes something in the building.
    var acts: Bool {
        switch self {
        case .executeCommands, .releaseAll: true
        case .getExecution, .readPoints: false
        }
    }
}

extension BuildingRequest {
    /// Nil for a question, and for a value that is not finite.
    fileprivate var command: ExecuteCommands? {
        let item: CommandItem
        switch operation {
        case .write(let value) where value.isFinite:
            item = CommandItem(point: point, value: value, priority: slot.rawValue, expiresAt: expiresAt)
        case .release: item = CommandItem(point: point, value: nil, priority: slot.rawValue, expiresAt: nil)
        case .write, .status, .readSlot: return nil
        }
        return ExecuteCommands(
            correlationID: "\(event):\(sequence).\(generation)", idempotencyToken: key.text, items: [item])
    }
}

extension PointReport {
    /// As the planner wants it; nil for a point that cannot be commanded.
    fileprivate var commandable: BuildingPoint? {
        description.map { known in
            BuildingPoint(
                id: point, kind: known.kind, zone: known.zone, normal: known.normal, rated: known.rated,
                isCritical: known.isCritical,
                isHeldByOperator: slots.keys.contains { $0 <= PrioritySlot.operatorOverride.rawValue },
                longestShed: known.longestShed)
        }
    }
}
