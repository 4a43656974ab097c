import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import BuildingSOAP

/// Seeded mutations of good messages: nothing traps, and what is still taken means one thing only.
@Suite("Fuzzed messages")
struct FuzzTests {
    static let pieces = [
        "<", ">", "/>", "</", "&", "&amp;", "&#x41;", "\"", "'", "]]>", "<![CDATA[", "<!--", "-->", "<?x?>",
        "<!DOCTYPE a>",
        "xsi:nil=\"true\"", "xmlns=\"\"", "xmlns:s=\"u\"", "<item>", "</item>", "<value>1</value>", "APPLIED", "\u{0}",
        "é",
    ].map { Array($0.utf8) }

    static func mutated(_ message: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = message
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &random)
            let end = min(bytes.count, at + Int.random(in: 0...40, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.removeSubrange(at..<end)
            case 2: bytes.insert(contentsOf: bytes[at..<end], at: Int.random(in: 0..<bytes.count, using: &random))
            case 3: bytes.insert(contentsOf: pieces.randomElement(using: &random) ?? [], at: at)
            case 4: bytes.removeLast(bytes.count - at)
            default: bytes.swapAt(at, Int.random(in: 0..<bytes.count, using: &random))
            }
        }
        return bytes
    }

    @Test("mutated requests are refused or read back the same", arguments: [1, 2, 3, 4] as [UInt64])
    func requests(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let seeds = try SOAPVersion.allCases.flatMap { version in
            try EnvelopeTests.operations.map { try SOAPRequestEnvelope(version, $0.0).encoded() }
        }
        var taken = 0
        for _ in 0..<300 {
            let message = Self.mutated(seeds.randomElement(using: &random) ?? [], &random)
            guard let request = try? SOAPRequestEnvelope.decode(message) else { continue }
            taken += 1
            #expect(try SOAPRequestEnvelope.decode(try request.encoded()) == request)
        }
        #expect(taken > 0 && taken < 150, "\(taken) of 300 were taken")
    }

    @Test(
        "mutated answers read back the same, and confirm nothing without our key, our point and the word for it",
        arguments: [5, 6, 7, 8] as [UInt64])
    func answers(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        var seeds = try SOAPVersion.allCases.flatMap { version in
            try EnvelopeTests.answers.map { try SOAPAnswerEnvelope(version, $0.0).encoded() }
        }
        seeds += FaultTests.faults.map { Array($0.0.utf8) }
        let reading = AnswerReading(request: request(.write(24)), secrets: [])
        for _ in 0..<300 {
            let message = Self.mutated(seeds.randomElement(using: &random) ?? [], &random)
            if let envelope = try? SOAPAnswerEnvelope.decode(message), case .answer = envelope.content {
                #expect(try SOAPAnswerEnvelope.decode(try envelope.encoded()) == envelope)
            }
            let status = [200, 400, 500, 503].randomElement(using: &random) ?? 200
            let response = HTTPResponse(status: status, headers: [], body: message)
            if case .applied = reading.answer(Exchange(response, hiding: [])) {
                #expect(status == 200)
                for needed in [key, coolingPoint.text, "APPLIED"] { #expect(text(message).contains(needed)) }
            }
        }
    }

    @Test("random bytes and every cut of a good message are refused")
    func cuts() throws {
        var random = SplitMix64(seed: 9)
        for _ in 0..<300 {
            let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            #expect(throws: SOAPRefusal.self) { try SOAPRequestEnvelope.decode(bytes) }
        }
        let whole = try SOAPRequestEnvelope(.soap12, EnvelopeTests.operations[0].0).encoded()
        for length in 0..<whole.count {
            #expect(throws: SOAPRefusal.self) { try SOAPRequestEnvelope.decode(Array(whole.prefix(length))) }
        }
    }
}
