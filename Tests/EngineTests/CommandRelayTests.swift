import EnergyModel
import Logging
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("Commands of desks")
struct CommandRelayTests {
    private let world = World()

    private func command(_ key: String) -> OperatorCommand {
        OperatorCommand(key: key, author: "operator:ana", reason: "drill", action: .tripBreaker("event-log"))
    }

    private var service: CommandRelayService {
        let link = world.engine.link
        return CommandRelayService(
            log: world.log, records: world.records, time: world.parts.time, logger: world.parts.logger
        ) { await link.submit($0) }
    }

    private func handOver(_ command: OperatorCommand, validFor span: Duration = .seconds(10)) async throws {
        let relayed = RelayedCommand(command: command, expiresAt: world.time.now.advanced(by: span))
        try await world.log.append([try relayed.record(at: world.time.now)], to: RelayedCommand.topic)
    }

    private func turn() async throws {
        let consumer = try await world.log.consumer(of: RelayedCommand.topic, group: RelayedCommand.group)
        try await service.turn(consumer, wait: .zero)
        await consumer.close()
    }

    private var isTripped: Bool { world.parts.logBreaker.status.state == .isolated }

    @Test("what a desk hands over is carried out once, and who asks with its key hears the outcome")
    func carriedOut() async throws {
        try await handOver(command("a"))
        try await handOver(command("a"))
        try await turn()
        #expect(isTripped)
        guard case .done = await world.desk.submit(command("a")) else {
            Issue.record("the desk does not hear what was done")
            return
        }
        let audit = try await world.records.journal(JournalQuery(kinds: [.audit]))
        #expect(audit.count { $0.commandKey == "a" && $0.text.hasPrefix("asked") } == 1)
    }

    @Test("a command that no engine took in time is never carried out, and that is on record")
    func tooLate() async throws {
        try await handOver(command("b"))
        world.time.advance(by: .seconds(11))
        try await turn()
        #expect(!isTripped)
        guard case .refused(let sentence) = await world.desk.submit(command("b")) else {
            Issue.record("a command was done after its end")
            return
        }
        #expect(sentence.contains("nothing was done"))
        let audit = try await world.records.journal(JournalQuery(kinds: [.audit]))
        #expect(audit.contains { $0.commandKey == "b" && $0.text.contains("too late") })
    }

    @Test("a command that was begun before a crash is finished, even after its end")
    func begun() async throws {
        try await handOver(command("e"))
        let asked = JournalEntry(
            at: world.time.now, kind: .audit, actor: "operator:ana", subject: "breaker", text: "asked: hold it open",
            commandKey: "e")
        try await world.records.append([asked])
        world.time.advance(by: .seconds(20))
        try await turn()
        #expect(isTripped)
    }

    @Test("without an engine the desk says so, and what it handed over is void")
    func nobody() async throws {
        guard case .refused(let sentence) = await world.desk.submit(command("c")) else {
            Issue.record("somebody did it")
            return
        }
        #expect(sentence.contains("no engine took the command"))
        try await turn()
        #expect(!isTripped)
    }

    @Test("what cannot be read is left out and does not come again")
    func garbage() async throws {
        try await world.log.append(
            [LogRecord(key: RelayedCommand.topic.name, value: Array("{".utf8), time: world.time.now)],
            to: RelayedCommand.topic)
        try await handOver(command("d"))
        try await turn()
        #expect(isTripped)
        let lag = try await world.log.lag(of: RelayedCommand.topic, group: RelayedCommand.group)
        #expect(lag.allSatisfy { $0.items == 0 })
    }
}
