import EnergyModel
import Foundation
import Logging
import NIOPosix
import NIOSSL
import Ports
import Synchronization

/// The TLS context that new connections get. Files that change are read again; while new ones are broken the old context
/// stays, and `fault` says so.
package final class TLSContexts: Sendable {
    /// What a file was when it was read; another one means it changed.
    private struct Stamp: Hashable {
        var modified: Double
        var size: Int64
        var node: UInt64
    }

    private struct State {
        var context: NIOSSLContext
        var expiresAt: UTCInstant?
        var stamps: [Stamp?]
        var fault: String?
    }

    private let files: GatewayTLS
    private let logger: Logger
    private let state: Mutex<State>

    /// Reads the files. Throws a sentence that names the file which is missing, broken, or open to others.
    package init(_ files: GatewayTLS, logger: Logger) throws(PortError) {
        self.files = files
        self.logger = logger
        let (context, expiresAt) = try Self.load(files)
        state = Mutex(State(context: context, expiresAt: expiresAt, stamps: Self.stamps(files), fault: nil))
    }

    var current: NIOSSLContext { state.withLock(\.context) }

    /// What is wrong with the files as they are; nil when the newest are in use and the certificate is valid.
    package func fault(at now: UTCInstant) -> PortError? {
        state.withLock { state in
            if let fault = state.fault { return PortError(.corrupt, "The old certificate stays in use. \(fault)") }
            guard let expiresAt = state.expiresAt, expiresAt <= now else { return nil }
            return PortError(.corrupt, "The certificate expired on \(expiresAt.iso8601); put a new one in its place.")
        }
    }

    /// Looks for changes until cancelled. Once.
    func run(_ clock: any Clock<Duration>) async {
        while !Task.isCancelled {
            do {
                try await clock.sleep(for: files.reloadInterval)
                try await NIOThreadPool.singleton.runIfActive { self.reload() }
            } catch {
                return
            }
        }
    }

    /// Takes changed files, or says why not. Blocks on the disk.
    func reload() {
        let stamps = Self.stamps(files)
        guard state.withLock({ $0.stamps != stamps }) else { return }
        do throws(PortError) {
            let (context, expiresAt) = try Self.load(files)
            state.withLock { $0 = State(context: context, expiresAt: expiresAt, stamps: stamps, fault: nil) }
            logger.notice("a new TLS certificate is in use")
        } catch {
            state.withLock { state in
                state.stamps = stamps
                state.fault = error.sentence
            }
            logger.error("the new TLS files are not usable, the old ones stay", metadata: ["error": "\(error)"])
        }
    }

    private static func load(_ files: GatewayTLS) throws(PortError) -> (NIOSSLContext, UTCInstant?) {
        let (certificateFile, keyFile) = (files.certificateFile ?? "", files.keyFile ?? "")
        try requirePrivate(keyFile)
        let chain = try read(certificateFile, "certificates in PEM") { try NIOSSLCertificate.fromPEMFile($0) }
        guard let leaf = chain.first else {
            throw PortError(.corrupt, "\(certificateFile) holds no certificate; give the file in PEM.")
        }
        let key = try read(keyFile, "a key in PEM") { try NIOSSLPrivateKey(file: $0, format: .pem) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let authority = files.clientAuthorityFile {
            let roots = try read(authority, "certificates in PEM") { try NIOSSLCertificate.fromPEMFile($0) }
            configuration.trustRoots = .certificates(roots)
            configuration.certificateVerification = .noHostnameVerification
        }
        do {
            let expiry = UTCInstant(seconds: Int64(leaf.notValidAfter))
            return (try NIOSSLContext(configuration: configuration), expiry)
        } catch {
            throw PortError(
                .corrupt, "\(keyFile) is not the key of \(certificateFile); give those that belong together.")
        }
    }

    private static func read<Value>(
        _ path: String, _ what: String, _ body: (String) throws -> Value
    ) throws(PortError) -> Value {
        do {
            return try body(path)
        } catch {
            throw PortError(.corrupt, "\(path) cannot be read as \(what); check the path and the file.")
        }
    }

    /// Nobody but its owner, and at most its group, may read the key.
    private static func requirePrivate(_ path: String) throws(PortError) {
        let mode: Int
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: resolved(path))
            mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
        } catch {
            throw PortError(.notFound, "\(path) cannot be read; give the file of the certificate's key.")
        }
        guard mode & ~0o640 == 0 else {
            throw PortError(
                .invalid, "\(path) has mode \(String(mode, radix: 8)) and others could take the key: chmod 600 \(path)")
        }
    }

    private static func stamps(_ files: GatewayTLS) -> [Stamp?] {
        [files.certificateFile, files.keyFile, files.clientAuthorityFile].map { path in
            guard let path else { return nil }
            do {
                let attributes = try FileManager.default.attributesOfItem(atPath: resolved(path))
                return Stamp(
                    modified: (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0,
                    size: (attributes[.size] as? NSNumber)?.int64Value ?? 0,
                    node: (attributes[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0)
            } catch {
                // A file that is gone differs from one that was there.
                return nil
            }
        }
    }

    /// Certificates are often links that a tool turns to the newest file.
    private static func resolved(_ path: String) -> String {
        URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
    }
}
