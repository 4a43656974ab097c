import Configuration
import EnergyModel

/// One key of the configuration: what it is, what is allowed, its default, and which ledger row it comes from.
struct Setting {
    let key: String
    let kind: SettingKind
    let fallback: String
    let help: String

    init(_ key: String, _ kind: SettingKind, _ fallback: String, _ help: String) {
        self.key = key
        self.kind = kind
        self.fallback = fallback
        self.help = help
    }

    /// `ingest.queue_cap` is `SWITCHYARD_INGEST_QUEUE_CAP`.
    var environmentName: String {
        "SWITCHYARD_" + key.uppercased().map { $0 == "." ? "_" : $0 }.map(String.init).joined()
    }
}

/// Where a value came from, as `config show` prints it.
enum SettingSource: Equatable, CustomStringConvertible {
    case fallback
    case file(path: String, line: Int)
    case environment(name: String)
    case flag(name: String)

    var description: String {
        switch self {
        case .fallback: "default"
        case .file(let path, let line): "\(path):\(line)"
        case .environment(let name): "environment \(name)"
        case .flag(let name): "flag \(name)"
        }
    }
}

/// The values in force and where each came from. Reading a key that is not in the table is a bug and traps.
struct Settings {
    struct Value {
        var text: String
        var source: SettingSource
    }

    private let reader: ConfigReader
    private let sources: [String: SettingSource]

    init(reader: ConfigReader, sources: [String: SettingSource]) {
        self.reader = reader
        self.sources = sources
    }

    func value(_ setting: Setting) -> Value {
        Value(
            text: reader.string(forKey: ConfigKey(setting.key), default: setting.fallback),
            source: sources[setting.key] ?? .fallback)
    }

    func text(_ key: String) -> String { value(known(key)).text }
    func optionalText(_ key: String) -> String? { text(key).isEmpty ? nil : text(key) }
    func list(_ key: String) -> [String] {
        text(key).split(separator: ",").map { $0.trimmingPrefix(while: \.isWhitespace) }.map(String.init)
    }
    func flag(_ key: String) -> Bool { parsed(key, parseBoolean) }
    func integer(_ key: String) -> Int { parsed(key, { Int($0) }) }
    func number(_ key: String) -> Double { parsed(key, { Double($0) }) }
    func span(_ key: String) -> Duration { parsed(key, parseDuration) }
    func size(_ key: String) -> Int64 { parsed(key, parseBytes) }

    /// The loader has checked every value against its kind, so a nil here is our bug.
    private func parsed<Value>(_ key: String, _ parse: (String) -> Value?) -> Value {
        guard let value = parse(text(key)) else { preconditionFailure("unchecked setting \(key)") }
        return value
    }

    private func known(_ key: String) -> Setting {
        guard let setting = SettingTable.byKey[key] else { preconditionFailure("no setting \(key)") }
        return setting
    }
}
