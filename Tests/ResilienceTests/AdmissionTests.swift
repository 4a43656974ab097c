import Testing

@testable import Resilience

@Suite("Bulkhead, token bucket, single flight")
struct AdmissionTests {
    @Test(
        "a bulkhead agrees with a list model: never more inside than allowed, first come first served",
        arguments: 1...20 as ClosedRange<UInt64>)
    func bulkhead(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let concurrent = 1 + random.below(4)
        let capacity = random.below(6)
        var bulkhead = BulkheadStateMachine(concurrent: concurrent, queueCapacity: capacity)
        var inside = 0
        var line: [BulkheadStateMachine.Waiter] = []
        for _ in 0..<5000 {
            switch random.below(5) {
            case 0, 1:
                switch bulkhead.enter() {
                case .entered:
                    #expect(inside < concurrent)
                    inside += 1
                case .waiting(let waiter):
                    #expect(inside == concurrent && line.count < capacity)
                    line.append(waiter)
                case .full: #expect(inside == concurrent && line.count == capacity)
                }
            case 2, 3:
                guard inside > 0 else { continue }
                let next = bulkhead.leave()
                #expect(next == line.first)
                if line.isEmpty { inside -= 1 } else { line.removeFirst() }
            default:
                guard let waiter = line.randomElement(using: &random) else { continue }
                let (first, second) = (bulkhead.abandon(waiter), bulkhead.abandon(waiter))
                #expect(first && !second)
                line.removeAll { $0 == waiter }
            }
            #expect(bulkhead.running == inside && bulkhead.waiting == line.count)
        }
    }

    @Test(
        "a token bucket agrees with exact arithmetic, and its retry-after is the first moment that works",
        arguments: 1...20 as ClosedRange<UInt64>)
    func tokenBucket(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let capacity = 1 + random.below(20)
        let perSecond = [0.5, 1, 3, 10, 1000][random.below(5)]
        let cost = Int64(1e9 / perSecond)
        var bucket = TokenBucket(capacity: capacity, perSecond: perSecond)
        var now: Int64 = Int64(random.below(1000)) - 500
        var level = Int64(capacity) * cost  // in nanoseconds of refilling
        for _ in 0..<5000 {
            let step = Int64(random.below(Int(cost * 2)))
            now += step
            level = min(Int64(capacity) * cost, level + step)
            #expect(bucket.available(now: .nanoseconds(now)) == Int(level / cost))
            let wanted = 1 + random.below(capacity + 1)
            switch bucket.take(wanted, now: .nanoseconds(now)) {
            case .granted:
                level -= Int64(wanted) * cost
                #expect(level >= 0)
            case .refused(let wait):
                #expect(wait == .nanoseconds(Int64(wanted) * cost - level))
                var early = bucket
                #expect(early.take(wanted, now: .nanoseconds(now) + wait - .nanoseconds(1)) != .granted)
                #expect(early.take(wanted, now: .nanoseconds(now) + wait) == .granted)
            case .tooLarge: #expect(wanted > capacity)
            }
        }
    }

    @Test("absurd token buckets do not trap", arguments: [(0, 0.0), (.max, 1e-300), (.min, .nan), (1, .infinity)])
    func absurdBuckets(capacity: Int, perSecond: Double) {
        var bucket = TokenBucket(capacity: capacity, perSecond: perSecond)
        #expect(bucket.take(now: .zero) == .granted)
    }

    @Test(
        "single flight: one leader a key, every follower answered or gone, exactly once",
        arguments: 1...20 as ClosedRange<UInt64>)
    func singleFlight(seed: UInt64) {
        typealias Machine = SingleFlightStateMachine<Int>
        var random = SplitMix(seed: seed)
        var machine = Machine(followersPerKey: 5)
        var model: [Int: [Machine.Ticket]] = [:]  // the leader stands first
        var stale: [Machine.Ticket] = []
        for _ in 0..<5000 {
            let key = random.below(3)
            let members = model[key, default: []]
            switch random.below(6) {
            case 0, 1, 2:
                switch machine.join(key) {
                case .leads(let ticket):
                    #expect(members.isEmpty)
                    model[key] = [ticket]
                case .follows(let ticket):
                    #expect((1...5).contains(members.count))
                    model[key]?.append(ticket)
                case .full: #expect(members.count == 6)
                }
            case 3:
                guard let leader = members.first else { continue }
                #expect(machine.finish(leader) == Array(members.dropFirst()))
                model[key] = []
                stale.append(leader)
            case 4:
                guard let ticket = members.randomElement(using: &random) else { continue }
                let rest = members.filter { $0 != ticket }
                #expect(machine.leave(ticket) == (ticket == members.first ? rest.first : nil))
                model[key] = rest
                stale.append(ticket)
            default:
                guard let old = stale.randomElement(using: &random) else { continue }
                #expect(machine.finish(old) == [])
                #expect(machine.leave(old) == nil)
            }
            #expect(machine.inFlight == model.values.count { !$0.isEmpty })
        }
    }
}
