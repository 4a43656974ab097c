import ArgumentParser
import CurlTransport
import EnergyModel
import Foundation
import GatewayWire
import Ports
import Screen

struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Begin a session with an engine elsewhere and keep it for this user.",
        discussion: """
            The token comes from a file, from standard input, from SWITCHYARD_CONNECT_TOKEN, or from the OAuth issuer of \
            login.issuer by a code that you type into a browser anywhere. It is exchanged for a session of the engine, and \
            only that is kept, in a file that nobody else may read.

            Example: switchyard login --connect https://north.example:8443 --device
            """)
    @OptionGroup var engine: EngineOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "File with the token, - for standard input.") var tokenFile: String?
    @Flag(help: "Get the token from login.issuer by a code.") var device = false

    func run() async throws {
        let settings = try engine.settings()
        let address = try requireAddress(settings)
        let door = SessionDoor(address)
        let token = try await token(settings)
        let (session, body) = try await door.begin(with: token)
        try LoginShelf(environment: ProcessInfo.processInfo.environment).keep(session, for: address)
        try tell(body, address, json: output.json)
    }

    private func token(_ settings: Settings) async throws -> String {
        if let tokenFile {
            let text =
                tokenFile == "-"
                ? readLine(strippingNewline: true)
                : FileManager.default.contents(atPath: tokenFile).map { String(decoding: $0, as: UTF8.self) }
            let token = text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
            guard !token.isEmpty else { throw CommandFailure(.usage, "\(tokenFile) holds no token") }
            return token
        }
        if !device, let configured = settings.optionalText("connect.token") { return configured }
        guard let issuer = settings.optionalText("login.issuer") else {
            throw CommandFailure(
                .usage,
                "no token: give --token-file FILE (- for standard input) or SWITCHYARD_CONNECT_TOKEN, or name login.issuer"
            )
        }
        let transport = TransportOnDemand(
            CurlTransportConfiguration(deadline: .seconds(10), addresses: try addressPolicy(settings, "login.allow")),
            service: "issuer")
        let login = DeviceLogin(
            issuer: issuer, clientID: settings.text("login.client_id"), scope: settings.text("login.scope"),
            audience: settings.text("login.audience"),
            send: { request throws(HTTPTransportError) in try await transport.send(request) },
            pause: { try await ContinuousClock().sleep(for: $0) })
        return try await login.token { prompt in
            Output.complain(
                "Open \(Sanitiser.drawable(prompt.address)) and type \(Sanitiser.drawable(prompt.code)), within "
                    + "\(prompt.seconds / 60) min")
        }
    }
}

struct LogoutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "End the session with an engine elsewhere and forget it.",
        discussion: "Example: switchyard logout --connect https://north.example:8443")
    @OptionGroup var engine: EngineOptions

    func run() async throws {
        let address = try requireAddress(try engine.settings())
        let shelf = LoginShelf(environment: ProcessInfo.processInfo.environment)
        guard let token = try shelf.token(for: address) else {
            return Output.line("No login for \(address.endpoint) is kept here.")
        }
        // Ended there first: one that is only forgotten would go on being good.
        try await SessionDoor(address).end(token)
        try shelf.forget(address)
        Output.line("Logged out of \(address.endpoint).")
    }
}

struct WhoAmICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami", abstract: "Whom an engine elsewhere takes you for, and what you may see and do there.",
        discussion: "Example: switchyard whoami --connect north")
    @OptionGroup var engine: EngineOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = try engine.settings()
        let address = try requireAddress(settings)
        do throws(PortError) {
            let token = try await credential(settings, address).token()
            try tell(await SessionDoor(address).ask(token), address, json: output.json)
        } catch {
            throw CommandFailure(error.isTransient ? .unreachable : .failed, error.sentence)
        }
    }
}

private func credential(_ settings: Settings, _ address: EngineAddress) throws(PortError) -> EngineCredential {
    do { return try EngineCredential(settings, address) } catch { throw PortError(.invalid, "\(error)") }
}

private func requireAddress(_ settings: Settings) throws -> EngineAddress {
    guard let address = try EngineAddress(settings) else {
        throw CommandFailure(.usage, "name the engine with --connect https://HOST:PORT, or connect.url")
    }
    return address
}

private func tell(_ body: SessionBody, _ address: EngineAddress, json: Bool) throws(PortError) {
    if json {
        var shown = body
        shown.token = nil
        return Output.line(String(decoding: shown.json, as: UTF8.self))
    }
    let all = body.facilities == [SessionBody.allFacilities]
    let facilities = all ? "all facilities" : "\(body.facilities.count) facilities"
    let until = body.expiresAt.map { ", until \($0)" } ?? ""
    Output.line(Sanitiser.drawable("\(body.name) (\(body.role)) at \(address.endpoint): \(facilities)\(until)"))
}
