import Foundation
import Synchronization

/// `openssl s_server` on a free loopback port, with an authority made for this run; stopped when let go.
final class TLSServer: Sendable {
    struct Failed: Error, CustomStringConvertible { let description: String }

    let directory: URL
    let port: Int
    private let process = Mutex<Process?>(nil)

    /// `certificate` is one of `make`'s. With `asksForCertificate` clients without one of our authority are refused.
    init(_ certificate: String = "server", asksForCertificate: Bool = false) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "switchyard-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        // The port is free again at the end of this statement.
        port = try SocketServer(script: { _ in }).port
        try make()
        var words = ["s_server", "-accept", "127.0.0.1:\(port)", "-cert", "\(certificate).pem", "-key", "server.key"]
        words += ["-www", "-quiet"]
        if asksForCertificate { words += ["-CAfile", "ca.pem", "-Verify", "1", "-verify_return_error"] }
        process.withLock { $0 = Self.process(words, in: directory) }
        try process.withLock { try $0?.run() }
        try waitUntilListening()
    }

    /// SIGKILL: a child inherits the signal mask of the pool's thread, which blocks SIGTERM.
    deinit {
        process.withLock { process in
            guard let process else { return }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        do { try FileManager.default.removeItem(at: directory) } catch { print("left behind: \(directory.path)") }
    }

    func file(_ name: String) -> String { directory.appending(path: name).path }
    var url: String { "https://localhost:\(port)/" }

    /// An authority and another one; for the server a good certificate, one for another name and one that has run out;
    /// one for a client.
    private func make() throws {
        let key = "-nodes -newkey rsa:2048"
        for name in ["ca", "other"] {
            try openssl("req -x509 \(key) -days 2 -keyout \(name).key -out \(name).pem -subj /CN=\(name)")
        }
        try "subjectAltName=DNS:localhost,IP:127.0.0.1".write(
            to: directory.appending(path: "ours"), atomically: true, encoding: .utf8)
        try "subjectAltName=DNS:elsewhere.example".write(
            to: directory.appending(path: "theirs"), atomically: true, encoding: .utf8)
        try openssl("req \(key) -keyout server.key -out server.csr -subj /CN=server")
        let sign = "-CA ca.pem -CAkey ca.key -CAcreateserial"
        try openssl("x509 -req -in server.csr \(sign) -days 2 -extfile ours -out server.pem")
        try openssl("x509 -req -in server.csr \(sign) -days 2 -extfile theirs -out elsewhere.pem")
        try openssl("x509 -req -in server.csr \(sign) -days -1 -extfile ours -out expired.pem")
        try openssl("req \(key) -keyout client.key -out client.csr -subj /CN=client")
        try openssl("x509 -req -in client.csr \(sign) -days 2 -out client.pem")
    }

    private func openssl(_ arguments: String) throws {
        let process = Self.process(arguments.split(separator: " ").map(String.init), in: directory)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(description: "openssl \(arguments) failed") }
    }

    private static func process(_ words: [String], in directory: URL) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = words
        process.currentDirectoryURL = directory
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        return process
    }

    private func waitUntilListening() throws {
        let limit = ContinuousClock.now + .seconds(20)
        while !SocketServer.accepts(port) {
            guard ContinuousClock.now < limit else { throw Failed(description: "openssl s_server does not listen") }
            usleep(5000)
        }
    }
}
