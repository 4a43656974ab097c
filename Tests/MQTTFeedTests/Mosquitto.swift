import Foundation
import MQTTFeed
import Synchronization

/// A broker of our own on a free loopback port, with the shipped configuration; killed when let go.
final class Mosquitto: Sendable {
    struct Missing: Error, CustomStringConvertible { let description: String }

    let port: Int
    let directory: URL
    private let extra: String
    private let process = Mutex<Process?>(nil)

    /// `extra` is appended to the configuration; "{dir}" in it stands for the directory.
    init(port: Int? = nil, extra: String = "", starts: Bool = true) throws {
        let binary = "/usr/sbin/mosquitto"
        guard FileManager.default.isExecutableFile(atPath: binary) else {
            throw Missing(description: "\(binary) is missing: run scripts/test, which installs what the tests need.")
        }
        self.port = try port ?? Self.freePort()
        self.extra = extra
        directory = FileManager.default.temporaryDirectory.appending(path: "switchyard-mqtt-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        if starts { try start() }
    }

    deinit {
        stop()
        do { try FileManager.default.removeItem(at: directory) } catch { print("left behind: \(directory.path)") }
    }

    var endpoint: MQTTEndpoint { MQTTEndpoint(host: "127.0.0.1", port: port) }

    /// Returns when it listens.
    func start() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let template = try String(contentsOf: root.appending(path: "scripts/mosquitto.conf.in"), encoding: .utf8)
        let text =
            template.replacingOccurrences(of: "@PORT@", with: "\(port)")
            .replacingOccurrences(of: "@DIRECTORY@", with: directory.path + "/")
            .replacingOccurrences(of: "sys_interval 10", with: "sys_interval 1")
            + extra.replacingOccurrences(of: "{dir}", with: directory.path)
        let file = directory.appending(path: "mosquitto.conf")
        try text.write(to: file, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/sbin/mosquitto")
        process.arguments = ["-c", file.path]
        process.standardError = FileHandle.nullDevice
        // A child inherits the signal mask, and a pool thread's blocks SIGTERM: it could never be stopped.
        var none = sigset_t()
        var previous = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &previous)
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
        try process.run()
        self.process.withLock { $0 = process }
        let deadline = ContinuousClock.now + .seconds(30)
        while !Self.accepts(port) {
            guard process.isRunning, ContinuousClock.now < deadline else {
                throw Missing(description: "mosquitto did not start on port \(port)")
            }
            usleep(5000)
        }
    }

    /// SIGTERM: it saves its sessions.
    func stop() {
        process.withLock { process in
            process?.terminate()
            process?.waitUntilExit()
            process = nil
        }
    }

    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw Missing(description: "no free port on the loopback") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func accepts(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}

/// A loopback port that listens and never answers; closed when let go.
final class SilentListener: Sendable {
    let port: Int
    private let descriptor: Int32

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 512) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        self.descriptor = descriptor
        port = Int(UInt16(bigEndian: address.sin_port))
        guard isBound else { throw Mosquitto.Missing(description: "no free port on the loopback") }
    }

    deinit { close(descriptor) }
}

/// Fails a test that waits longer than `limit`, instead of hanging it.
func within<Value: Sendable>(
    _ limit: Duration = .seconds(60), _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask(operation: body)
        group.addTask {
            try await Task.sleep(for: limit)
            throw MQTTError(.timedOut, "The test waited longer than \(limit).")
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}

extension MQTTClient {
    /// Batches until `count` messages have come; acknowledges them when asked to.
    func collect(_ count: Int, acknowledging: Bool = true) async throws -> [MQTTMessage] {
        var messages: [MQTTMessage] = []
        while messages.count < count {
            let batch = try await nextBatch()
            messages += batch.messages
            if acknowledging { acknowledge(batch) }
        }
        return messages
    }
}
