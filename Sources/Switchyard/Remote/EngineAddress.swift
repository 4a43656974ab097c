import Foundation

/// Which engine a console or a command works with.
struct EngineAddress: Sendable, Equatable {
    /// `https://HOST:PORT`.
    let endpoint: String
    /// PEM file of the authorities to trust; nil for the system's.
    let authorityFile: String?

    /// Nil for the engine on this machine's files. Throws a sentence for a name that no profile has.
    init?(_ settings: Settings) throws {
        guard let wanted = settings.optionalText("connect.url") else { return nil }
        authorityFile = settings.optionalText("connect.ca_file")
        if wanted.contains("://") {
            endpoint = wanted
            return
        }
        let profiles = try Self.profiles(settings.list("connect.profiles"))
        guard let found = profiles[wanted] else {
            let known = profiles.isEmpty ? "there is none" : "known: \(profiles.keys.sorted().joined(separator: ", "))"
            throw CommandFailure(
                .usage,
                "\(wanted.debugDescription) is neither an address nor a name of connect.profiles (\(known)); write "
                    + "https://HOST:PORT, or name it there")
        }
        endpoint = found
    }

    static func profiles(_ items: [String]) throws -> [String: String] {
        var profiles: [String: String] = [:]
        for item in items {
            let parts = item.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, parts[1].contains("://"), !parts[0].contains("://") else {
                throw CommandFailure(
                    .usage, "connect.profiles: \(item.debugDescription) is not NAME=https://HOST:PORT")
            }
            profiles[parts[0]] = parts[1]
        }
        return profiles
    }

    /// Where a login for it is kept: one file each.
    var fileName: String {
        let safe = endpoint.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".") ? $0 : "_" }
        return String(safe.prefix(200)) + ".session"
    }

    /// Whether the engine is reached without leaving this machine.
    var isLoopback: Bool {
        guard let host = URLComponents(string: endpoint)?.host else { return false }
        let bare = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        let parts = bare.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return bare == "localhost" || bare == "::1" || parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
    }
}
