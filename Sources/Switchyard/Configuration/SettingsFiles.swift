import EnergyModel
import Foundation

/// Where things lie, by the XDG base directory rules.
struct Places {
    var environment: [String: String]

    private func base(_ variable: String, _ fallback: String) -> URL {
        if let path = environment[variable], path.hasPrefix("/") {
            return URL(filePath: path, directoryHint: .isDirectory)
        }
        let home = environment["HOME"] ?? NSHomeDirectory()
        return URL(filePath: home, directoryHint: .isDirectory).appending(path: fallback, directoryHint: .isDirectory)
    }

    var configurationDirectory: URL { base("XDG_CONFIG_HOME", ".config").appending(path: "switchyard") }
    var configurationFile: URL { configurationDirectory.appending(path: "config.yaml") }
    var stateDirectory: URL { base("XDG_STATE_HOME", ".local/state").appending(path: "switchyard") }
}

extension SettingsLoader {
    /// Reads the file (a missing one is an error only when the user named it) and the process environment.
    static func fromWorld(
        configPath: String?, environment: [String: String], flags: [String: (name: String, value: String)]
    ) throws -> SettingsLoader {
        var loader = SettingsLoader()
        let path = configPath ?? Places(environment: environment).configurationFile.path(percentEncoded: false)
        if configPath != nil || FileManager.default.fileExists(atPath: path) {
            do {
                loader.file = (path, try String(contentsOf: URL(filePath: path), encoding: .utf8))
                loader.isFileOpen = try isOpenToOthers(path)
            } catch {
                throw SettingsError(complaints: ["\(path): cannot be read: \(error.localizedDescription)"])
            }
        }
        loader.environment = environment
        loader.flags = flags
        loader.readSecret = readSecretFile
        return loader
    }
}

/// The first line of a secret's file, which must be readable by its owner alone.
private func readSecretFile(_ path: String) throws -> String {
    guard try !isOpenToOthers(path) else {
        throw SettingsError(complaints: ["\(path) can be read by others; run chmod 600 \(path)"])
    }
    let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
    return text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
}

/// Also through a link: what counts is the file that is read.
private func isOpenToOthers(_ path: String) throws -> Bool {
    let file = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
    let attributes = try FileManager.default.attributesOfItem(atPath: file)
    let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
    return mode & 0o077 != 0
}
