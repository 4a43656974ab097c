import EnergyModel

/// What goes wrong at a building's door on request (ledger BMS-19).
package enum BuildingFault: String, Hashable, Sendable, CaseIterable, Codable {
    /// Acts, and answers, this late; also when nobody waits any more.
    case delay
    /// Neither acts nor answers; the connection is reset in the end.
    case hang
    /// Resets the connection without acting.
    case reset
    /// Answers `status` (500, 503, 401 ...) without acting; 503 with Retry-After.
    case status
    /// A SOAP fault of the server's side, without acting.
    case transientFault = "transient_fault"
    /// A SOAP fault of the client's side, without acting.
    case permanentFault = "permanent_fault"
    /// HTTP 200, and each item refused.
    case itemRejection = "item_rejection"
    /// Acts, then resets the connection instead of answering.
    case answerLost = "answer_lost"
    /// Acts, then never answers.
    case answerHangs = "answer_hangs"
    /// Acts, and answers bytes that are no SOAP.
    case garbage
    /// Acts, and answers a byte at a time, a pause before each.
    case drip
}

/// One fault, and whom it befalls.
package struct BuildingFaultRule: Hashable, Sendable {
    package var fault: BuildingFault
    /// Share (0...1) of the requests that qualify.
    package var share: Double
    /// Only so many requests; nil for ever.
    package var times: Int?
    /// Nil: all but `health`.
    package var operations: Set<BuildingRequestKind>?
    /// Of `delay`; how long `hang` and `answerHangs` hold the connection; the pause of `drip`.
    package var span: Duration
    /// HTTP status of `status`.
    package var status: Int
    /// Fault code of the SOAP faults and of `itemRejection`; nil for BUSY, DENIED, NOT_WRITABLE.
    package var code: String?

    package init(
        _ fault: BuildingFault, share: Double = 1, times: Int? = nil, operations: Set<BuildingRequestKind>? = nil,
        span: Duration? = nil, status: Int = 500, code: String? = nil
    ) {
        self.fault = fault
        self.share = share
        self.times = times
        self.operations = operations
        self.span = span ?? Self.usualSpan(fault)
        self.status = status
        self.code = code
    }

    private static func usualSpan(_ fault: BuildingFault) -> Duration {
        switch fault {
        case .hang, .answerHangs: .seconds(60)
        case .drip: .milliseconds(200)
        default: .seconds(3)
        }
    }
}

package enum BuildingRequestKind: String, Hashable, Sendable, CaseIterable, Codable {
    case execute, status, read, points, release, health
}

/// Everything that can be set at one building's door.
package struct BuildingFaultProfile: Hashable, Sendable {
    package enum DuplicateManner: String, Hashable, Sendable, CaseIterable, Codable {
        /// Each item is answered DUPLICATE with its first execution id.
        case answer
        /// A SOAP fault of the client's side, against the WSDL: some systems do.
        case fault
    }

    /// The first that befalls a request is the one.
    package var rules: [BuildingFaultRule]
    /// The rules hold in the second half of each period only; nil for always.
    package var flappingPeriod: Duration?
    package var duplicates: DuplicateManner
    /// After so many duplicates the building takes no more commands for `lockoutSpan`; nil for never.
    package var lockoutAfterDuplicates: Int?
    package var lockoutSpan: Duration
    package var building: BuildingRules

    package init(
        rules: [BuildingFaultRule] = [], flappingPeriod: Duration? = nil, duplicates: DuplicateManner = .answer,
        lockoutAfterDuplicates: Int? = nil, lockoutSpan: Duration = .seconds(60),
        building: BuildingRules = BuildingRules()
    ) {
        self.rules = rules
        self.flappingPeriod = flappingPeriod
        self.duplicates = duplicates
        self.lockoutAfterDuplicates = lockoutAfterDuplicates
        self.lockoutSpan = lockoutSpan
        self.building = building
    }

    package static let none = BuildingFaultProfile()
}

/// Decides which fault befalls which request. Pure.
struct FaultStateMachine: Sendable {
    private(set) var profile: BuildingFaultProfile
    private let seed: UInt64
    /// Requests seen and requests befallen, by fault.
    private(set) var requests = 0
    private(set) var befallen: [BuildingFault: Int] = [:]
    private var uses: [Int]
    private var duplicates = 0
    private var lockedUntil: UTCInstant?
    /// Flapping counts from here.
    private var since: UTCInstant

    init(_ profile: BuildingFaultProfile, seed: UInt64, now: UTCInstant) {
        self.profile = profile
        self.seed = seed
        since = now
        uses = profile.rules.map { _ in 0 }
    }

    /// Begins anew, but for the counts of requests.
    mutating func set(_ profile: BuildingFaultProfile, now: UTCInstant) {
        self.profile = profile
        uses = profile.rules.map { _ in 0 }
        (duplicates, lockedUntil, since) = (0, nil, now)
    }

    mutating func befalls(_ operation: BuildingRequestKind, now: UTCInstant) -> BuildingFaultRule? {
        requests += 1
        guard isDown(now) else { return nil }
        for (index, rule) in profile.rules.enumerated() {
            guard rule.operations.map({ $0.contains(operation) }) ?? (operation != .health) else { continue }
            if let times = rule.times, uses[index] >= times { continue }
            guard unit(mixed(seed, UInt64(index)), UInt64(requests)) < rule.share else { continue }
            uses[index] += 1
            befallen[rule.fault, default: 0] += 1
            return rule
        }
        return nil
    }

    private func isDown(_ now: UTCInstant) -> Bool {
        guard let period = profile.flappingPeriod?.milliseconds, period > 1 else { return true }
        return (now.milliseconds - since.milliseconds) % period >= period / 2
    }

    mutating func duplicateSeen(now: UTCInstant) {
        duplicates += 1
        guard let limit = profile.lockoutAfterDuplicates, duplicates >= limit else { return }
        duplicates = 0
        lockedUntil = now.advanced(by: profile.lockoutSpan)
    }

    func isLockedOut(now: UTCInstant) -> Bool { lockedUntil.map { now < $0 } ?? false }
}
