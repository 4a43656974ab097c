import GatewayWire
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// Reads a body whole, or throws a problem; never a part of it.
struct RequestBody: Sendable {
    let limit: Int
    let metrics: RequestMetrics
    let tooLarge: Problem
    let inFlightFull: Problem
    let empty: Problem

    /// Counts the bytes in `reservation` as they come.
    func read(_ request: Request, within reservation: IntakeBudget.Reservation) async throws -> [UInt8] {
        let declared = request.headers[.contentLength].flatMap { Int($0) }
        guard declared ?? 0 <= limit else { throw tooLarge }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(declared ?? 0, 1 << 20))
        do {
            for try await chunk in request.body {
                guard bytes.count + chunk.readableBytes <= limit else { throw tooLarge }
                guard reservation.grow(by: chunk.readableBytes) else { throw inFlightFull }
                bytes.append(contentsOf: chunk.readableBytesView)
            }
        } catch is BodyTooSlow {
            metrics.timedOut("read_body")
            throw Problem.bodyTooSlow
        } catch is HTTPParserError {
            throw Problem.malformedRequest
        } catch is CancellationError {
            throw Problem.stopping
        }
        // A connection that ends inside a body ends the sequence like a whole body does.
        guard declared.map({ $0 == bytes.count }) ?? true else { throw Problem.malformedRequest }
        guard !bytes.isEmpty else { throw empty }
        return bytes
    }
}
