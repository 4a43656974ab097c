import EnergyModel
import Ports
import Testing

@testable import BuildingSOAP

@Suite("Hostile text and secrets")
struct HostileTextTests {
    static let corpus = [
        "\u{1B}]0;owned\u{7}", "\u{1B}]52;c;aGk=\u{7}", "\u{1B}[2J", "\u{1B}P+q\u{1B}\\", "\u{9B}31m",
        "a\rb\u{8}c\nd\te",
        "\u{202E}drowssap", "\u{2066}x\u{2069}", "a\u{200B}b\u{200D}c\u{FEFF}", "\u{E0041}\u{E0042}",
        "e\u{301}\u{302}\u{303}",
        "a" + String(repeating: "\u{0301}", count: 1000), "\u{0}", "\u{2028}\u{2029}\u{85}", "\u{3164}\u{115F}\u{AD}",
        "\u{E000}\u{10FFFF}", String(repeating: "x", count: 100_000), String(repeating: "界", count: 300), "",
    ]

    @Test("comes out as one short line of visible characters", arguments: corpus.indices)
    func neutral(index: Int) {
        let shown = neutralised(Self.corpus[index])
        #expect(shown.unicodeScalars.count <= 200)
        for scalar in shown.unicodeScalars {
            let category = scalar.properties.generalCategory
            #expect(![.control, .format, .lineSeparator, .paragraphSeparator, .privateUse].contains(category))
            #expect(!scalar.properties.isDefaultIgnorableCodePoint && !scalar.properties.isBidiControl)
        }
    }

    @Test("what is taken out leaves a mark, what is harmless stays")
    func marks() {
        #expect(neutralised("Zone 5: 24,5 °C — größer als 界") == "Zone 5: 24,5 °C — größer als 界")
        #expect(neutralised("a\u{1B}[31mb") == "a�[31mb")
        #expect(neutralised("a\r\n\tb") == "a b")
        #expect(neutralised("\u{200B}\u{200B}x") == "�x")
        #expect(neutralised("e\u{301}\u{302}\u{303}\u{304}") == "e\u{301}\u{302}")
        let cut = neutralised(String(repeating: "x", count: 201))
        #expect(cut.count == 200 && cut.hasSuffix("x…"))
        #expect(neutralised(String(repeating: "x", count: 200)).hasSuffix("xx"))
    }

    static let password = "canary-5ecret"
    static let credentials = [
        BuildingCredential.basic(user: "ana", password: password), .bearer(password),
    ]

    @Test("a building that quotes our credentials back does not get them into answers", arguments: credentials.indices)
    func quotedCredentials(index: Int) async throws {
        let credential = Self.credentials[index]
        var profile = BuildingProfile.standard
        profile.credential = credential
        let quote = "bad header Authorization: \(credential.header.value), that is \(Self.password)"
        let refusal = BuildingRefusal(faultCode: Self.password, message: quote)
        let fault = try SOAPAnswerEnvelope(.soap12, SOAPFault(.sender, faultCode: Self.password, reason: quote))
            .encoded()
        let buildings = [
            try ScriptedBuilding(commands(.rejected(refusal))),
            try ScriptedBuilding(
                .executions([ExecutionReport(point: coolingPoint, executionID: nil, state: .failed(refusal))])),
            try ScriptedBuilding(
                .released(
                    ReleaseReport(
                        idempotencyToken: "k", released: [], failed: [.init(point: otherPoint, refusal: refusal)]))),
            ScriptedBuilding(status: 400, text(fault)), ScriptedBuilding(status: 401, text(fault)),
            ScriptedBuilding(failing: HTTPTransportError(.connect, quote, cause: quote)),
        ]
        var shown = ["\(profile)", String(reflecting: profile), "\(credential)"]
        for building in buildings {
            let link = building.link(profile: profile)
            for operation in [BuildingRequest.Operation.write(24), .status] {
                shown.append("\(await link.perform(request(operation), at: address))")
            }
            do {
                shown.append("\(try await link.releaseAll([.demandResponse], key: "k", of: address))")
            } catch {
                shown.append("\(error) \(String(reflecting: error))")
            }
            do {
                shown.append("\(try await link.points(of: address))")
            } catch {
                shown.append("\(error) \(String(reflecting: error))")
            }
            #expect(building.requests.allSatisfy { $0.headers.contains(credential.header) })
        }
        #expect(shown.contains { $0.contains("•••") })
        for text in shown {
            for secret in credential.secrets { #expect(!text.contains(secret)) }
        }
    }

    @Test("a dumped credential shows nothing")
    func dumped() {
        for credential in Self.credentials {
            var text = ""
            dump(credential, to: &text)
            #expect(!text.contains(Self.password) && !text.contains(credential.header.value))
        }
    }

    @Test("hostile fault texts reach no answer raw", arguments: corpus.indices)
    func faults(index: Int) async throws {
        let hostile = Self.corpus[index].unicodeScalars.filter(isXMLCharacter).map(String.init).joined()
        let refusal = BuildingRefusal(faultCode: hostile, message: hostile)
        let building = try ScriptedBuilding(commands(.rejected(refusal)))
        guard case .rejected(let why) = await building.link().perform(request(.write(24)), at: address) else {
            Issue.record("not rejected")
            return
        }
        #expect(why.unicodeScalars.count <= 200 && !why.isEmpty)
        #expect(why.unicodeScalars.allSatisfy { $0.value >= 0x20 && !$0.properties.isBidiControl })
    }
}
