import Testing

@testable import Gateway

@Suite("ConnectionStateMachine")
struct ConnectionStateMachineTests {
    private func exchanging() -> ConnectionStateMachine {
        var machine = ConnectionStateMachine()
        #expect(machine.opened(hasRoom: true) == [.arm(.head)])
        #expect(machine.headRead(expectsContinue: false) == [.arm(.body)])
        return machine
    }

    @Test("a request that ends before its answer leaves the connection open")
    func exchange() {
        var machine = exchanging()
        #expect(machine.bodyEnded() == [.arm(.answer)])
        #expect(machine.answerBegan() == false)
        #expect(machine.answerEnded() == [.arm(.idle)])
        #expect(machine.phase == .awaitingHead(isFirst: false))
        #expect(machine.timeRanOut() == [.close])
    }

    @Test("an answer before the body's end closes, and lingers so that it can be read")
    func earlyAnswer() {
        var machine = exchanging()
        #expect(machine.answerBegan() == true)
        #expect(machine.answerEnded() == [.finishOutput, .arm(.linger)])
        #expect(machine.isLingering)
        #expect(machine.headRead(expectsContinue: false) == [])
        #expect(machine.inputEnded() == [.close])
    }

    @Test("a slow body fails once, then the answer has its own time")
    func slowBody() {
        var machine = exchanging()
        #expect(machine.timeRanOut() == [.failBody, .arm(.answer)])
        #expect(machine.answerBegan() == true)
        #expect(machine.timeRanOut() == [.close])
        #expect(machine.timeRanOut() == [])
    }

    @Test("without room a connection is refused, and nothing it sends is heard")
    func noRoom() {
        var machine = ConnectionStateMachine()
        #expect(machine.opened(hasRoom: false) == [.refuse(.tooManyConnections), .arm(.linger)])
        #expect(machine.headRead(expectsContinue: true) == [])
        #expect(machine.inputBroke(headersTooLarge: false) == [.close])
    }

    @Test("garbage after a whole request waits for that request's answer")
    func garbageBehind() {
        var machine = exchanging()
        _ = machine.bodyEnded()
        #expect(machine.inputBroke(headersTooLarge: false) == [.failBody])
        #expect(machine.answerBegan() == true)
        #expect(machine.answerEnded() == [.finishOutput, .arm(.linger)])
    }

    @Test("100,000 random steps: always a timer or the end, never an action after the end")
    func anyOrder() {
        var seed: UInt64 = 42
        func draw(_ bound: UInt64) -> UInt64 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (seed >> 33) % bound
        }
        var machine = ConnectionStateMachine()
        var isArmed = false
        for _ in 0..<100_000 {
            if machine.phase == .closed {
                let after = machine.timeRanOut() + machine.bodyEnded() + machine.answerEnded()
                #expect(after.isEmpty)
                machine = ConnectionStateMachine()
                isArmed = false
            }
            let actions: [ConnectionStateMachine.Action]
            if machine.phase == .opening {
                actions = machine.opened(hasRoom: draw(8) > 0)
            } else {
                switch draw(7) {
                case 0: actions = machine.headRead(expectsContinue: draw(2) == 0)
                case 1: actions = machine.bodyEnded()
                case 2:
                    _ = machine.answerBegan()
                    actions = machine.answerEnded()
                case 3: actions = machine.inputBroke(headersTooLarge: draw(2) == 0)
                case 4: actions = machine.timeRanOut()
                case 5: actions = machine.inputEnded()
                default: actions = []
                }
            }
            if actions.contains(where: { if case .arm = $0 { true } else { false } }) { isArmed = true }
            #expect(isArmed || machine.phase == .closed)
            if actions.contains(.close) { #expect(machine.phase == .closed) }
        }
    }
}
