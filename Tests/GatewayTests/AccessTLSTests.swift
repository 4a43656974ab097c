import EnergyModel
import Foundation
import Logging
import Ports
import Testing

@testable import Gateway

/// Certificates made by openssl for one test, in a directory of their own.
private final class CertificateBench: Sendable {
    struct Failed: Error, CustomStringConvertible { let description: String }

    let directory: URL

    /// Authorities `ca` and `other`, a certificate of each for localhost (`server`, `second`), and one for a client.
    init() async throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "switchyard-gateway-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try Data("subjectAltName=DNS:localhost,IP:127.0.0.1".utf8).write(to: directory.appending(path: "names"))
        let key = "-nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256"
        for name in ["ca", "other"] {
            try await openssl("req -x509 \(key) -days 2 -keyout \(name).key -out \(name).pem -subj /CN=\(name)")
        }
        for (name, authority) in [("server", "ca"), ("second", "other"), ("client", "ca")] {
            try await openssl("req \(key) -keyout \(name).key -out \(name).csr -subj /CN=\(name)")
            try await openssl(
                "x509 -req -in \(name).csr -CA \(authority).pem -CAkey \(authority).key -CAcreateserial -days 2 "
                    + "-extfile names -out \(name).pem")
            try mode(0o600, of: "\(name).key")
        }
    }

    deinit {
        do { try FileManager.default.removeItem(at: directory) } catch { print("left behind: \(directory.path)") }
    }

    func file(_ name: String) -> String { directory.appending(path: name).path }

    func mode(_ mode: Int, of name: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file(name))
    }

    /// Puts another file's contents in a file's place.
    func put(_ source: String, as name: String) throws {
        try Data(contentsOf: directory.appending(path: source)).write(
            to: directory.appending(path: name), options: .atomic)
        if name.hasSuffix(".key") { try mode(0o600, of: name) }
    }

    var files: GatewayTLS {
        var files = GatewayTLS()
        files.certificateFile = file("live.pem")
        files.keyFile = file("live.key")
        return files
    }

    func contexts(_ files: GatewayTLS) throws -> TLSContexts {
        var logger = Logger(label: "tls")
        logger.logLevel = .critical
        return try TLSContexts(files, logger: logger)
    }

    private func openssl(_ words: String) async throws {
        let (status, _) = try await run("openssl", words.split(separator: " ").map(String.init))
        guard status == 0 else { throw Failed(description: "openssl \(words) failed") }
    }

    /// What curl makes of `/healthz`: its exit code, and the status and body.
    func curl(_ port: Int, scheme: String = "https", _ words: String...) async throws -> (exit: Int32, text: String) {
        try await run(
            "curl",
            ["--silent", "--max-time", "20", "--noproxy", "*", "--write-out", "%{http_code}"] + words
                + ["\(scheme)://localhost:\(port)/healthz"])
    }

    private func run(_ program: String, _ words: [String]) async throws -> (Int32, String) {
        let output = directory.appending(path: UUID().uuidString)
        guard FileManager.default.createFile(atPath: output.path, contents: nil) else {
            throw Failed(description: "\(output.path) cannot be made")
        }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + words
        process.currentDirectoryURL = directory
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        return (status, String(decoding: try Data(contentsOf: output), as: UTF8.self))
    }
}

@Suite("TLS at the gateway", .timeLimit(.minutes(3)))
struct AccessTLSTests {
    @Test("clients verify the gateway, a new certificate is taken, and a broken one leaves the old in use")
    func certificates() async throws {
        let bench = try await CertificateBench()
        try bench.put("server.pem", as: "live.pem")
        try bench.put("server.key", as: "live.key")
        let contexts = try bench.contexts(bench.files)
        let (ours, other) = (bench.file("ca.pem"), bench.file("other.pem"))
        try await withGateway(configuration: configured { $0.tls = bench.files }, tls: contexts) { house in
            let good = try await bench.curl(house.port, "--cacert", ours)
            #expect(good.exit == 0 && good.text.hasSuffix("200"), "\(good)")
            #expect(try await bench.curl(house.port, "--cacert", other).exit == 60, "an authority that is not its own")
            #expect(try await bench.curl(house.port, "--cacert", ours, "--tls-max", "1.1").exit != 0, "TLS 1.1")
            let clear = try await bench.curl(house.port, scheme: "http")
            #expect(!clear.text.hasSuffix("200"), "in the clear: \(clear)")

            try bench.put("second.pem", as: "live.pem")
            contexts.reload()
            let half = try #require(contexts.fault(at: fixedNow))
            #expect(half.sentence.contains("live.key is not the key"))
            #expect(try await bench.curl(house.port, "--cacert", ours).exit == 0, "the old one while only half is new")
            try bench.put("second.key", as: "live.key")
            contexts.reload()
            #expect(contexts.fault(at: fixedNow) == nil)
            #expect(try await bench.curl(house.port, "--cacert", other).exit == 0, "the new one")

            for name in ["live.pem", "live.key"] {
                try FileManager.default.removeItem(atPath: bench.file(name))
                contexts.reload()
                #expect(contexts.fault(at: fixedNow) != nil, "\(name) is gone")
                try Data("nothing".utf8).write(to: bench.directory.appending(path: name))
                try bench.mode(0o600, of: name)
                contexts.reload()
                #expect(contexts.fault(at: fixedNow) != nil, "\(name) is broken")
            }
            #expect(try await bench.curl(house.port, "--cacert", other).exit == 0, "the last good one")
        }
    }

    @Test("with an authority for clients only its own are listened to")
    func clients() async throws {
        let bench = try await CertificateBench()
        try bench.put("server.pem", as: "live.pem")
        try bench.put("server.key", as: "live.key")
        var files = bench.files
        files.clientAuthorityFile = bench.file("ca.pem")
        let ours = bench.file("ca.pem")
        try await withGateway(configuration: configured { $0.tls = files }, tls: try bench.contexts(files)) { house in
            #expect(try await bench.curl(house.port, "--cacert", ours).exit != 0)
            let own = ["--cert", bench.file("client.pem"), "--key", bench.file("client.key")]
            let known = try await bench.curl(house.port, "--cacert", ours, own[0], own[1], own[2], own[3])
            #expect(known.exit == 0 && known.text.hasSuffix("200"), "\(known)")
            let strange = ["--cert", bench.file("second.pem"), "--key", bench.file("second.key")]
            #expect(
                try await bench.curl(house.port, "--cacert", ours, strange[0], strange[1], strange[2], strange[3]).exit
                    != 0)
        }
    }

    @Test("files that are missing, broken, of two kinds or open to others are refused by name")
    func refusals() async throws {
        let bench = try await CertificateBench()
        func refusal(_ certificate: String, _ key: String) -> String {
            var files = GatewayTLS()
            files.certificateFile = bench.file(certificate)
            files.keyFile = bench.file(key)
            do throws(PortError) {
                _ = try TLSContexts(files, logger: Logger(label: "tls"))
                return ""
            } catch {
                return error.sentence
            }
        }
        #expect(refusal("server.pem", "server.key") == "")
        #expect(refusal("nowhere.pem", "server.key").contains("nowhere.pem"))
        #expect(refusal("server.pem", "nowhere.key").contains("nowhere.key"))
        #expect(refusal("names", "server.key").contains("names"))
        #expect(refusal("server.pem", "second.key").contains("is not the key of"))
        for mode in [0o644, 0o660, 0o604] {
            try bench.mode(mode, of: "server.key")
            #expect(refusal("server.pem", "server.key").contains("chmod 600"), "\(String(mode, radix: 8))")
        }
        try bench.mode(0o640, of: "server.key")
        #expect(refusal("server.pem", "server.key") == "")
    }

    @Test("other machines are listened to with TLS, or in the clear when that is said aloud")
    func plain() async throws {
        func refusal(_ host: String, _ change: (inout GatewayConfiguration) -> Void = { _ in }) -> String? {
            var configuration = GatewayConfiguration()
            configuration.host = host
            change(&configuration)
            return configuration.refusal
        }
        for near in ["127.0.0.1", "::1", "localhost", "127.1.2.3"] { #expect(refusal(near) == nil, "\(near)") }
        for far in ["0.0.0.0", "::", "10.0.0.5", "engine.example", "127.0.0.1.example"] {
            #expect(refusal(far)?.contains("http.plain") == true, "\(far)")
            #expect(refusal(far) { $0.allowsPlain = true } == nil)
            #expect(
                refusal(far) {
                    $0.tls.certificateFile = "a"
                    $0.tls.keyFile = "b"
                } == nil)
            #expect(refusal(far) { $0.tls.certificateFile = "a" }?.contains("come together") == true)
        }
        await #expect(throws: PortError.self) {
            try await withGateway(configuration: configured { $0.host = "0.0.0.0" }) { _ in }
        }
    }
}
