import DemandResponse
import EnergyModel
import Testing

/// An event driven against model buildings over a network that loses, delays and doubles, with an engine that dies now and
/// then. Until `calmFrom` faults happen; afterwards everything works, so that the end must be reached.
struct SagaSimulation {
    enum Happening {
        case deliver(BuildingRequest, answers: Bool)
        case answer(BuildingRequest, BuildingAnswer)
    }

    var dice: SagaDice
    var saga = SagaStateMachine(event: sagaEvent)
    /// What the record store holds.
    var history: [DRTransition] = []
    /// Folds every stored transition as it comes.
    var shadow = SagaStateMachine(event: sagaEvent)
    var buildings: [FacilityID: ModelBuilding] = [:]
    var queue: [(at: UTCInstant, order: Int, Happening)] = []
    var order = 0
    var now = sagaStart.advanced(by: .seconds(-60))
    /// When everything due was last looked at.
    var advancedTo = sagaStart.advanced(by: .seconds(-60))
    var faults: Double
    let calmFrom = sagaEnd.advanced(by: .seconds(1200))
    /// The last request of each command, for the rule that nothing is written twice unasked.
    var lastRequest: [Int: BuildingRequest] = [:]
    var definite: Set<Int> = []
    var crashes = 0
    var violations: [String] = []

    init(seed: UInt64, faults: Double) {
        dice = SagaDice(seed)
        self.faults = faults
    }

    var moment: SagaMoment {
        mutating get { SagaMoment(now: now, random: dice.unit()) }
    }

    // MARK: - The engine

    /// One input. The engine may die before the commit, after it, or after the requests left.
    mutating func engine(_ input: (inout SagaStateMachine, SagaMoment) -> SagaStateMachine.Output) {
        let before = saga
        let moment = moment
        let output = input(&saga, moment)
        let isDeadly = now < calmFrom && dice.chance(faults * 0.15)
        if isDeadly, dice.chance(0.34) {
            saga = before
            return restart()
        }
        store(output.transitions)
        let leaving = isDeadly ? output.requests.filter { _ in dice.chance(0.5) } : output.requests
        for request in leaving { send(request) }
        if isDeadly { restart() }
    }

    private mutating func store(_ transitions: [DRTransition]) {
        history += transitions
        for transition in transitions {
            do { try shadow.apply(transition) } catch { violations.append("\(error)") }
        }
        if shadow != saga { violations.append("the fold of the records differs from the state at \(now.iso8601)") }
    }

    private mutating func restart() {
        crashes += 1
        now = now.advanced(by: dice.seconds(0...20))
        do {
            let resumed = try SagaStateMachine(event: sagaEvent, history: history)
            if resumed != shadow { violations.append("a resume differs from the fold") }
            saga = resumed
        } catch {
            violations.append("\(error)")
        }
        // Answers to the dead engine find nobody.
        queue.removeAll { if case .answer = $0.2 { true } else { false } }
        let moment = moment
        let output = saga.restarted(moment)
        store(output.transitions)
        for request in output.requests { send(request) }
    }

    // MARK: - The network

    private mutating func send(_ request: BuildingRequest) {
        if case .write = request.operation, let last = lastRequest[request.sequence], case .write = last.operation,
            !definite.contains(request.sequence)
        {
            violations.append("command \(request.sequence) was written again before anybody asked")
        }
        lastRequest[request.sequence] = request
        definite.remove(request.sequence)
        let isCalm = now >= calmFrom
        let fate = isCalm ? 1 : dice.unit()
        if fate < faults * 0.25 { return later(.answer(request, .timedOut), 5...7) }
        if fate < faults * 0.5 {
            later(.deliver(request, answers: false), 0...3)
            return later(.answer(request, .timedOut), 5...7)
        }
        if fate < faults * 0.65 {
            // Slower than anybody waits, but not slower than the rules expect.
            later(.deliver(request, answers: false), 10...55)
            return later(.answer(request, .timedOut), 5...7)
        }
        if fate < faults * 0.85 { return later(.answer(request, .unavailable("connection refused")), 0...2) }
        if fate < faults * 0.9 { return later(.answer(request, .rejected("Client.Denied")), 0...2) }
        if fate < faults, case .write = request.operation {
            later(.deliver(request, answers: false), 2...20)
            return later(.answer(request, .pending(executionID: "slow")), 0...1)
        }
        later(.deliver(request, answers: true), 0...1)
    }

    private mutating func later(_ happening: Happening, _ range: ClosedRange<Int64>) {
        order += 1
        queue.append((now.advanced(by: dice.seconds(range)), order, happening))
    }

    // MARK: - Time

    /// Runs until `until` or until nothing is left to happen.
    mutating func run(until: UTCInstant) {
        for _ in 0..<200_000 {
            let next = queue.indices.min { (queue[$0].at, queue[$0].order) < (queue[$1].at, queue[$1].order) }
            let due = saga.nextDue(after: advancedTo)
            guard let time = [next.map { queue[$0].at }, due].compactMap(\.self).min(), time <= until else {
                now = max(now, until)
                return
            }
            now = max(now, time)
            if let next, queue[next].at <= now {
                happen(queue.remove(at: next).2)
            } else {
                advancedTo = now
                engine { $0.advance($1) }
            }
        }
        violations.append("no end in sight")
    }

    private mutating func happen(_ happening: Happening) {
        switch happening {
        case .deliver(let request, let answers):
            let answer = buildings[request.facility, default: ModelBuilding()].take(request)
            guard answers else { return }
            answered(request, answer)
        case .answer(let request, let answer): answered(request, answer)
        }
    }

    private mutating func answered(_ request: BuildingRequest, _ answer: BuildingAnswer) {
        switch answer {
        case .timedOut, .pending: break
        default: definite.insert(request.sequence)
        }
        engine { $0.answered(answer, to: request, $1) }
    }

    var heldPoints: Int { buildings.values.reduce(0) { $0 + $1.slots.count } }
}
