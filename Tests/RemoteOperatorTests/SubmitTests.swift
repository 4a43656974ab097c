import EnergyModel
import GatewayWire
import Ports
import Synchronization
import Testing

@testable import RemoteOperator

/// A network that does with each request what its script says, and a time that passes only when somebody waits.
private final class ScriptedNetwork: Sendable {
    enum Step: Sendable {
        case answers(Int, [UInt8])
        /// Lost, after it may have gone out or before.
        case loses(sent: Bool, after: Duration = .zero)
    }

    private let state: Mutex<(steps: [Step], last: Step, requests: [Ports.HTTPRequest], elapsed: Duration)>

    init(_ steps: [Step], then last: Step) { state = Mutex((steps, last, [], .zero)) }

    var requests: [Ports.HTTPRequest] { state.withLock(\.requests) }
    var elapsed: Duration { state.withLock(\.elapsed) }

    var link: RemoteOperator {
        RemoteOperator(
            endpoint: "https://engine.example/", credential: { () throws(PortError) in "token" },
            send: { request throws(HTTPTransportError) in try self.send(request) },
            open: { _, _ throws(HTTPTransportError) in throw HTTPTransportError(.connect, "no streams here") },
            surroundings: RemoteOperator.Surroundings(
                now: { UTCInstant(seconds: 0) }, uptime: { self.elapsed },
                sleep: { span in self.state.withLock { $0.elapsed += span } }, random: { .max / 2 }))
    }

    private func send(_ request: Ports.HTTPRequest) throws(HTTPTransportError) -> Ports.HTTPResponse {
        let step = state.withLock { state in
            state.requests.append(request)
            return state.steps.isEmpty ? state.last : state.steps.removeFirst()
        }
        switch step {
        case .answers(let status, let body): return Ports.HTTPResponse(status: status, headers: [], body: body)
        case .loses(let sent, let span):
            state.withLock { $0.elapsed += min(span, request.deadline ?? span) }
            throw HTTPTransportError(
                sent ? .lostAfterSend : .connect, sent ? "The connection broke." : "No connection.",
                mayHaveBeenSent: sent)
        }
    }
}

@Suite("A command whose answer may be lost")
struct SubmitTests {
    private let command = OperatorCommand(
        key: "key-7", author: "operator:ana", reason: "trial", action: .addNote(facility: nil))
    private let outcome = CommandOutcome.done(sentence: "note added", affected: 1)

    private func done() throws -> ScriptedNetwork.Step { .answers(200, try LinkJSON.encode(outcome)) }

    private func failure(_ code: PortError.Code, _ sentence: String) -> ScriptedNetwork.Step {
        let failure = LinkFailure(PortError(code, sentence), traceID: nil)
        return .answers(failure.status, failure.json)
    }

    @Test("it is sent again with the same key until the outcome is known")
    func again() async throws {
        let network = ScriptedNetwork(
            [.loses(sent: true), .loses(sent: false), failure(.unavailable, "stopping")], then: try done())
        #expect(await network.link.submit(command) == outcome)
        #expect(network.requests.count == 4)
        #expect(Set(network.requests.map(\.body)).count == 1)
        #expect(network.requests[0].url == "https://engine.example/api/operator/submit")
        let headers = network.requests[0].headers
        #expect(headers.contains(HTTPHeader("Authorization", "Bearer token")))
        #expect(headers.contains(HTTPHeader("X-Switchyard-Wire", "1")))
    }

    @Test("after 15 s it says that the outcome is not known, and by which key to ask")
    func unknown() async throws {
        let network = ScriptedNetwork([.loses(sent: true)], then: .loses(sent: false, after: .seconds(2)))
        guard case .refused(let sentence) = await network.link.submit(command) else { Issue.record("done"); return }
        #expect(sentence.contains("not known") && sentence.contains("key-7"))
        #expect(network.elapsed >= .seconds(13) && network.elapsed <= .seconds(17))
    }

    @Test("what never left is said not to be done")
    func never() async throws {
        let network = ScriptedNetwork([], then: .loses(sent: false, after: .seconds(1)))
        guard case .refused(let sentence) = await network.link.submit(command) else { Issue.record("done"); return }
        #expect(sentence.hasPrefix("nothing was done"))
    }

    @Test("a refusal is not tried again", arguments: [(401, "switchyard login"), (403, "403"), (422, "422")])
    func refused(status: Int, word: String) async throws {
        let network = ScriptedNetwork([], then: .answers(status, Array("{\"detail\":\"no\"}".utf8)))
        guard case .refused(let sentence) = await network.link.submit(command) else { Issue.record("done"); return }
        #expect(sentence.hasPrefix("nothing was done"))
        #expect(sentence.contains(word))
        #expect(network.requests.count == 1)
    }

    @Test("a question is asked again at once when the connection was lost, and then no more")
    func questions() async throws {
        let lucky = ScriptedNetwork([.loses(sent: true)], then: .answers(200, Array("[]".utf8)))
        #expect(try await lucky.link.redrives() == [])
        let unlucky = ScriptedNetwork([], then: .loses(sent: true))
        await #expect(throws: PortError.self) { try await unlucky.link.redrives() }
        #expect(unlucky.requests.count == 2)
        #expect(unlucky.elapsed == .zero)
    }

    @Test("an answer that cannot be read says so")
    func unreadable() async throws {
        let network = ScriptedNetwork([], then: .answers(200, Array("<html>".utf8)))
        do throws(PortError) {
            _ = try await network.link.redrives()
            Issue.record("read")
        } catch {
            #expect(error.code == .corrupt)
            #expect(error.sentence.contains("same version"))
        }
    }
}
