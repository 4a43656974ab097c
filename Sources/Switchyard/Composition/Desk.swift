import EmbeddedStore
import EnergyModel
import Engine
import Foundation
import Logging
import Ports
import Screen

/// A data directory opened for one command, beside the engine that may be running on it: everything goes through the
/// operator's link, as on the console (CONSOLE §4).
struct Desk: Sendable {
    let link: any OperatorLink
    /// Nil beside an engine elsewhere.
    private let local: EmbeddedStore?
    let now: UTCInstant
    /// Whether an engine runs on the directory.
    let isEngineRunning: @Sendable () throws -> Bool

    /// Opens the directory, runs `body`, and turns a port's failure into the command's. `create` makes a new directory; other
    /// commands refuse one that does not exist.
    static func with(_ settings: Settings, create: Bool = false, _ body: (Desk) async throws -> Void) async throws {
        do {
            if let address = try EngineAddress(settings) { return try await remote(address, settings, body) }
            try await body(try await open(settings, create: create))
        } catch let error as PortError {
            let code: CommandFailure.Code = error.isTransient ? .unreachable : .failed
            throw CommandFailure(code, error.description)
        }
    }

    /// The engine's own files. Throws for an engine elsewhere, of which only the link is known.
    var store: EmbeddedStore {
        get throws {
            guard let local else {
                throw CommandFailure(
                    .failed, "this reads the engine's own files: run it on the engine's machine, without --connect")
            }
            return local
        }
    }

    /// The link to an engine elsewhere, for as long as `body` runs.
    private static func remote(
        _ address: EngineAddress, _ settings: Settings, _ body: (Desk) async throws -> Void
    ) async throws {
        let credential = try EngineCredential(settings, address)
        let link = try remoteLink(endpoint: address.endpoint, credential: credential.token, ca: address.authorityFile)
        try await body(Desk(link: link, local: nil, now: .wallClock, isEngineRunning: { true }))
    }

    private static func open(_ settings: Settings, create: Bool) async throws -> Desk {
        let directory = try DataDirectory(settings: settings)
        if create { try directory.create() }
        guard directory.exists else {
            throw CommandFailure(
                .unreachable,
                "there is no engine data in \(directory.path); start `switchyard engine`, or name it with --data")
        }
        let store = try await EmbeddedStore.open(
            directory: directory.path, options: EmbeddedStoreOptions(settings), now: { .wallClock })
        let spool = try await EmbeddedStore.openLog(
            directory: directory.spoolPath(settings), options: EmbeddedStoreOptions(settings), now: { .wallClock })
        let link = Engine.desk(
            settings: try EngineSettings(settings, mode: "desk"), log: store.log, spool: spool, series: store.series,
            records: store.records, time: Timekeeper(clock: ContinuousClock(), now: { .wallClock }), random: randomWord,
            logger: Logger(label: "desk", factory: { _ in SwiftLogNoOpLogHandler() }),
            response: try ResponseComposition(settings, records: store.records).ports, forecasts: store.records,
            traces: try await TracePorts.open(settings, directory: directory))
        return Desk(
            link: link, local: store, now: .wallClock, isEngineRunning: { try directory.isEngineRunning() })
    }

    /// Submits as the person who typed the command and says what came of it; refused is exit code 1, an act that needs an
    /// engine where none runs is 3.
    func submit(_ action: OperatorCommand.Action, reason: String, json: Bool) async throws {
        if action.isForEngine, try !isEngineRunning() {
            throw CommandFailure(.unreachable, "no engine runs here to do it; start `switchyard engine` or the console")
        }
        let outcome = await link.submit(
            OperatorCommand(
                key: UUID().uuidString.lowercased(), author: "operator:\(NSUserName())", reason: reason, action: action)
        )
        switch outcome {
        case .done(let sentence, let affected):
            if json { return try Output.json(["affected": "\(affected)", "outcome": sentence]) }
            Output.line(Sanitiser.drawable(sentence))
        case .refused(let sentence): throw CommandFailure(.failed, sentence)
        }
    }
}

/// From the system's generator; everything below the composition root gets it as a value.
@Sendable func randomWord() -> UInt64 { UInt64.random(in: .min ... .max) }
