import NIOCore
import Testing

@testable import MQTTFeed

@Suite("MQTT session")
struct MQTTSessionTests {
    typealias Machine = MQTTSessionStateMachine
    private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(1_000_000_000) + .seconds(seconds) }

    private func configuration(_ change: (inout MQTTConfiguration) -> Void = { _ in }) -> MQTTConfiguration {
        var configuration = MQTTConfiguration(endpoint: MQTTEndpoint(host: "b", port: 1), clientID: "c")
        configuration.cleanStart = false
        change(&configuration)
        return configuration
    }

    private func open(_ machine: inout Machine, sessionPresent: Bool = false) -> [Machine.Action] {
        _ = machine.opened(speaking: .v311, deadline: at(5))
        let answer = MQTTConnectAcknowledgement(sessionPresent: sessionPresent, reason: 0)
        return machine.received(.connectAnswer(answer), now: at(0))
    }

    private func message(_ number: UInt8, duplicate: Bool = false) -> MQTTMessage {
        var message = MQTTMessage(topic: "t", payload: [number])
        message.isDuplicate = duplicate
        return message
    }

    private let lost = MQTTError(.connectionLost, "lost")

    @Test("publishes go out through the window, and the ticket is done with the last acknowledgement")
    func window() {
        var machine = Machine(configuration { $0.outgoingWindow = 2 })
        _ = open(&machine)
        let sent = machine.publish([message(1), message(2), message(3)], ticket: 7, now: at(1))
        #expect(sent == [.send(.publish(message(1), id: 1)), .send(.publish(message(2), id: 2))])
        #expect(
            machine.received(.publishAcknowledged(id: 2, reason: 0), now: at(1)) == [.send(.publish(message(3), id: 3))]
        )
        #expect(machine.received(.publishAcknowledged(id: 1, reason: 0), now: at(1)) == [])
        #expect(machine.received(.publishAcknowledged(id: 3, reason: 0), now: at(1)) == [.published(ticket: 7)])
        #expect(machine.unacknowledgedPublishes == 0)
    }

    @Test("after a reconnect what was sent but not acknowledged is sent again, in order, as a duplicate")
    func redelivery() {
        var machine = Machine(configuration { $0.outgoingWindow = 3 })
        _ = open(&machine)
        _ = machine.publish((1...4).map { message($0) }, ticket: 1, now: at(1))
        _ = machine.received(.publishAcknowledged(id: 2, reason: 0), now: at(1))
        #expect(machine.closed(lost) == [.failed(ticket: 1, lost)])
        let actions = open(&machine, sessionPresent: true).dropFirst()
        #expect(
            Array(actions) == [
                .send(.publish(message(1, duplicate: true), id: 1)),
                .send(.publish(message(3, duplicate: true), id: 3)),
                .send(.publish(message(4, duplicate: true), id: 4)),
            ])
    }

    @Test("a broker that lost the session gets them as new; a clean start forgets them")
    func lostSession() {
        var machine = Machine(configuration())
        _ = open(&machine)
        _ = machine.publish([message(1)], ticket: 1, now: at(1))
        _ = machine.closed(lost)
        #expect(open(&machine).last == .send(.publish(message(1), id: 2)))
        var clean = Machine(configuration { $0.cleanStart = true })
        _ = open(&clean)
        _ = clean.publish([message(1)], ticket: 1, now: at(1))
        _ = clean.closed(lost)
        #expect(open(&clean).count == 1)
    }

    @Test("acknowledgements leave in order of arrival, whatever the order of settling")
    func acknowledgementOrder() {
        var machine = Machine(configuration { $0.maximumBatchMessages = 2 })
        _ = open(&machine)
        for id in UInt16(1)...5 { _ = machine.received(.publish(message(0), id: id), now: at(1)) }
        let batches = (1...3).compactMap { _ in machine.takeBatch() }
        #expect(batches.map(\.messages.count) == [2, 2, 1])
        #expect(machine.acknowledge(batches[2], now: at(1)) == [])
        #expect(machine.acknowledge(batches[0], now: at(1)) == [.send(.acknowledge([1, 2]))])
        #expect(machine.acknowledge(batches[1], now: at(1)) == [.send(.acknowledge([3, 4, 5]))])
        #expect(machine.acknowledge(batches[1], now: at(1)) == [])
    }

    @Test("an acknowledgement of an earlier connection does nothing")
    func staleAcknowledgement() throws {
        var machine = Machine(configuration())
        _ = open(&machine)
        _ = machine.received(.publish(message(0), id: 1), now: at(1))
        let taken = machine.takeBatch()
        let old = try #require(taken)
        _ = machine.closed(lost)
        _ = open(&machine, sessionPresent: true)
        _ = machine.received(.publish(message(0), id: 1), now: at(1))
        _ = machine.takeBatch()
        #expect(machine.acknowledge(old, now: at(1)) == [])
    }

    @Test("reading stops at the limit and goes on below three quarters of it")
    func backPressure() throws {
        var machine = Machine(
            configuration {
                $0.maximumUnacknowledgedMessages = 8
                $0.maximumBatchMessages = 2
            })
        _ = open(&machine)
        for id in UInt16(1)...8 { _ = machine.received(.publish(message(0), id: id), now: at(1)) }
        #expect(!machine.wantsToRead)
        let taken = machine.takeBatch()
        let first = try #require(taken)
        _ = machine.acknowledge(first, now: at(1))
        #expect(machine.wantsToRead)
    }

    @Test("silence is answered with a ping, and silence after that ends the connection; not while we do not read")
    func keepAlive() {
        var machine = Machine(configuration { $0.maximumUnacknowledgedMessages = 1 })
        _ = open(&machine)
        #expect(machine.timePassed(now: at(29)) == [])
        #expect(machine.timePassed(now: at(30)) == [.send(.pingRequest)])
        #expect(machine.received(.pingResponse, now: at(31)) == [])
        #expect(machine.timePassed(now: at(60)) == [.send(.pingRequest)])
        guard case .close(let error)? = machine.timePassed(now: at(70)).first else {
            Issue.record("still open")
            return
        }
        #expect(error.code == .connectionLost)
        _ = machine.closed(lost)
        _ = open(&machine)
        _ = machine.received(.publish(message(0), id: 1), now: at(1))
        for second in stride(from: Int64(31), to: 400, by: 30) {
            #expect(machine.timePassed(now: at(second)) == [.send(.pingRequest)])
        }
    }

    @Test("the version falls back only when told to, and only for that refusal")
    func fallback() {
        for (choice, reason, falls) in [
            (MQTTVersionChoice.auto, UInt8(0x84), true), (.auto, 0x87, false), (.v5, 0x84, false),
        ] {
            var machine = Machine(configuration { $0.version = choice })
            _ = machine.opened(speaking: .v5, deadline: at(5))
            let answer = MQTTConnectAcknowledgement(sessionPresent: false, reason: reason)
            #expect((machine.received(.connectAnswer(answer), now: at(0)) == [.dialAgain]) == falls)
        }
    }

    @Test("every request has its end: deadline, cancellation, refusal, full queue")
    func ends() {
        var machine = Machine(configuration { $0.maximumOutstandingPublishes = 2 })
        _ = open(&machine)
        _ = machine.publish([message(1)], ticket: 1, now: at(0))
        guard case .failed(2, let full)? = machine.publish([message(1), message(2)], ticket: 2, now: at(0)).first,
            case .failed(1, let late)? = machine.timePassed(now: at(30)).first
        else {
            Issue.record("no end")
            return
        }
        #expect(full.code == .tooManyOutstanding)
        #expect(late.code == .timedOut)
        let cancelled = MQTTError(.cancelled, "c")
        _ = machine.subscribe([MQTTSubscription("a")], ticket: 3, now: at(30))
        #expect(machine.abandon(3, cancelled) == [.failed(ticket: 3, cancelled)])
        #expect(machine.abandon(3, cancelled) == [])
    }

    @Test("any order of packets leaves the machine standing, and every ticket ends exactly once")
    func randomWalk() {
        var random = SeededBytes(state: 4)
        for _ in 0..<200 {
            var machine = Machine(configuration { $0.outgoingWindow = 3 })
            var begun = 0
            var ended: [UInt64: Int] = [:]
            func count(_ actions: [Machine.Action]) {
                for action in actions {
                    switch action {
                    case .published(let ticket), .failed(let ticket, _), .subscribed(let ticket, _):
                        ended[ticket, default: 0] += 1
                    default: break
                    }
                }
            }
            for step in 0..<200 {
                let now = at(Int64(step))
                let id = UInt16.random(in: 1...6, using: &random)
                switch Int.random(in: 0..<8, using: &random) {
                case 0: count(open(&machine, sessionPresent: Bool.random(using: &random)))
                case 1, 2:
                    begun += 1
                    count(machine.publish([message(1), message(2)], ticket: UInt64(begun), now: now))
                case 3: count(machine.received(.publishAcknowledged(id: id, reason: 0), now: now))
                case 4: count(machine.received(.publish(message(3), id: id), now: now))
                case 5: if let batch = machine.takeBatch() { count(machine.acknowledge(batch, now: now)) }
                case 6: count(machine.timePassed(now: now))
                default: if Int.random(in: 0..<5, using: &random) == 0 { count(machine.closed(lost)) }
                }
            }
            count(machine.closed(lost))
            #expect(ended.count == begun && ended.values.allSatisfy { $0 == 1 })
        }
    }
}
