import EnergyModel
import Ports
import Synchronization

/// Which open events are visible. Remembers, so that a snapshot each second costs a query only when an event changed.
final class VisibleEvents: Sendable {
    private struct Known {
        var ordinal: Int
        var isVisible: Bool
    }
    private let narrowing: Narrowing
    private let known = Mutex<[DREventID: Known]>([:])

    /// Far above what is ever open at once.
    private static let most = 10_000

    init(narrowing: Narrowing) { self.narrowing = narrowing }

    /// What cannot be found out is left out until it can.
    func visible(
        of events: [DemandResponseEvent], through link: any OperatorLink
    ) async -> [DemandResponseEvent] {
        guard !events.isEmpty else { return [] }
        let isKnown = known.withLock { known in events.allSatisfy { known[$0.id]?.ordinal == $0.ordinal } }
        if !isKnown { await learn(events, through: link) }
        return known.withLock { known in
            events.filter { known[$0.id]?.ordinal == $0.ordinal && known[$0.id]?.isVisible == true }
        }.map(narrowing.event)
    }

    private func learn(_ events: [DemandResponseEvent], through link: any OperatorLink) async {
        let newest = events.map(\.window.start).max() ?? .distantPast
        let query = EventQuery(
            among: narrowing.facilities, startsBefore: newest.advanced(by: .milliseconds(1)), limit: Self.most)
        do throws(PortError) {
            let mine = Set(try await link.events(query).map(\.id))
            let found = events.map { ($0.id, Known(ordinal: $0.ordinal, isVisible: mine.contains($0.id))) }
            known.withLock { $0 = Dictionary(found, uniquingKeysWith: { first, _ in first }) }
        } catch {
            // Their ordinals are still unknown, so the next snapshot asks again.
        }
    }
}
