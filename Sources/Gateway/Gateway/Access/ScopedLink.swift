import EnergyModel
import Ports

/// The operator's link as one caller may use it: sees the facilities of its scope and no trace of others, does what its role
/// may, and signs with its own name (ledger SEC-02). Every endpoint is given one, so that none checks by hand.
///
/// What is foreign is answered as if it did not exist, in the same words. Figures of the whole fleet and of events that
/// foreign buildings take part in are worked out from the visible part, or left out.
package struct ScopedLink: OperatorLink {
    let inner: any OperatorLink
    package let identity: OperatorIdentity
    let narrowing: Narrowing?

    package init(_ inner: any OperatorLink, identity: OperatorIdentity) {
        self.inner = inner
        self.identity = identity
        narrowing = identity.scope.facilities.map(Narrowing.init)
    }

    package func snapshots() -> AsyncStream<LinkUpdate> {
        guard let narrowing else { return inner.snapshots() }
        let updates = inner.snapshots()
        let events = VisibleEvents(narrowing: narrowing)
        // Pulled, so the newest still wins where the inner stream coalesces. Iterators of one stream share its state.
        return AsyncStream { [inner] () async -> LinkUpdate? in
            var iterator = updates.makeAsyncIterator()
            guard let update = await iterator.next() else { return nil }
            guard case .snapshot(let snapshot) = update else { return update }
            let open = await events.visible(of: snapshot.openEvents, through: inner)
            return .snapshot(narrowing.snapshot(snapshot, openEvents: open))
        }
    }

    package func snapshot(at moment: UTCInstant) async throws(PortError) -> OperatorSnapshot {
        let snapshot = try await inner.snapshot(at: moment)
        guard let narrowing else { return snapshot }
        let events = VisibleEvents(narrowing: narrowing)
        let open = await events.visible(of: snapshot.openEvents, through: inner)
        return narrowing.snapshot(snapshot, openEvents: open)
    }

    package func series(_ request: SeriesRequest) async throws(PortError) -> SeriesAnswer {
        switch request.subject {
        case .facility(let facility): try requireVisible(facility)
        case .meter(let meter): try await requireVisible(meter)
        }
        return try await inner.series(request)
    }

    package func meters(of facility: FacilityID) async throws(PortError) -> [MeterSnapshot] {
        try requireVisible(facility)
        return try await inner.meters(of: facility)
    }

    package func forecast(_ query: ForecastQuery) async throws(PortError) -> ForecastAnswer {
        try requireVisible(query.facility)
        return try await inner.forecast(query)
    }

    package func backtest(_ request: BacktestRequest) async throws(PortError) -> BacktestAnswer {
        try requireVisible(request.facility)
        return try await inner.backtest(request)
    }

    package func journal(_ query: JournalQuery) async throws(PortError) -> [JournalEntry] {
        var query = query
        if let facility = query.facility { try requireVisible(facility) }
        query.among = narrowed(query.among)
        return try await inner.journal(query)
    }

    /// A trace runs through all that was done for an event, at whichever building.
    package func trace(_ id: TraceID) async throws(PortError) -> [TraceSpan] {
        guard narrowing == nil else { throw .needsAllFacilities }
        return try await inner.trace(id)
    }

    package func traces(_ query: TraceQuery) async throws(PortError) -> [TraceSummary] {
        guard narrowing == nil else { throw .needsAllFacilities }
        return try await inner.traces(query)
    }

    package func building(_ facility: FacilityID) async throws(PortError) -> BuildingView {
        try requireVisible(facility)
        return try await inner.building(facility)
    }

    package func submit(_ command: OperatorCommand) async -> CommandOutcome {
        do throws(PortError) {
            var command = command
            command.action = try await permitted(command.action)
            command.author = identity.author
            command.key = key(command.key)
            return await inner.submit(command)
        } catch {
            return .refused(sentence: error.sentence)
        }
    }

    /// As the engine knows the caller's key: nobody's key hits the outcome of another's. The length keeps `a` with `b/c` apart
    /// from `a/b` with `c`.
    func key(_ key: String) -> String { "\(identity.name.utf8.count):\(identity.name)/\(key)" }

    // MARK: - What is visible

    func requireVisible(_ facility: FacilityID) throws(PortError) {
        guard identity.scope.contains(facility) else { throw .noSuchFacility(facility) }
    }

    /// Asks for the meters of each facility in scope: from the engine's memory, and seldom.
    private func requireVisible(_ meter: MeterID) async throws(PortError) {
        guard let narrowing else { return }
        for facility in narrowing.facilities.sorted() {
            do throws(PortError) {
                if try await inner.meters(of: facility).contains(where: { $0.id == meter }) { return }
            } catch {
                // A facility of the scope that is not known here has no meters.
                guard error.code == .notFound || error.code == .invalid else { throw error }
            }
        }
        throw PortError(.notFound, "There is no meter \(meter) here that you may see; ask for one of your facilities.")
    }

    /// What a query is about, and in scope.
    func narrowed(_ asked: Set<FacilityID>?) -> Set<FacilityID>? {
        guard let narrowing else { return asked }
        return asked.map { $0.intersection(narrowing.facilities) } ?? narrowing.facilities
    }
}

extension PortError {
    static func noSuchFacility(_ facility: FacilityID) -> PortError {
        PortError(.notFound, "There is no facility \(facility) here that you may see; ask for one of yours.")
    }

    static func noSuchEvent(_ event: DREventID) -> PortError {
        PortError(.notFound, "There is no event \(event) here that you may see; list the events to find yours.")
    }

    static func noSuchLetter(_ number: Int64) -> PortError {
        PortError(.notFound, "There is no dead letter \(number) here that you may see; list them to find yours.")
    }
}
