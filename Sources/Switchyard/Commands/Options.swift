import ArgumentParser
import EnergyModel
import Foundation

/// What every command that touches an engine understands; each overrides the configuration (ARCHITECTURE §7).
struct EngineOptions: ParsableArguments {
    @Option(name: .long, help: "Configuration file.")
    var config: String?

    @Option(name: .long, help: "Data directory; several engines run side by side on several directories.")
    var data: String?

    @Option(name: .long, help: "HOST:PORT the gateway listens on, or off.")
    var http: String?

    @Option(name: .long, help: "MQTT broker, mqtt://HOST:PORT or mqtts://; may be given several times, tried in order.")
    var mqtt: [String] = []

    @Option(name: .long, help: "Work with an engine elsewhere: https://HOST:PORT, or a name of connect.profiles.")
    var connect: String?

    @Option(name: .long, help: "KEY=VALUE of the configuration; may be given several times.")
    var set: [String] = []

    /// Loads the configuration with these flags on top.
    func settings(extra: [String: (name: String, value: String)] = [:]) throws -> Settings {
        var flags = extra
        if let data { flags["data.directory"] = ("--data", data) }
        if let connect { flags["connect.url"] = ("--connect", connect) }
        if let http { flags["http.listen"] = ("--http", http) }
        if !mqtt.isEmpty { flags["mqtt.urls"] = ("--mqtt", mqtt.joined(separator: ",")) }
        for pair in set {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, SettingTable.byKey[parts[0]] != nil else {
                // Without the value, which may be a secret under a mistyped key.
                throw SettingsError(complaints: [
                    "--set \(pair.prefix { $0 != "=" }): expected KEY=VALUE with a key of `switchyard config show`"
                ])
            }
            flags[parts[0]] = ("--set", parts[1])
        }
        return try SettingsLoader.fromWorld(
            configPath: config, environment: ProcessInfo.processInfo.environment, flags: flags
        ).load()
    }
}

struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Print JSON.")
    var json = false
}

/// `--from` and `--to`: RFC 3339, or a time back from now such as `2h`.
struct RangeOptions: ParsableArguments {
    @Option(name: .long, help: "Start: RFC 3339 time, or a time ago such as 2h.")
    var from: String

    @Option(name: .long, help: "End (exclusive): RFC 3339 time, a time ago, or now.")
    var to = "now"

    func range(now: UTCInstant) throws -> TimeRange {
        let range = TimeRange(start: try moment(from, now: now), end: try moment(to, now: now))
        guard !range.isEmpty else { throw CommandFailure(.usage, "--from must be before --to") }
        return range
    }
}

func moment(_ text: String, now: UTCInstant) throws -> UTCInstant {
    if text == "now" { return now }
    if let instant = UTCInstant(iso8601: text) { return instant }
    if let instant = UTCInstant(iso8601: text + "T00:00:00Z") { return instant }
    if let ago = parseDuration(text) { return now.advanced(by: .zero - ago) }
    throw CommandFailure(.usage, "\(text.debugDescription) is no time: use 2026-11-21T18:00:00Z, 2026-11-21, 2h or now")
}

func facilityID(_ text: String) throws -> FacilityID {
    guard let id = FacilityID(text) else {
        throw CommandFailure(.usage, String(describing: IdentifierError(text: text)))
    }
    return id
}

extension UTCInstant {
    /// The wall clock. Only the composition root and commands read it.
    static var wallClock: UTCInstant {
        UTCInstant(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }
}
