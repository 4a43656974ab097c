import EnergyModel

/// What one facility did in one event (DOMAIN §5.6), without its place in the chain. Times are RFC 3339, in UTC unless their
/// name says local. What nobody measured is absent, never zero. Stored for years: a field may be added, as an optional one;
/// none may be renamed.
package struct ParticipationReport: Codable, Hashable, Sendable {
    package struct EventPart: Codable, Hashable, Sendable {
        package var id: String
        package var programID: String
        package var source: String
        package var modificationDateTime: String
        package var test = "none"
        package var status: String
        package var start: String
        package var end: String
    }
    package struct FacilityPart: Codable, Hashable, Sendable {
        package var id: String
        package var timeZone: String
    }
    package struct Timeline: Codable, Hashable, Sendable {
        package var receivedAt: String
        package var dispatchStart: String?
        package var firstConfirmed: String?
        package var released: String?
    }
    package struct Commitment: Codable, Hashable, Sendable {
        package var type = "delta_kw"
        package var kw: Double
    }
    package struct Interval: Codable, Hashable, Sendable {
        package var start: String
        /// As the facility's clock shows it, with its offset from UTC.
        package var localStart: String?
        package var durationSeconds: Int
        package var actualKWh: Double?
        package var baselineKWh: Double?
        package var reductionKWh: Double?
        /// `OK`, `ESTIMATED` or `MISSING`.
        package var quality: String
    }
    /// Of a clock hour, or of the part of one that belongs to the event. Negative ones stay visible.
    package struct Hour: Codable, Hashable, Sendable {
        package var start: String
        package var localStart: String
        package var reductionKW: Double?
    }
    package struct Result: Codable, Hashable, Sendable {
        package var energyKWh: Double?
        package var averageKW: Double?
        package var minimumIntervalKW: Double?
        package var minimumHourKW: Double?
        package var percentOfCommitment: Double?
        package var hours: [Hour]?
    }
    package struct Command: Codable, Hashable, Sendable {
        package var id: String
        package var point: String
        package var value: Double
        package var priority: Int
        package var sentAt: String?
        package var executionId: String?
        package var outcome: String
        package var releasedAt: String?
    }
    package struct Override: Codable, Hashable, Sendable {
        package var id: String
        package var point: String
        package var by: String
        package var reason: String
        package var from: String
        package var to: String

        package init(id: String, point: String, by: String, reason: String, from: String, to: String) {
            (self.id, self.point, self.by, self.reason, self.from, self.to) = (id, point, by, reason, from, to)
        }
    }
    /// In 15-second readings.
    package struct DataQuality: Codable, Hashable, Sendable {
        package var expected: Int
        package var ok: Int
        package var estimated: Int
        package var missing: Int

        package init(expected: Int, ok: Int, estimated: Int, missing: Int) {
            (self.expected, self.ok, self.estimated, self.missing) = (expected, ok, estimated, missing)
        }
    }

    package var reportVersion = 0
    /// Nil in figures that have not been issued, and in reports of builds that made one version only.
    package var issue: Issue?
    package var event: EventPart
    package var facility: FacilityPart
    package var timeline: Timeline
    package var commitment: Commitment
    package var baseline: Baseline
    package var intervals: [Interval]
    package var result: Result
    package var commands: [Command]
    package var overrides: [Override]
    package var optState: String
    package var dataQuality: DataQuality

    /// The same without what only says which version it is.
    package var figures: ParticipationReport {
        var figures = self
        (figures.reportVersion, figures.issue) = (0, nil)
        return figures
    }

    /// How many intervals have no actual, and of how many.
    package var missingIntervals: Int { intervals.count { $0.actualKWh == nil } }
}

extension ParticipationReport {
    /// Which version this is and how it came to be.
    package struct Issue: Codable, Hashable, Sendable {
        package enum State: String, Codable, Hashable, Sendable, CaseIterable {
            /// Made as soon as the event had settled; figures may still change.
            case provisional
            /// Figures changed, by late data or by a person's decision; `reason` says why.
            case recomputed
            /// The settle time is over: changes only by a person's decision.
            case frozen
        }
        package struct Replaced: Codable, Hashable, Sendable {
            package var version: Int
            package var hash: String

            package init(version: Int, hash: String) { (self.version, self.hash) = (version, hash) }
        }
        package var state: State
        package var replaces: Replaced?
        package var reason: String?
        /// `engine` or `operator:ana`.
        package var by: String
        package var at: String
    }

    /// The load without the event, and how it was found.
    package struct Baseline: Codable, Hashable, Sendable {
        package enum Quality: String {
            /// By the programme's rule.
            case settlement
            /// The mean of the hour before the event, because the rule could not be followed; `reason` says why.
            case heuristic
            /// There is none.
            case none
        }
        package struct Day: Codable, Hashable, Sendable {
            package var date: String
            package var type: String
            /// Mean in the event's hours.
            package var meanKW: Double?
            package var isUsed: Bool
            /// `kept, rank 2`, `dropped: holiday (Labor Day)`.
            package var verdict: String
        }
        package struct Adjustment: Codable, Hashable, Sendable {
            /// `none`, `multiplicative`, `additive` or `unavailable`.
            package var kind: String
            /// Start and end by the facility's clock.
            package var window: [String]?
            package var actualKW: Double?
            package var baselineKW: Double?
            package var ratio: Double?
            package var factor: Double?
            package var addedKW: Double?
            package var capHit: String?
            package var reason: String?
        }
        package var preset: String
        package var summary: String?
        /// Raw value of `Quality`.
        package var quality: String
        package var reason: String?
        package var lookbackDays: Int?
        package var daysUsed: [String]?
        /// Every day of the look-back, newest first.
        package var days: [Day]?
        package var adjustment: Adjustment?
        package var trust: Trust?
    }

    /// How far the baseline can be relied on.
    package struct Trust: Codable, Hashable, Sendable {
        package enum Grade: String, Codable, Hashable, Sendable, Comparable {
            case poor, fair, good

            private var rank: Int { self == .good ? 2 : self == .fair ? 1 : 0 }
            package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
        }
        package var grade: Grade
        /// What speaks against it; empty for `good`.
        package var reasons: [String]
        /// How well each day of the baseline is told by the mean of its others, as shares (ASHRAE Guideline 14, hourly: at
        /// most 0.3 and 0.1).
        package var cvrmse: Double?
        package var nmbe: Double?

        package init(grade: Grade, reasons: [String], cvrmse: Double? = nil, nmbe: Double? = nil) {
            (self.grade, self.reasons, self.cvrmse, self.nmbe) = (grade, reasons, cvrmse, nmbe)
        }
    }
}
