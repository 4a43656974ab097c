import Testing

@testable import MQTTFeed

@Suite("Broker URLs, topics and filters")
struct MQTTEndpointTests {
    @Test("a URL gives host, port, TLS and log-in")
    func parts() throws {
        #expect(try MQTTEndpoint(parsing: "mqtt://b") == MQTTEndpoint(host: "b", port: 1883))
        #expect(try MQTTEndpoint(parsing: "mqtts://b/") == MQTTEndpoint(host: "b", port: 8883, usesTLS: true))
        #expect(try MQTTEndpoint(parsing: "mqtt://[::1]:99").host == "::1")
        let full = try MQTTEndpoint(parsing: "mqtts://ana:s%40cret:x@b:1")
        #expect(full == MQTTEndpoint(host: "b", port: 1, usesTLS: true, user: "ana", password: "s@cret:x"))
    }

    @Test("a password shows in no description, dump or error")
    func secrets() throws {
        let endpoint = try MQTTEndpoint(parsing: "mqtt://ana:canary@b")
        var dumped = ""
        dump(endpoint, to: &dumped)
        for text in ["\(endpoint)", String(reflecting: endpoint), dumped, "\([endpoint])"] {
            #expect(!text.contains("canary"))
        }
        for url in ["http://ana:canary@b", "mqtt://ana:canary@b:x", "mqtt://ana:canary%zz@b", "mqtt://:canary@b"] {
            let error = #expect(throws: MQTTError.self) { try MQTTEndpoint(parsing: url) }
            #expect(error.map { "\($0)".contains("canary") } == false)
        }
    }

    @Test(
        "what is no broker URL is refused",
        arguments: ["", "b", "mqtt://", "mqtt://b:0", "mqtt://b:70000", "mqtt://b/x"])
    func refused(url: String) {
        #expect(throws: MQTTError.self) { try MQTTEndpoint(parsing: url) }
    }

    @Test("filters follow the rules of wildcards and shares")
    func filters() {
        for good in ["a", "+", "#", "a/+/b", "a/#", "/", "$share/g/a/+", "$SYS/#"] {
            #expect(MQTTSubscription.isValidFilter(good), "\(good)")
        }
        for bad in ["", "a+", "a/#/b", "#a", "$share/g", "$share//a", "$share/+/a", "$share/g/", "a\u{0}"] {
            #expect(!MQTTSubscription.isValidFilter(bad), "\(bad)")
        }
        for bad in ["", "a/+", "#", "a\n"] { #expect(!MQTTMessage.isValidTopic(bad)) }
    }
}
