import Testing

@testable import Resilience

@Suite("Turns in order")
struct TurnLineTests {
    private typealias Call = TurnLineStateMachine.Call

    @Test("a turn comes when everything before it has ended well")
    func inOrder() {
        var line = TurnLineStateMachine()
        for ticket in 1...3 as ClosedRange<UInt64> { line.enter(ticket) }
        let said1 = line.ask(3)
        #expect(said1 == .wait)
        let said2 = line.ask(1)
        #expect(said2 == .now)
        let said3 = line.ask(2)
        #expect(said3 == .wait)
        let said4 = line.ended(1, well: true)
        #expect(said4 == [Call(ticket: 2, mayGo: true)])
        let said5 = line.ended(2, well: true)
        #expect(said5 == [Call(ticket: 3, mayGo: true)])
        let said6 = line.ended(3, well: true)
        #expect(said6.isEmpty)
    }

    @Test("behind a failure nobody gets a turn, those before it do, and then the line is as new")
    func failure() {
        var line = TurnLineStateMachine()
        for ticket in 1...4 as ClosedRange<UInt64> { line.enter(ticket) }
        let said7 = line.ask(2)
        #expect(said7 == .wait)
        let said8 = line.ask(4)
        #expect(said8 == .wait)
        let said9 = line.ended(3, well: false)
        #expect(said9 == [Call(ticket: 4, mayGo: false)])
        let said10 = line.ended(4, well: false)
        #expect(said10.isEmpty)
        let said11 = line.ask(1)
        #expect(said11 == .now)
        let said12 = line.ended(1, well: true)
        #expect(said12 == [Call(ticket: 2, mayGo: true)])
        let said13 = line.ended(2, well: true)
        #expect(said13.isEmpty)
        line.enter(3)
        let said14 = line.ask(3)
        #expect(said14 == .now)
    }

    @Test("one that was cancelled while it waited is not called, and those behind it wait on until it ends")
    func cancelled() {
        var line = TurnLineStateMachine()
        for ticket in 1...3 as ClosedRange<UInt64> { line.enter(ticket) }
        let said15 = line.ask(2)
        #expect(said15 == .wait)
        let said16 = line.ask(3)
        #expect(said16 == .wait)
        let said17 = line.left(2)
        #expect(said17)
        let said18 = line.left(2)
        #expect(!said18)
        let said19 = line.ended(1, well: true)
        #expect(said19.isEmpty)
        let said20 = line.ended(2, well: false)
        #expect(said20 == [Call(ticket: 3, mayGo: false)])
    }

    /// Whatever happens in whatever order, effects follow one another by ticket, and behind a failure there is none until
    /// everything under way has ended.
    @Test("100,000 random steps keep the order", arguments: [1, 2, 3])
    func random(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var line = TurnLineStateMachine()
        var (next, asked, going) = (UInt64(1), Set<UInt64>(), Set<UInt64>())
        var underWay: [UInt64] = []
        var waiting: Set<UInt64> = []
        var failed: UInt64?
        func go(_ ticket: UInt64) {
            let isBeforeFailure = ticket < failed ?? .max
            #expect(underWay.first == ticket && isBeforeFailure)
            going.insert(ticket)
        }
        for _ in 0..<100_000 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where underWay.count < 6 && failed == nil:
                line.enter(next)
                underWay.append(next)
                next += 1
            case 1:
                guard let ticket = underWay.filter({ !asked.contains($0) }).randomElement(using: &random) else { break }
                asked.insert(ticket)
                switch line.ask(ticket) {
                case .now: go(ticket)
                case .never:
                    let isBehindFailure = ticket > failed ?? .max
                    #expect(isBehindFailure)
                case .wait: waiting.insert(ticket)
                }
            default:
                // Those that wait cannot end by themselves.
                guard let ticket = underWay.filter({ !waiting.contains($0) }).randomElement(using: &random) else {
                    break
                }
                let well = going.contains(ticket) && Bool.random(using: &random)
                if !well { failed = min(failed ?? ticket, ticket) }
                underWay.removeAll { $0 == ticket }
                for call in line.ended(ticket, well: well) {
                    let wasWaiting = waiting.remove(call.ticket) != nil
                    let isBehindFailure = call.ticket > failed ?? .max
                    #expect(wasWaiting && call.mayGo != isBehindFailure)
                    if call.mayGo { go(call.ticket) }
                }
                if underWay.isEmpty { failed = nil }
            }
        }
        #expect(next > 1000)
    }
}
