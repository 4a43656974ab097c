import GatewayWire
import Ports
import Resilience

extension RemoteOperator {
    /// Sent again with the same key, which the engine carries out once, until its outcome is known or 15 s have passed. What is
    /// then not known is said so, with the key to ask for.
    package func submit(_ command: OperatorCommand) async -> CommandOutcome {
        let begun = surroundings.uptime()
        var (attempt, mayHaveArrived) = (0, false)
        var last: PortError
        repeat {
            attempt += 1
            let left = LinkMembers.submitPatience - (surroundings.uptime() - begun)
            switch await deliver(command, within: max(left, .milliseconds(500))) {
            case .outcome(let outcome): return outcome
            case .failed(let error, let mayBeThere):
                mayHaveArrived = mayHaveArrived || mayBeThere
                last = error
                // What will not change by trying again is said at once.
                guard error.isTransient else { return outcome(of: command, error, mayHaveArrived) }
            }
        } while await pause(afterAttempt: attempt, since: begun)
        return outcome(of: command, last, mayHaveArrived)
    }

    private enum Delivery {
        case outcome(CommandOutcome)
        case failed(PortError, mayBeThere: Bool)
    }

    private func deliver(_ command: OperatorCommand, within span: Duration) async -> Delivery {
        let request: Ports.HTTPRequest
        do throws(PortError) {
            request = try await self.request(LinkMembers.submit, command, deadline: span)
        } catch {
            return .failed(error, mayBeThere: false)
        }
        let response: Ports.HTTPResponse
        do throws(HTTPTransportError) {
            response = try await send(request)
        } catch {
            return .failed(requests.unreachable(error), mayBeThere: error.mayHaveBeenSent)
        }
        guard response.status == 200 else {
            let error = requests.failure(status: response.status, body: response.body)
            // A gateway that refuses has not passed it on; what a proxy answers for it, nobody knows.
            return .failed(error, mayBeThere: response.status == 502 || response.status == 504)
        }
        do {
            return .outcome(try LinkJSON.decode(CommandOutcome.self, from: response.body))
        } catch {
            let unreadable = PortError(.corrupt, "the engine's answer cannot be read", cause: error)
            return .failed(unreadable, mayBeThere: true)
        }
    }

    /// Quickly at first: the engine answers a key that it knows from its records.
    private static let backoff = Backoff(first: .milliseconds(100), cap: .seconds(1), attempts: nil)

    private func pause(afterAttempt attempt: Int, since begun: Duration) async -> Bool {
        let delay = Self.backoff.delay(afterAttempt: attempt, random: surroundings.share())
        guard surroundings.uptime() - begun + delay < LinkMembers.submitPatience, !Task.isCancelled else {
            return false
        }
        do { try await surroundings.sleep(delay) } catch { return false }
        return true
    }

    private func outcome(of command: OperatorCommand, _ error: PortError, _ mayHaveArrived: Bool) -> CommandOutcome {
        guard mayHaveArrived else { return .refused(sentence: "nothing was done: \(error.sentence)") }
        return .refused(
            sentence: "it is not known whether this was done, because no answer came back (\(error.sentence)); do not "
                + "enter it anew: look for key \(command.key) in the journal, or send the same key again")
    }
}
