import EnergyModel

/// Whom an event is for: its targets matched with our facilities.
package enum TargetSelection {
    package struct Candidate: Hashable, Sendable {
        package var facility: FacilityID
        package var region: String
        /// Other names that utilities know it by: resource names, groups.
        package var labels: Set<String>

        package init(facility: FacilityID, region: String = "", labels: Set<String> = []) {
            self.facility = facility
            self.region = region
            self.labels = labels
        }
    }

    package struct Outcome: Hashable, Sendable {
        /// Ascending.
        package var facilities: [FacilityID]
        /// Targets that mean nothing to us, ascending; shown, since they may be a misspelt building.
        package var unmatched: [String]
    }

    /// No targets mean all candidates. `VEN_NAME` names the client: an event for other clients only is for none of ours. A
    /// facility is chosen when any other target is its id, its region or one of its labels. O(candidates × labels).
    package static func select(
        _ targets: [UtilityEvent.Target], from candidates: [Candidate], clientName: String
    ) -> Outcome {
        let clients = targets.filter { $0.type == "VEN_NAME" }
        if !clients.isEmpty, !clients.contains(where: { $0.value == clientName }) {
            return Outcome(facilities: [], unmatched: clients.map(\.value).sorted())
        }
        let wanted = Set(targets.filter { $0.type != "VEN_NAME" && $0.value != clientName }.map(\.value))
        guard !wanted.isEmpty else { return Outcome(facilities: candidates.map(\.facility).sorted(), unmatched: []) }
        var met: Set<String> = []
        let chosen = candidates.filter { candidate in
            let names = candidate.labels.union([candidate.facility.text, candidate.region]).intersection(wanted)
            met.formUnion(names)
            return !names.isEmpty
        }
        return Outcome(facilities: chosen.map(\.facility).sorted(), unmatched: wanted.subtracting(met).sorted())
    }
}

/// Order of intake (ledger DR-04): lower is sooner. Only `critical` is never evicted from a full queue (CF-27).
package enum IntakeClass: Int, Sendable, Codable, CaseIterable, Comparable {
    case critical, high, normal, low

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// The payload's word is checked against the buildings: priority 0 alone does not make an event critical, a hospital or
    /// a data centre among its targets does.
    package init(priority: Int?, kinds: some Sequence<FacilityKind>) {
        if kinds.contains(where: { $0 == .hospital || $0 == .dataCentre }) {
            self = .critical
        } else if let priority {
            self = priority <= 1 ? .high : priority <= 5 ? .normal : .low
        } else {
            self = .low
        }
    }
}

/// Which of two events governs a building when both want it.
package struct Precedence: Hashable, Sendable, Comparable {
    package var priority: Int?
    package var createdAt: UTCInstant
    package var event: DREventID

    package init(priority: Int?, createdAt: UTCInstant, event: DREventID) {
        self.priority = priority
        self.createdAt = createdAt
        self.event = event
    }

    /// The smaller one wins: lower priority number, none last; then the earlier event, since what runs should go on; then the
    /// id, so that every instance decides alike. (OpenADR leaves equal priorities open.)
    package static func < (left: Self, right: Self) -> Bool {
        (left.priority ?? .max, left.createdAt, left.event) < (right.priority ?? .max, right.createdAt, right.event)
    }
}
