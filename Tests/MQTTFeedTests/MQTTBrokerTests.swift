import Foundation
import MQTTFeed
import Testing

@Suite("MQTT client against Mosquitto", .serialized)
struct MQTTBrokerTests {
    private func client(
        _ broker: Mosquitto, _ id: String, _ change: (inout MQTTConfiguration) -> Void = { _ in }
    ) throws -> MQTTClient {
        var configuration = MQTTConfiguration(endpoint: broker.endpoint, clientID: id)
        change(&configuration)
        return try MQTTClient(configuration)
    }

    @Test("messages go round at QoS 1 in both versions", arguments: [MQTTVersionChoice.v5, .v311, .auto])
    func roundTrip(version: MQTTVersionChoice) async throws {
        let broker = try Mosquitto()
        let client = try client(broker, "round") { $0.version = version }
        let messages = try await within {
            let answer = try await client.connect()
            #expect(answer.version == (version == .v311 ? .v311 : .v5))
            let outcomes = try await client.subscribe([MQTTSubscription("energy/+/+/readings")])
            #expect(outcomes.map(\.granted) == [.atLeastOnce])
            let sent = (0..<500).map { MQTTMessage(topic: "energy/F/M-\($0)/readings", payload: Array("\($0)".utf8)) }
            try await client.publish(sent)
            return try await client.collect(500)
        }
        #expect(messages.map { String(decoding: $0.payload, as: UTF8.self) } == (0..<500).map(String.init))
        await client.disconnect()
        await #expect(throws: MQTTError.self) { try await client.publish(messages[0]) }
    }

    @Test(
        "what is not acknowledged comes again after a reconnect; what is, does not",
        arguments: [MQTTVersionChoice.v5, .v311])
    func redelivery(version: MQTTVersionChoice) async throws {
        let broker = try Mosquitto()
        let receiver = try client(broker, "receiver") {
            $0.version = version
            $0.cleanStart = false
            $0.maximumBatchMessages = 10
        }
        let sender = try client(broker, "sender")
        try await within {
            _ = try await receiver.connect()
            _ = try await receiver.subscribe([MQTTSubscription("t")])
            _ = try await sender.connect()
            try await sender.publish((0..<30).map { MQTTMessage(topic: "t", payload: [$0]) })
            let first = try await receiver.nextBatch()
            receiver.acknowledge(first)
            _ = try await receiver.nextBatch()
            await receiver.disconnect()
            try await sender.publish(MQTTMessage(topic: "t", payload: [30]))
            #expect(try await receiver.connect().sessionPresent)
            let rest = try await receiver.collect(31 - first.messages.count)
            #expect(rest.map { $0.payload[0] } == (UInt8(first.messages.count)...30).map { $0 })
            await receiver.disconnect()
            await sender.disconnect()
        }
    }

    @Test("leaving with messages unread loses none of the acknowledgements given before")
    func cleanLeave() async throws {
        let broker = try Mosquitto()
        let receiver = try client(broker, "receiver") {
            $0.cleanStart = false
            $0.maximumBatchMessages = 100
            $0.maximumUnacknowledgedMessages = 200
        }
        let sender = try client(broker, "sender")
        try await within {
            _ = try await receiver.connect()
            _ = try await receiver.subscribe([MQTTSubscription("t")])
            _ = try await sender.connect()
            var acknowledged = 0
            for round in 0..<20 {
                try await sender.publish(
                    (0..<200).map { _ in MQTTMessage(topic: "t", payload: [UInt8](repeating: 0, count: 500)) })
                let batch = try await receiver.nextBatch()
                receiver.acknowledge(batch)
                acknowledged += batch.messages.count
                await receiver.disconnect()
                #expect(try await receiver.connect().sessionPresent, "round \(round)")
            }
            let left = 20 * 200 - acknowledged
            try await sender.publish(MQTTMessage(topic: "t", payload: [1]))
            let rest = try await receiver.collect(left + 1)
            #expect(rest.count == left + 1)
            #expect(rest.last?.payload == [1])
        }
    }

    @Test("a broker that stops ends the wait, and after its start the session and its messages are there")
    func restart() async throws {
        let broker = try Mosquitto()
        let receiver = try client(broker, "receiver") { $0.cleanStart = false }
        try await within {
            _ = try await receiver.connect()
            _ = try await receiver.subscribe([MQTTSubscription("t")])
        }
        async let ending = receiver.nextBatch()
        broker.stop()
        do {
            _ = try await ending
            Issue.record("a batch out of nowhere")
        } catch {
            #expect((error as? MQTTError)?.code == .connectionLost)
        }
        let down = await #expect(throws: MQTTError.self) { _ = try await receiver.connect() }
        #expect(down?.code == .unreachable)
        try broker.start()
        let sender = try client(broker, "sender")
        try await within {
            _ = try await sender.connect()
            try await sender.publish(MQTTMessage(topic: "t", payload: [1]))
            #expect(try await receiver.connect().sessionPresent)
            #expect(try await receiver.collect(1).map(\.payload) == [[1]])
        }
    }

    @Test("100,000 messages arrive, each once and in order")
    func throughput() async throws {
        let broker = try Mosquitto()
        let receiver = try client(broker, "receiver")
        let sender = try client(broker, "sender")
        let total = 100_000
        try await within(.seconds(90)) {
            _ = try await receiver.connect()
            _ = try await receiver.subscribe([MQTTSubscription("t")])
            _ = try await sender.connect()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for start in stride(from: 0, to: total, by: 5000) {
                        try await sender.publish(
                            (start..<start + 5000).map { MQTTMessage(topic: "t", payload: Array("\($0)".utf8)) })
                    }
                }
                let numbers = try await receiver.collect(total).map { Int(String(decoding: $0.payload, as: UTF8.self)) }
                #expect(numbers == (0..<total).map(Optional.some))
                try await group.waitForAll()
            }
        }
    }

    @Test("topics and payloads from hostile hands pass as they are, and wrong ones are refused before they leave")
    func hostile() async throws {
        let broker = try Mosquitto()
        let client = try client(broker, "hostile")
        try await within {
            _ = try await client.connect()
            _ = try await client.subscribe([MQTTSubscription("#")])
            let topics = [
                "/", "//", "a/", "ümlaut/漢字/\u{1F4A1}", "e\u{301}\u{202E}gnp", "energy/../../x", "' OR 1=1 --",
                String(repeating: "x", count: 60_000),
            ]
            let payloads: [[UInt8]] = [[], Array(0...255), Array(repeating: 0, count: 100_000)]
            let sent = topics.flatMap { topic in payloads.map { MQTTMessage(topic: topic, payload: $0) } }
            try await client.publish(sent)
            let got = try await client.collect(sent.count)
            #expect(got.map(\.topic) == sent.map(\.topic))
            #expect(got.map(\.payload) == sent.map(\.payload))
            for topic in ["", "a/+", "#", "a\u{0}b"] {
                await #expect(throws: MQTTError.self) {
                    try await client.publish(MQTTMessage(topic: topic, payload: []))
                }
            }
            let large = MQTTMessage(topic: "t", payload: Array(repeating: 0, count: 1 << 20))
            let error = await #expect(throws: MQTTError.self) { try await client.publish(large) }
            #expect(error?.code == .packetTooLarge)
        }
    }

    @Test("over 3.1.1 a message above our limit arrives cut and marked, and the next one whole")
    func oversize() async throws {
        let broker = try Mosquitto()
        let receiver = try client(broker, "receiver") {
            $0.version = .v311
            $0.maximumPacketBytes = 20_000
        }
        let sender = try client(broker, "sender")
        let messages = try await within {
            _ = try await receiver.connect()
            _ = try await receiver.subscribe([MQTTSubscription("t")])
            _ = try await sender.connect()
            try await sender.publish([
                MQTTMessage(topic: "t", payload: Array(repeating: 1, count: 500_000)),
                MQTTMessage(topic: "t", payload: [2]),
            ])
            return try await receiver.collect(2)
        }
        #expect(messages[0].truncatedFrom == 500_000)
        #expect(messages[1].payload == [2])
    }

    @Test("a cancelled wait ends, and the client goes on")
    func cancellation() async throws {
        let broker = try Mosquitto()
        let client = try client(broker, "cancel")
        try await within {
            _ = try await client.connect()
            _ = try await client.subscribe([MQTTSubscription("t")])
            await withTaskGroup(of: MQTTError.Code?.self) { group in
                group.addTask {
                    do throws(MQTTError) { _ = try await client.nextBatch() } catch { return error.code }
                    return nil
                }
                group.cancelAll()
                #expect(await group.next() == .cancelled)
            }
            try await client.publish(MQTTMessage(topic: "t", payload: [1]))
            #expect(try await client.collect(1).count == 1)
        }
    }

    @Test("TLS with a client certificate; a wrong authority, a wrong name and no certificate are refused")
    func tls() async throws {
        let broker = try Mosquitto(
            extra: """
                cafile {dir}/ca.pem
                certfile {dir}/server.pem
                keyfile {dir}/server.key
                require_certificate true

                """, starts: false)
        try Certificates.make(in: broker.directory)
        try broker.start()
        func connect(_ authority: String, certificate: Bool, host: String = "localhost") async throws -> MQTTVersion {
            let path: (String) -> String = { broker.directory.appending(path: $0).path }
            let endpoint = MQTTEndpoint(host: "127.0.0.1", port: broker.port, usesTLS: true)
            var configuration = MQTTConfiguration(endpoint: endpoint, clientID: "tls")
            configuration.tls = MQTTTLSConfiguration(
                certificateAuthorityFile: path(authority), certificateFile: certificate ? path("client.pem") : nil,
                privateKeyFile: certificate ? path("client.key") : nil, serverName: host)
            let client = try MQTTClient(configuration)
            let answer = try await client.connect()
            try await client.publish(MQTTMessage(topic: "t", payload: [1]))
            await client.disconnect()
            return answer.version
        }
        #expect(try await connect("ca.pem", certificate: true) == .v5)
        await #expect(throws: MQTTError.self) { try await connect("other.pem", certificate: true) }
        await #expect(throws: MQTTError.self) { try await connect("ca.pem", certificate: true, host: "elsewhere") }
        await #expect(throws: MQTTError.self) { try await connect("ca.pem", certificate: false) }
        let missing = await #expect(throws: MQTTError.self) { try await connect("none.pem", certificate: true) }
        #expect(missing?.code == .invalid)
    }
}

/// An authority, another one, and certificates for server and client, made by openssl.
enum Certificates {
    static func make(in directory: URL) throws {
        let subject = "-nodes -newkey rsa:2048 -days 2"
        try openssl("req -x509 \(subject) -keyout ca.key -out ca.pem -subj /CN=authority", directory)
        try openssl("req -x509 \(subject) -keyout other.key -out other.pem -subj /CN=other", directory)
        let names = directory.appending(path: "names")
        try "subjectAltName=DNS:localhost".write(to: names, atomically: true, encoding: .utf8)
        for name in ["server", "client"] {
            try openssl("req \(subject) -keyout \(name).key -out \(name).csr -subj /CN=\(name)", directory)
            try openssl(
                "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out \(name).pem",
                directory)
        }
    }

    private static func openssl(_ arguments: String, _ directory: URL) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = directory
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Mosquitto.Missing(description: "openssl \(arguments) failed")
        }
    }
}
