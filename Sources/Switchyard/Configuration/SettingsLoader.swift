import Configuration
import EnergyModel
import Yams

/// Every complaint about the configuration, found in one go. Each names file and line, variable or flag, and what is allowed.
struct SettingsError: Error, CustomStringConvertible {
    let complaints: [String]
    var description: String { complaints.joined(separator: "\n") }
}

/// Layers flags over environment over file over defaults (ARCHITECTURE §7). Pure: the caller reads the world.
struct SettingsLoader {
    /// Path for messages, and the text; nil when there is no file.
    var file: (path: String, text: String)?
    /// Whether others than its owner may read the file: then it must hold no secret.
    var isFileOpen = false
    var environment: [String: String] = [:]
    /// By key, with the flag's name as the user typed it.
    var flags: [String: (name: String, value: String)] = [:]
    /// Reads a secret's file, checking its mode; throws a sentence.
    var readSecret: (String) throws -> String = { path in throw SettingsError(complaints: ["no secret file \(path)"]) }

    private struct Layer {
        let name: String
        var values: [String: (text: String, source: SettingSource)] = [:]
    }

    func load() throws(SettingsError) -> Settings {
        var complaints: [String] = []
        let layers = [flagLayer(&complaints), environmentLayer(&complaints), fileLayer(&complaints)]
        var sources: [String: SettingSource] = [:]
        let providers = layers.map { layer in
            var values: [AbsoluteConfigKey: ConfigValue] = [:]
            for (key, entry) in layer.values.sorted(by: { $0.key < $1.key }) {
                guard let text = checked(key, entry.text, entry.source, &complaints) else { continue }
                let isSecret = SettingTable.byKey[key]?.kind == .secret
                values[AbsoluteConfigKey(ConfigKey(key))] = ConfigValue(.string(text), isSecret: isSecret)
                if sources[key] == nil { sources[key] = entry.source }
            }
            return InMemoryProvider(name: layer.name, values: values)
        }
        guard complaints.isEmpty else { throw SettingsError(complaints: complaints) }
        let settings = Settings(reader: ConfigReader(providers: providers), sources: sources)
        complaints = SettingTable.orders.compactMap { $0.complaint(about: settings) }
        guard complaints.isEmpty else { throw SettingsError(complaints: complaints) }
        return settings
    }

    private func checked(
        _ key: String, _ text: String, _ source: SettingSource, _ complaints: inout [String]
    ) -> String? {
        guard let setting = SettingTable.byKey[key] else { return nil }
        guard setting.kind == .secret else {
            if setting.kind.accepts(text) { return text }
            complaints.append("\(source): \(key) is \(text.debugDescription), allowed is \(setting.kind.allowed)")
            return nil
        }
        guard text.hasPrefix("file:") else { return text }
        do {
            return try readSecret(String(text.dropFirst(5)))
        } catch {
            complaints.append("\(source): \(key): \(error)")
            return nil
        }
    }

    private func flagLayer(_ complaints: inout [String]) -> Layer {
        var layer = Layer(name: "flags")
        for (key, flag) in flags.sorted(by: { $0.key < $1.key }) {
            if let setting = SettingTable.byKey[key], setting.holdsSecret(flag.value) {
                complaints.append(
                    "\(SettingSource.flag(name: flag.name)): \(key) holds a secret, and a command line shows to all who list "
                        + "processes: give it as \(setting.environmentName), or in a file of mode 0600")
            }
            layer.values[key] = (flag.value, .flag(name: flag.name))
        }
        return layer
    }

    private func environmentLayer(_ complaints: inout [String]) -> Layer {
        var layer = Layer(name: "environment")
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix("SWITCHYARD_") {
            guard let setting = SettingTable.byEnvironmentName[name] else {
                complaints.append(unknown("environment variable \(name)", name, SettingTable.byEnvironmentName.keys))
                continue
            }
            layer.values[setting.key] = (value, .environment(name: name))
        }
        return layer
    }

    private func fileLayer(_ complaints: inout [String]) -> Layer {
        var layer = Layer(name: "file")
        guard let file else { return layer }
        do {
            guard let root = try Yams.compose(yaml: file.text) else { return layer }
            collect(root, prefix: "", path: file.path, into: &layer, &complaints)
        } catch {
            complaints.append("\(file.path): not valid YAML\(place(of: error))")
        }
        return layer
    }

    /// Line and problem. Never the error's own description, which quotes the file, secrets and all.
    private func place(of error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            ", line \(mark.line): \(problem)"
        case .duplicatedKeysInMapping(_, let context): ", line \(context.mark.line): a key stands twice"
        default: ""
        }
    }

    private func collect(
        _ node: Node, prefix: String, path: String, into layer: inout Layer, _ complaints: inout [String]
    ) {
        let line = node.mark?.line ?? 1
        guard case .mapping(let mapping) = node else {
            complaints.append(
                "\(path):\(line): \(prefix.isEmpty ? "the file" : prefix) must be a mapping of keys to values")
            return
        }
        for (name, value) in mapping {
            let key = prefix + (name.string ?? "")
            let place = "\(path):\(name.mark?.line ?? line)"
            if SettingTable.byKey[key] != nil {
                guard let text = text(of: value) else {
                    complaints.append("\(place): \(key) must be a single value or a list of values")
                    continue
                }
                if isFileOpen, SettingTable.byKey[key]?.holdsSecret(text) ?? false {
                    complaints.append(
                        "\(place): \(key) holds a secret, and others can read this file: run chmod 600 \(path)")
                }
                layer.values[key] = (text, .file(path: path, line: name.mark?.line ?? line))
            } else if SettingTable.settings.contains(where: { $0.key.hasPrefix(key + ".") }) {
                collect(value, prefix: key + ".", path: path, into: &layer, &complaints)
            } else {
                complaints.append(unknown("\(place): key \(key)", key, SettingTable.byKey.keys))
            }
        }
    }

    private func text(of node: Node) -> String? {
        switch node {
        case .scalar(let scalar): scalar.string == "null" || scalar.string == "~" ? "" : scalar.string
        case .sequence(let sequence):
            sequence.allSatisfy { $0.scalar != nil }
                ? sequence.compactMap { $0.scalar?.string }.joined(separator: ",") : nil
        default: nil
        }
    }

    private func unknown(_ what: String, _ name: String, _ known: some Sequence<String>) -> String {
        let nearest = known.map { (editDistance($0, name), $0) }.min { $0 < $1 }
        guard let nearest, nearest.0 <= max(2, name.count / 4) else {
            return "\(what) is unknown; `switchyard config show` lists all keys"
        }
        return "\(what) is unknown; did you mean \(nearest.1)?"
    }
}

/// Levenshtein distance, O(n·m).
func editDistance(_ left: String, _ right: String) -> Int {
    let left = Array(left.utf8)
    let right = Array(right.utf8)
    var row = Array(0...right.count)
    for (index, byte) in left.enumerated() {
        var diagonal = row[0]
        row[0] = index + 1
        for column in right.indices {
            let above = row[column + 1]
            row[column + 1] = min(above + 1, row[column] + 1, diagonal + (right[column] == byte ? 0 : 1))
            diagonal = above
        }
    }
    return row[right.count]
}
