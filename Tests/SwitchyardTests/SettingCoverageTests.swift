import EnergyModel
import Forecasting
import Testing

@testable import Switchyard

/// Holds us to "every threshold is a key of the configuration" (ARCHITECTURE §7): each field of what the rooms take must
/// change with some key, and each key must change something.
@Suite("Every setting has a key")
struct SettingCoverageTests {
    /// Fields that are no thresholds, and why they have no key.
    static let withoutKey = fixed.merging(fieldResults) { first, _ in first }.merging(recipe) { first, _ in first }
    private static let recipe = Dictionary(
        uniqueKeysWithValues: Mirror(reflecting: RecipeConstants()).children.map {
            ("engine.forecast.constants.\($0.label ?? "")", "one set for all facilities (FORECASTING §4)")
        })
    private static let fieldResults = Dictionary(
        uniqueKeysWithValues: [("bounds", 4), ("decay", 4), ("shares", 5)].flatMap { name, count in
            (0..<count).map { ("engine.response.plan.estimate.\(name).\($0)", "field results (DOMAIN §3.4), no limit") }
        })
    private static let fixed = [
        "engine.response.report.rule.minimumCoverage": "part of a programme's rule",
        "engine.response.report.rule.acceptsEstimated": "part of a programme's rule",
        "engine.response.intake.group": "another group would work every notification again",
        "engine.forecast.models": "empty until forecast.models names a facility",
        "engine.forecast.holidays": "empty until forecast.holidays names a facility",
        "engine.forecast.network": "what the file of forecast.weights holds",
        "engine.version": "what this build is", "engine.mode": "which command runs it",
        "engine.aggregation.group": "another group would consume everything again",
        "engine.deadLetters.group": "another group would take every letter in again",
        "store.synchronous": "less than full loses acknowledged readings; only the power-cut self-test may",
        "feed.reconnect.factor": "form of the back-off", "feed.reconnect.jitter": "form of the back-off",
        "feed.reconnect.attempts": "the feed never gives up", "feed.reconnect.budget": "the feed never gives up",
        "feed.subscriptions.0.qos": "QoS 1 is the contract (ING-01)",
        "feed.subscriptions.1.qos": "QoS 1 is the contract (ING-01)",
    ]
    /// Keys that the composition and the console read themselves.
    static let withoutField: Set<String> = [
        "data.directory", "log.level", "log.file", "ingest.spool_directory", "mqtt.password", "console.operator",
        "console.theme", "console.keys", "console.read_only", "console.ascii", "bms.connect_timeout",
        "bms.request_timeout", "bms.soap", "bms.allow", "bms.ca_file", "bms.certificate_file", "bms.key_file",
        "webhook.utilities", "webhook.tokens", "webhook.secrets", "webhook.unsigned", "callback.url",
        "baseline.rules", "report.keys", "vtn.url", "vtn.token", "vtn.client_id", "vtn.client_secret", "vtn.token_url",
        "vtn.scope", "vtn.allow", "vtn.utility", "callback.utility", "callback.secret", "callback.allow",
        "escalation.url", "escalation.secret",
        "escalation.allow", "forecast.weights", "weather.providers", "weather.weatherapi_key",
        "weather.openweathermap_key", "weather.contact",
        "weather.weatherapi_url", "weather.openweathermap_url", "weather.noaa_url", "weather.allow",
        "weather.canary_place",
        "auth.jwt.allow", "auth.jwt.ca_file", "auth.keys", "auth.key_rights", "auth.key_facilities",
        "log.levels", "log.rotate_size", "log.rotate_age", "log.keep_bytes", "log.debug_age",
        "log.info_age", "log.error_age", "trace.otlp_url", "trace.otlp_headers", "trace.otlp_allow",
        "connect.url", "connect.profiles", "connect.ca_file", "connect.token", "login.issuer",
        "login.client_id", "login.scope", "login.audience", "login.allow",
    ]

    private static let base = [
        "mqtt.urls": "mqtt://broker", "auth.jwt.issuer": "https://issuer", "auth.jwt.audience": "switchyard",
        "auth.jwt.keys_url": "https://issuer/keys",
    ]

    private func load(_ changes: [String: String]) throws -> Settings {
        var loader = SettingsLoader()
        let values = Self.base.merging(changes) { $1 }
        // Not by flags: a command line takes no secrets.
        for (key, value) in values { loader.environment[SettingTable.byKey[key]?.environmentName ?? key] = value }
        return try loader.load()
    }

    private func fields(_ changes: [String: String]) throws -> [String: String] {
        var result: [String: String] = [:]
        collect(try ConfiguredSettings(try load(changes), mode: "test"), "", into: &result)
        return result
    }

    /// Leaves of a value by path.
    private func collect(_ value: Any, _ path: String, into result: inout [String: String]) {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional, let child = mirror.children.first {
            return collect(child.value, path, into: &result)
        }
        let isWhole = value is Duration || mirror.displayStyle == .enum || mirror.children.isEmpty
        guard !isWhole else {
            result[path] = "\(value)"
            return
        }
        for (index, child) in mirror.children.enumerated() {
            let name = child.label.map { $0.hasPrefix("[") ? String(index) : $0 } ?? String(index)
            collect(child.value, path.isEmpty ? name : path + "." + name, into: &result)
        }
    }

    /// Allowed values other than the default, likely ones first.
    private func others(_ setting: Setting) -> [String] {
        switch setting.kind {
        case .boolean: [setting.fallback == "true" ? "false" : "true"]
        case .choice(let names): names.filter { $0 != setting.fallback }
        case .integer(let range):
            [(Int(setting.fallback) ?? 0) + 1, (Int(setting.fallback) ?? 0) - 1].filter(range.contains).map(String.init)
        case .number: (Double(setting.fallback).map { [$0 * 1.01, $0 * 0.99] } ?? []).map { "\($0)" }
        case .duration:
            (parseDuration(setting.fallback).map { [$0 + .seconds(1), $0 - .milliseconds(10), $0 + .milliseconds(1)] }
                ?? [])
                .map { durationText($0) }
        case .bytes: (parseBytes(setting.fallback).map { [$0 + 1, $0 - 1] } ?? []).map(String.init)
        case .list where setting.key == "forecast.models": ["F-1=weekday-mean"]
        case .list where setting.key == "forecast.holidays": ["F-1=us-federal"]
        case .list: setting.key == "mqtt.urls" ? ["mqtts://user:word@elsewhere:1"] : ["a,b"]
        case .text where setting.key == "http.listen": ["[::1]:9090"]
        case .text where setting.key == "auth.jwt.keys_url": ["https://other/keys"]
        case .text, .secret, .identifier: ["other"]
        }
    }

    @Test("each field changes with a key, and each key changes a field")
    func coverage() throws {
        let before = try fields([:])
        #expect(before.count > 100)
        var covered: Set<String> = []
        for setting in SettingTable.settings where !Self.withoutField.contains(setting.key) {
            let changed = others(setting).compactMap { other -> Set<String>? in
                // One that breaks an order to another key is no candidate.
                guard let after = try? fields([setting.key: other]) else { return nil }
                return Set(after.filter { before[$0.key] != $0.value }.keys)
            }
            let all = changed.reduce(into: Set()) { $0.formUnion($1) }
            #expect(!all.isEmpty, "the key \(setting.key) changes nothing")
            covered.formUnion(all)
        }
        let bare = Set(before.keys).subtracting(covered).subtracting(Self.withoutKey.keys)
        #expect(bare.isEmpty, "no key in SettingTable for \(bare.sorted())")
        let stale = Set(Self.withoutKey.keys).intersection(covered)
        #expect(stale.isEmpty, "these have a key by now: \(stale.sorted())")
    }

    @Test("what lies outside a range is refused with the key and what is allowed")
    func ranges() throws {
        for setting in SettingTable.settings {
            for text in beyond(setting.kind) {
                let error = #expect(throws: SettingsError.self, "\(setting.key) took \(text)") {
                    try load([setting.key: text])
                }
                let said = error?.description ?? ""
                #expect(said.contains(setting.key) && said.contains("allowed is"), "\(said)")
            }
        }
    }

    private func beyond(_ kind: SettingKind) -> [String] {
        switch kind {
        case .integer(let range): ["\(range.lowerBound - 1)", "\(range.upperBound + 1)", "1.5", "many", ""]
        case .number(let range): ["\(range.lowerBound - 1)", "\(range.upperBound * 1.1)", "nan", "inf", ""]
        case .duration(let range):
            [durationText(range.upperBound + .milliseconds(1)), "5", "-1s", ""]
                + (range.lowerBound > .zero ? ["0s"] : [])
        case .bytes(let range): ["\(range.lowerBound - 1)", "\(range.upperBound + 1)", "big", ""]
        case .boolean, .choice: ["perhaps", ""]
        case .identifier: ["a b", "", "\u{202e}", String(repeating: "x", count: 65)]
        case .text, .list, .secret: []
        }
    }

    @Test("two settings that contradict each other are refused, and both are named")
    func orders() throws {
        for order in SettingTable.orders {
            let upper = try #require(SettingTable.byKey[order.upper])
            let lower = try #require(SettingTable.byKey[order.lower])
            #expect(upper.kind.magnitude(upper.fallback) != nil && lower.kind.magnitude(lower.fallback) != nil)
            let (low, high) = try contradiction(lower, upper)
            let error = #expect(throws: SettingsError.self, "\(order.lower) \(low), \(order.upper) \(high)") {
                try load([order.lower: low, order.upper: high])
            }
            let said = error?.description ?? ""
            #expect(said.contains(order.lower) && said.contains(order.upper), "\(said)")
        }
    }

    /// Values that each is allowed by itself, the lower one's above the upper one's.
    private func contradiction(_ lower: Setting, _ upper: Setting) throws -> (String, String) {
        switch upper.kind {
        case .integer(let range):
            let value = max(range.lowerBound, 2)
            return ("\(value + 1)", "\(value)")
        case .number(let range):
            let width = range.upperBound - range.lowerBound
            return ("\(range.lowerBound + 0.9 * width)", "\(range.lowerBound + 0.1 * width)")
        case .duration(let range):
            let value = max(range.lowerBound, .seconds(86_400 * 2) < range.upperBound ? .seconds(86_400) : .seconds(2))
            return (durationText(value + .seconds(1)), durationText(value))
        case .bytes(let range): return ("\(range.lowerBound + 4096)", "\(range.lowerBound + 1024)")
        default:
            Issue.record("\(upper.key) has no order")
            return ("", "")
        }
    }

    @Test("a setting whose default would contradict a changed one names the default")
    func orderNamesDefault() {
        let error = #expect(throws: SettingsError.self) { try load(["ingest.resume_at": "0.9"]) }
        #expect(
            error?.description
                == "environment SWITCHYARD_INGEST_RESUME_AT: ingest.resume_at is 0.9, which must be below "
                + "ingest.refuse_at, 0.8 (default)")
    }
}
