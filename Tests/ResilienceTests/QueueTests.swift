import Testing

@testable import Resilience

@Suite("Bounded priority queue and hysteresis gate")
struct QueueTests {
    @Test(
        "agrees with a sorted list, and every element offered comes out exactly once",
        arguments: 1...20 as ClosedRange<UInt64>)
    func agreesWithSortedList(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let capacity = 1 + random.below(40)
        var queue = BoundedPriorityQueue<Int, Int>(capacity: capacity)
        var model: [(priority: Int, element: Int)] = []
        var out: [Int] = []
        for element in 0..<3000 {
            let priority = random.below(4)
            switch queue.offer(element, priority: priority) {
            case .accepted: #expect(model.count < capacity)
            case .evicted(let old):
                let worst = model.indices.min { (model[$0].priority, -$0) < (model[$1].priority, -$1) } ?? 0
                #expect(model.remove(at: worst).element == old)
                out.append(old)
            case .refused(let refused):
                #expect(refused == element && model.allSatisfy { $0.priority >= priority } && model.count == capacity)
                out.append(refused)
            }
            if out.last != element { model.append((priority, element)) }
            if random.below(3) == 0 {
                let best = model.indices.max { (model[$0].priority, -$0) < (model[$1].priority, -$1) }
                let taken = queue.take()
                #expect(taken == best.map { model.remove(at: $0).element })
                if let taken { out.append(taken) }
            }
            #expect(queue.count == model.count)
        }
        while let element = queue.take() { out.append(element) }
        #expect(out.sorted() == Array(0..<3000))
    }

    @Test("serves one priority in order of arrival")
    func stable() {
        var queue = BoundedPriorityQueue<Int, String>(capacity: 10)
        for (name, priority) in [("a", 1), ("b", 2), ("c", 1), ("d", 2)] { _ = queue.offer(name, priority: priority) }
        var order: [String] = []
        while let next = queue.take() { order.append(next) }
        #expect(order == ["b", "d", "a", "c"])
    }

    @Test("asks producers to hold back from 80 % until it has drained to 60 %")
    func marks() {
        var queue = BoundedPriorityQueue<Int, Int>(capacity: 10)
        var held: [Bool] = []
        for element in 0..<8 {
            _ = queue.offer(element, priority: 0)
            held.append(queue.isAboveMark)
        }
        #expect(held == [false, false, false, false, false, false, false, true])
        _ = queue.take()
        #expect(queue.isAboveMark)
        _ = queue.take()
        #expect(!queue.isAboveMark)
    }

    @Test(
        "tells each change once",
        arguments: [
            (0.79, false, nil), (0.8, true, HysteresisGate.Change.startedRefusing), (.nan, false, nil),
            (1.2, true, .startedRefusing),
        ])
    func gate(level: Double, refusing: Bool, change: HysteresisGate.Change?) {
        var gate = HysteresisGate()
        #expect(gate.update(level: level) == change)
        #expect(gate.isRefusing == refusing)
        #expect(gate.update(level: 0.7) == nil)
        #expect(gate.isRefusing == refusing)
        #expect(gate.update(level: 0.6) == (refusing ? .resumed : nil))
    }
}
