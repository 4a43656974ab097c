import Foundation
import Ports
import Synchronization
import Testing

@testable import Switchyard

@Suite("Engines elsewhere")
struct RemoteTests {
    private static func settings(_ values: [String: String]) throws -> Settings {
        var loader = SettingsLoader()
        for (key, value) in values { loader.environment[SettingTable.byKey[key]?.environmentName ?? key] = value }
        return try loader.load()
    }

    @Test("an address is taken as it is, a name from the profiles, and nothing means the engine here")
    func addresses() throws {
        let profiles = "north=https://north.example:8443,lab=http://127.0.0.1:8080"
        #expect(try EngineAddress(Self.settings([:])) == nil)
        let direct = try EngineAddress(Self.settings(["connect.url": "https://a.example"]))
        #expect(direct?.endpoint == "https://a.example" && direct?.isLoopback == false)
        let named = try EngineAddress(Self.settings(["connect.url": "lab", "connect.profiles": profiles]))
        #expect(named?.endpoint == "http://127.0.0.1:8080" && named?.isLoopback == true)
        let failure = #expect(throws: CommandFailure.self) {
            try EngineAddress(Self.settings(["connect.url": "south", "connect.profiles": profiles]))
        }
        #expect(failure?.sentence.contains("known: lab, north") == true)
        #expect(throws: CommandFailure.self) {
            try EngineAddress(Self.settings(["connect.url": "x", "connect.profiles": "no-address"]))
        }
        let other = try EngineAddress(Self.settings(["connect.url": "https://127.0.0.1.example.com"]))
        #expect(other?.isLoopback == false, "a name that only begins like this machine's")
    }

    @Test("a session is kept for its engine alone, readable by its owner alone, and forgotten")
    func shelf() throws {
        let home = NSTemporaryDirectory() + "switchyard-login-\(UUID().uuidString)"
        defer { do { try FileManager.default.removeItem(atPath: home) } catch { Issue.record(error) } }
        let shelf = LoginShelf(environment: ["XDG_STATE_HOME": home, "HOME": home])
        let north = try #require(try EngineAddress(Self.settings(["connect.url": "https://north.example:8443"])))
        let south = try #require(try EngineAddress(Self.settings(["connect.url": "https://south.example/../north"])))
        #expect(try shelf.token(for: north) == nil)
        try shelf.keep("abc", for: north)
        try shelf.keep("def", for: south)
        #expect(try shelf.token(for: north) == "abc" && shelf.token(for: south) == "def")
        let file = shelf.directory.appending(path: north.fileName).path
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
        #expect(throws: CommandFailure.self) { try shelf.token(for: north) }
        try shelf.forget(north)
        #expect(try shelf.token(for: north) == nil && shelf.token(for: south) == "def")
    }

    // MARK: - Device login

    /// An issuer that answers from a script: path, status, body.
    private final class Issuer: Sendable {
        let answers: Mutex<[(String, Int, String)]>
        let asked = Mutex<[String]>([])
        let waited = Mutex<[Duration]>([])

        init(_ answers: [(String, Int, String)]) { self.answers = Mutex(answers) }

        func login() -> DeviceLogin {
            DeviceLogin(
                issuer: "https://id.example", clientID: "console", scope: "openid", audience: "",
                send: { request throws(HTTPTransportError) in
                    self.asked.withLock { $0.append(String(decoding: request.body, as: UTF8.self)) }
                    let (path, status, body) = self.answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
                    #expect(request.url.hasSuffix(path))
                    return HTTPResponse(status: status, headers: [], body: Array(body.utf8))
                }, pause: { span in self.waited.withLock { $0.append(span) } })
        }
    }

    private static let description = """
        {"issuer":"https://id.example","device_authorization_endpoint":"https://id.example/device",
        "token_endpoint":"https://id.example/token"}
        """
    private static let grant = """
        {"device_code":"D C","user_code":"WDJB-MJHT","verification_uri":"https://id.example/go","expires_in":600,
        "interval":5}
        """

    @Test("a device login shows its code, waits as it is told to, and brings the token")
    func device() async throws {
        let issuer = Issuer([
            ("/.well-known/openid-configuration", 200, Self.description), ("/device", 200, Self.grant),
            ("/token", 400, #"{"error":"authorization_pending"}"#), ("/token", 400, #"{"error":"slow_down"}"#),
            ("/token", 200, #"{"access_token":"tok"}"#),
        ])
        let shown = Mutex<[DeviceLogin.Prompt]>([])
        let token = try await issuer.login().token { prompt in shown.withLock { $0.append(prompt) } }
        #expect(token == "tok")
        #expect(shown.withLock { $0 } == [.init(address: "https://id.example/go", code: "WDJB-MJHT", seconds: 600)])
        #expect(issuer.waited.withLock { $0 } == [.seconds(5), .seconds(5), .seconds(10)])
        #expect(issuer.asked.withLock { $0.last }?.contains("device_code=D%20C&client_id=console") == true)
    }

    @Test(
        "a refusal, another issuer's description, one without device login and a code nobody used are told as they are",
        arguments: [
            (#"{"error":"access_denied"}"#, "refused"), (#"{"error":"expired_token"}"#, "not used in time"),
            (#"{"error":"authorization_pending"}"#, "not used in time"), ("<html>", "something else"),
        ])
    func refusals(answer: String, told: String) async throws {
        let issuer = Issuer([
            ("/.well-known/openid-configuration", 200, Self.description), ("/device", 200, Self.grant),
            ("/token", 400, answer),
        ])
        let failure = await #expect(throws: CommandFailure.self) { try await issuer.login().token { _ in } }
        #expect(failure?.sentence.contains(told) == true, "\(failure?.sentence ?? "")")
    }

    @Test("what another issuer says of itself is not followed")
    func mixUp() async throws {
        let issuer = Issuer([("/.well-known/openid-configuration", 200, #"{"issuer":"https://evil.example"}"#)])
        let failure = await #expect(throws: CommandFailure.self) { try await issuer.login().token { _ in } }
        #expect(failure?.sentence.contains("evil.example") == true)
        #expect(issuer.asked.withLock { $0.count } == 1)
    }
}
