import EnergyModel
import MQTTFeed

/// Publishes each reading at QoS 1 on its meter's topic; the broker's PUBACK is the acknowledgement.
struct MQTTSink: ReadingSink {
    private let client: MQTTClient
    private let text: ReadingText

    init(endpoint: String, clientID: String, window: Int, text: ReadingText) throws(SimulationError) {
        self.text = text
        do {
            var configuration = MQTTConfiguration(endpoint: try MQTTEndpoint(parsing: endpoint), clientID: clientID)
            configuration.outgoingWindow = min(max(1, window), 65_535)
            client = try MQTTClient(configuration)
        } catch {
            throw SimulationError("the broker cannot be used: \(error)")
        }
    }

    func open() async throws(DeliveryFailure) {
        await client.disconnect()
        do throws(MQTTError) {
            _ = try await client.connect()
            // A broker that lets nobody subscribe still takes readings: a refusal is an outcome, not an error.
            _ = try await client.subscribe([MQTTSubscription(MeterCommand.filter)])
        } catch {
            throw DeliveryFailure(sentence: "\(client.configuration.endpoint): \(error)", retryAfter: nil)
        }
    }

    func commands() async throws(DeliveryFailure) -> [AskedOfMeter] {
        do throws(MQTTError) {
            let batch = try await client.nextBatch()
            client.acknowledge(batch)
            return batch.messages.compactMap { message in
                guard let (meter, command) = MeterCommand.parse(message) else { return nil }
                switch command {
                case .backfill(let range): return AskedOfMeter(meter: meter, range: range)
                }
            }
        } catch {
            throw DeliveryFailure(sentence: "\(client.configuration.endpoint): \(error)", retryAfter: nil)
        }
    }

    func deliver(_ emissions: [Emission]) async throws(DeliveryFailure) -> [Emission] {
        let messages = emissions.map { emission in
            var payload: [UInt8] = []
            switch emission.content {
            case .reading(let reading):
                payload.reserveCapacity(160)
                text.appendJSON(reading, to: &payload)
            case .malformed(let bytes): payload = bytes
            }
            return MQTTMessage(topic: text.topics[Int(emission.meter)], payload: payload)
        }
        do throws(MQTTError) {
            try await client.publish(messages)
            return []
        } catch {
            throw DeliveryFailure(sentence: "\(client.configuration.endpoint): \(error)", retryAfter: nil)
        }
    }

    func close() async { await client.disconnect() }
}
