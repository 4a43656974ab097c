import CurlTransport
import EnergyModel
import Metering
import Ports

/// Posts batches to `/api/ingest/readings`; a 2xx answer is the acknowledgement. A batch that is refused for its content
/// is halved until the bad entries stand alone: that works whatever the engine did with the rest, since sending a reading
/// again changes nothing.
struct HTTPSink: ReadingSink {
    private let transport: CurlTransport
    private let url: String
    private let format: SimulationTarget.Format
    private let text: ReadingText
    private let fleet: Fleet

    init(url: String, format: SimulationTarget.Format, concurrent: Int, text: ReadingText, fleet: Fleet) {
        let everywhere = ["0.0.0.0/0", "::/0"].compactMap { AddressBlock($0) }
        transport = CurlTransport(
            CurlTransportConfiguration(
                deadline: .seconds(15), concurrent: concurrent, concurrentPerHost: concurrent,
                // The person at the keyboard named the host.
                addresses: AddressPolicy(allowed: everywhere, permitsUnlistedPublic: true),
                userAgent: "switchyard-simulator"))
        self.url = "\(url)/api/ingest/readings"
        self.format = format
        self.text = text
        self.fleet = fleet
    }

    func open() async throws(DeliveryFailure) {}
    func close() async { transport.shutDown() }

    func deliver(_ emissions: [Emission]) async throws(DeliveryFailure) -> [Emission] {
        var refused: [Emission] = []
        let readings = emissions.filter { if case .reading = $0.content { true } else { false } }
        if !readings.isEmpty { refused += try await deliverReadings(readings) }
        // Each alone: bad bytes must not drag good readings down, nor be cut at their line ends.
        for emission in emissions {
            guard case .malformed(let bytes) = emission.content else { continue }
            if try await !post(bytes, type: "application/json") { refused.append(emission) }
        }
        return refused
    }

    private func deliverReadings(_ emissions: [Emission]) async throws(DeliveryFailure) -> [Emission] {
        let (body, type) = try encode(emissions)
        if try await post(body, type: type) { return [] }
        guard emissions.count > 1 else { return emissions }
        let middle = emissions.count / 2
        let left = try await deliverReadings(Array(emissions[..<middle]))
        return left + (try await deliverReadings(Array(emissions[middle...])))
    }

    /// False when the content was refused.
    private func post(_ body: [UInt8], type: String) async throws(DeliveryFailure) -> Bool {
        let response: HTTPResponse
        do throws(HTTPTransportError) {
            response = try await transport.send(
                HTTPRequest(.post, url, headers: [HTTPHeader("Content-Type", type)], body: body))
        } catch {
            throw DeliveryFailure(sentence: "\(url): \(error)", retryAfter: nil)
        }
        switch response.status {
        case 200..<300: return true
        case 400, 413, 422: return false
        default:
            let seconds = response.header("Retry-After").flatMap { Int($0) }
            throw DeliveryFailure(
                sentence: "\(url) answered \(response.status); see the engine's log",
                retryAfter: seconds.map { .seconds(min(max(0, $0), 300)) })
        }
    }

    private func encode(_ emissions: [Emission]) throws(DeliveryFailure) -> (body: [UInt8], type: String) {
        switch format {
        case .ndjson:
            var body: [UInt8] = []
            body.reserveCapacity(emissions.count * 160)
            for emission in emissions {
                guard case .reading(let reading) = emission.content else { continue }
                text.appendJSON(reading, to: &body)
                body.append(UInt8(ascii: "\n"))
            }
            return (body, "application/x-ndjson")
        case .protobuf:
            do {
                return (try ReadingEncoder.protobuf(emissions.compactMap(wire)), "application/x-protobuf")
            } catch {
                throw DeliveryFailure(sentence: "a batch could not be written as protobuf: \(error)", retryAfter: nil)
            }
        }
    }

    private func wire(_ emission: Emission) -> (reading: Reading, meter: MeterID, facility: FacilityID)? {
        guard case .reading(let reading) = emission.content else { return nil }
        let facility = fleet.facilityOfMeter[Int(reading.meter)]
        let plain = Reading(
            time: reading.time, meter: MeterNumber(rawValue: UInt32(reading.meter)),
            facility: FacilityNumber(rawValue: UInt32(facility)), kilowatts: reading.kilowatts,
            registerKilowattHours: reading.registerKilowattHours, volts: Float(reading.decivolts) / 10)
        return (plain, fleet.meterIDs[Int(reading.meter)], fleet.facilities[facility].id)
    }
}
