import Foundation
import Ports

/// Sessions that `switchyard login` has kept, one file of mode 0600 an engine.
struct LoginShelf: Sendable {
    let directory: URL

    init(environment: [String: String]) {
        directory = Places(environment: environment).stateDirectory.appending(path: "logins")
    }

    func token(for address: EngineAddress) throws -> String? {
        let file = directory.appending(path: address.fileName)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        return try readSecret(file)
    }

    func keep(_ token: String, for address: EngineAddress) throws {
        let file = directory.appending(path: address.fileName)
        do {
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            // Made unreadable for others before anything stands in it, and put in place whole.
            let fresh = directory.appending(path: ".\(address.fileName).\(ProcessInfo.processInfo.processIdentifier)")
            guard
                FileManager.default.createFile(
                    atPath: fresh.path, contents: Data((token + "\n").utf8), attributes: [.posixPermissions: 0o600]),
                rename(fresh.path, file.path) == 0
            else { throw CocoaError(.fileWriteUnknown) }
        } catch {
            throw CommandFailure(.failed, "the session cannot be kept in \(file.path): \(error.localizedDescription)")
        }
    }

    func forget(_ address: EngineAddress) throws {
        let file = directory.appending(path: address.fileName)
        guard FileManager.default.fileExists(atPath: file.path) else { return }
        do {
            try FileManager.default.removeItem(at: file)
        } catch {
            throw CommandFailure(.failed, "\(file.path) cannot be removed: \(error.localizedDescription)")
        }
    }
}

/// The credential of a console or command, most explicit first: what the configuration says, what a login has kept, and on
/// this machine the token that the engine writes for its own user.
struct EngineCredential: Sendable {
    let configured: String?
    let shelf: LoginShelf
    let address: EngineAddress
    /// The engine's own token for this user, in its data directory.
    let localFile: URL?

    init(_ settings: Settings, _ address: EngineAddress) throws {
        configured = settings.optionalText("connect.token")
        shelf = LoginShelf(environment: ProcessInfo.processInfo.environment)
        self.address = address
        localFile = address.isLoopback ? try DataDirectory(settings: settings).file(AccessComposition.tokenFile) : nil
    }

    /// Read anew at every request: a login beside a running console counts at once.
    @Sendable func token() async throws(PortError) -> String {
        do {
            if let configured { return configured }
            if let kept = try shelf.token(for: address) { return kept }
            if let localFile, FileManager.default.fileExists(atPath: localFile.path) {
                return try readSecret(localFile)
            }
        } catch let failure as CommandFailure {
            throw PortError(.forbidden, failure.sentence)
        } catch {
            throw PortError(.forbidden, "the credential cannot be read: \(error.localizedDescription)")
        }
        throw PortError(
            .forbidden,
            "No login for \(address.endpoint) is known here; run `switchyard login --connect \(address.endpoint)`")
    }
}

/// First line of a file that only its owner may read.
private func readSecret(_ file: URL) throws -> String {
    let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
    let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
    guard mode & 0o077 == 0 else {
        throw CommandFailure(.failed, "\(file.path) may be read by others: chmod 600 it, or log in again")
    }
    let text = try String(contentsOf: file, encoding: .utf8)
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
}
