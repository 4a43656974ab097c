import EnergyModel
import GatewayWire
import Ports

/// One stream after another, and what is held between them.
struct LinkSession: Sendable {
    let link: RemoteOperator
    var machine = LinkStateMachine()
    /// What the next event's difference is from.
    private var held: (position: StreamPosition, snapshot: OperatorSnapshot)?
    private let clock = ClockMemory()

    /// Nothing at all for so long, heartbeats included, and the stream is dead.
    static let idle = Duration.seconds(8)
    static let measureEvery = Duration.seconds(10)
    /// Measurements at once when the link is made.
    static let firstMeasurements = 3

    init(link: RemoteOperator) { self.link = link }

    /// Opens the stream and reads it to its end.
    mutating func run(from position: StreamPosition?) async -> LinkStateMachine.Loss {
        let stream: HTTPStream
        do throws(PortError) {
            let request = try await link.requests.stream(from: held == nil ? nil : position)
            stream = try await opened(request)
        } catch {
            return error.code == .forbidden ? .refused(error.sentence) : .lost(error.description)
        }
        if position == nil { held = nil }
        machine.opened()
        let reconnects = machine.reconnects
        let measuring = ClockMeasurement(link: link, filter: clock, reconnects: reconnects)
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { await measuring.run() }
            defer {
                stream.close()
                group.cancelAll()
            }
            return await read(stream)
        }
    }

    private func opened(_ request: Ports.HTTPRequest) async throws(PortError) -> HTTPStream {
        let stream: HTTPStream
        do throws(HTTPTransportError) {
            stream = try await link.open(request, Self.idle)
        } catch {
            throw link.requests.unreachable(error)
        }
        guard stream.status != 200 else { return stream }
        defer { stream.close() }
        throw link.requests.failure(status: stream.status, body: await beginning(of: stream))
    }

    /// Of an answer that is a problem: enough for its sentence.
    private func beginning(of stream: HTTPStream) async -> [UInt8] {
        var body: [UInt8] = []
        do throws(HTTPTransportError) {
            while body.count < 64 << 10, let bytes = try await stream.next() { body += bytes }
        } catch {
            // The status has said what matters.
        }
        return body
    }

    private mutating func read(_ stream: HTTPStream) async -> LinkStateMachine.Loss {
        var parser = ServerSentEventParser()
        var farewell: String?
        do {
            while let bytes = try await stream.next() {
                for event in try parser.take(bytes) {
                    switch event.name {
                    case SnapshotEvent.name: if !(try take(event)) { return .mismatch }
                    case "lost": farewell = event.data
                    default: break
                    }
                }
            }
        } catch let error as HTTPTransportError {
            return .lost(link.requests.unreachable(error).sentence)
        } catch {
            return .mismatch
        }
        return .lost("\(link.requests.endpoint): \(farewell ?? "the engine ended the stream")")
    }

    /// False when it is a difference from something that we have not.
    private mutating func take(_ event: ServerSentEvent) throws -> Bool {
        guard let position = event.id.flatMap(StreamPosition.init(_:)) else {
            throw WireFault("a snapshot has no position")
        }
        let data = try SnapshotEvent(data: event.data)
        let base = data.base == 0 ? nil : held
        if data.base != 0 {
            guard let base, base.position.tick == data.base, base.position.epoch == position.epoch else { return false }
        }
        let snapshot = try SnapshotFrame.decode(data.frame, over: base?.snapshot)
        held = (position, snapshot)
        machine.received(position)
        link.board.tell(.snapshot(snapshot))
        return true
    }
}
