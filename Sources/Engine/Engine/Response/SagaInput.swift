import DemandResponse
import EnergyModel
import Ports

/// Something that moves a saga.
struct SagaInput: Sendable {
    typealias Apply =
        @Sendable (inout SagaStateMachine, inout DemandResponseEvent, SagaMoment) -> SagaStateMachine.Output

    enum Kind: Sendable {
        /// From a person or a utility: refused when it cannot be stored.
        case change
        /// A building's answer: kept until it can be stored.
        case answer
        /// Time, and what the engine finds out by itself: comes again, so it may be lost.
        case clock
    }

    var kind: Kind
    var actor = "engine"
    var traceID: String?
    var apply: Apply
    /// The output's refusal, or why it could not be stored.
    var reply: OneShot<Result<SagaReply, PortError>>?

    static func answered(_ answer: BuildingAnswer, to request: BuildingRequest) -> SagaInput {
        SagaInput(kind: .answer) { saga, _, moment in saga.answered(answer, to: request, moment) }
    }

    static let advance = SagaInput(kind: .clock) { saga, _, moment in saga.advance(moment) }
    static let restarted = SagaInput(kind: .clock) { saga, _, moment in saga.restarted(moment) }

    static func freed(_ facility: FacilityID) -> SagaInput {
        SagaInput(kind: .clock) { saga, _, moment in saga.facilityFreed(facility, moment) }
    }

    static func superseded(by winner: DREventID, _ facilities: [FacilityID]) -> SagaInput {
        SagaInput(kind: .clock) { saga, _, moment in saga.superseded(by: winner, facilities, moment) }
    }

    static func measured(_ reductions: [FacilityID: Power], total: Power?) -> SagaInput {
        SagaInput(kind: .clock) { saga, event, moment in
            event.achieved = total ?? event.achieved
            return saga.measured(reductions, moment)
        }
    }
}

/// What a change did.
struct SagaReply: Sendable {
    var event: DemandResponseEvent
    var transitions: Int
    var refusal: String?
}

/// One event as the coordinator drives it.
struct EventCell: Sendable {
    /// As stored.
    var event: DemandResponseEvent
    var saga: SagaStateMachine
    /// The saga run on without records while these cannot be written: it makes releases and nothing else (ledger DR-13).
    var ahead: SagaStateMachine?
    /// Answers that came meanwhile, oldest first; beyond the limit the oldest go, and are asked for again.
    var held: [SagaInput] = []
    var inbox: [SagaInput] = []
    /// Somebody works it; what comes goes to the inbox.
    var isBusy = false
    /// When the clock moves it next; nil: never by itself.
    var wakeAt: UTCInstant?
    /// Failed commits in a row, and the uptime before which none is tried again.
    var failures = 0
    var retryAt = Duration.zero
    /// The moment of the last input that moved all legs.
    var advancedAt: UTCInstant

    /// What others must know of it; nil while it has a stake in nothing.
    private(set) var standing: Standing?

    static let heldLimit = 2_000
    static let inboxLimit = 10_000

    var precedence: Precedence {
        Precedence(priority: event.priority, createdAt: event.receivedAt, event: event.id)
    }

    init(event: DemandResponseEvent, saga: SagaStateMachine, advancedAt: UTCInstant) {
        self.event = event
        self.saga = saga
        self.advancedAt = advancedAt
        refresh()
    }

    /// To be called after each change of the saga. An event without a plan has nothing to wake for; `endUnplanned` ends it.
    /// O(commands).
    mutating func refresh() {
        let standing = Standing(self)
        self.standing = standing.stakes.isEmpty ? nil : standing
        wakeAt = event.isSettled || saga.plan == nil ? nil : (ahead ?? saga).nextDue(after: advancedAt)
    }
}

extension DemandResponseEvent {
    /// Brings the summary up to date with its saga.
    mutating func summarise(_ saga: SagaStateMachine) {
        status = saga.progress.status
        ordinal = saga.ordinal
        isSettled = saga.progress.isSettled
        guard let plan = saga.plan else { return }
        window = plan.window
        target = plan.target ?? target
        expected = plan.expected
        forecastQuality = plan.forecastQuality
    }
}
