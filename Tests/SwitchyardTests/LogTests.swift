import EnergyModel
import Engine
import Foundation
import Logging
import Ports
import Testing

@testable import Switchyard

@Suite("Logs")
struct LogTests {
    /// A folder of its own, removed when the test ends.
    private final class Folder {
        let path = NSTemporaryDirectory() + "switchyard-log-" + UUID().uuidString
        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        deinit {
            do { try FileManager.default.removeItem(atPath: path) } catch { print("left behind: \(path): \(error)") }
        }
        var names: [String] {
            get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
        }
        func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }
    }

    private let start = UTCInstant(seconds: 1_790_000_000)

    private func files(
        _ folder: Folder, rotateBytes: UInt64 = 1000, rotateAge: Duration = .seconds(86_400),
        keepBytes: UInt64 = 1_000_000
    ) throws -> LogFiles {
        try LogFiles(
            path: folder.path + "/s.log",
            keeping: LogKeeping(
                rotateBytes: rotateBytes, rotateAge: rotateAge, keepBytes: keepBytes, debugAge: .seconds(7 * 86_400),
                infoAge: .seconds(90 * 86_400), errorAge: .seconds(365 * 86_400)), now: start)
    }

    @Test("each class has its file: fine lines apart, errors in the main file and once more in their own (TRACE-10)")
    func classes() throws {
        let folder = try Folder()
        let files = try files(folder)
        for level in Logger.Level.allCases { files.append("\(level.rawValue)", level, at: start) }
        #expect(try folder.text("s-debug.log") == "trace\ndebug\n")
        #expect(try folder.text("s.log") == "info\nnotice\nwarning\nerror\ncritical\n")
        #expect(try folder.text("s-error.log") == "error\ncritical\n")
    }

    @Test("a file is turned over by size and by age, and no line is lost or torn")
    func rotation() throws {
        let folder = try Folder()
        let files = try files(folder, rotateBytes: 100, rotateAge: .seconds(3600))
        for number in 0..<50 {
            files.append(
                "line \(number) " + String(repeating: "x", count: 20), .info, at: start.advanced(by: .seconds(number)))
        }
        files.append("late", .info, at: start.advanced(by: .seconds(9000)))
        let names = try folder.names.filter { $0.hasPrefix("s.log") }
        #expect(names.count > 10)
        let lines = try names.flatMap { try folder.text($0).split(separator: "\n") }
        #expect(lines.count == 51)
        #expect(try folder.text("s.log") == "late\n")
        for name in names { #expect(try folder.text(name).utf8.count <= 100) }
    }

    @Test("what is too old for its class goes, each class after its own time")
    func ages() throws {
        let folder = try Folder()
        let files = try files(folder, rotateBytes: 50)
        for level in [Logger.Level.debug, .info, .error] {
            for number in 0..<3 {
                files.append(String(repeating: "x", count: 40), level, at: start.advanced(by: .milliseconds(number)))
            }
        }
        func kept(_ prefix: String) throws -> Int { try folder.names.filter { $0.hasPrefix(prefix + ".2") }.count }
        #expect(try kept("s-debug.log") == 2 && kept("s-error.log") == 2)
        files.append("x", .info, at: start.advanced(by: .seconds(8 * 86_400)))
        #expect(try kept("s-debug.log") == 0)
        #expect(try kept("s.log") > 2)
        files.append("x", .info, at: start.advanced(by: .seconds(100 * 86_400)))
        #expect(try kept("s-error.log") == 2)
        files.append("x", .info, at: start.advanced(by: .seconds(400 * 86_400)))
        #expect(try kept("s-error.log") == 0)
    }

    @Test("all files together stay below the cap, the oldest go first")
    func cap() throws {
        let folder = try Folder()
        let files = try files(folder, rotateBytes: 1000, keepBytes: 5000)
        for minute in 0..<200 {
            files.append(String(repeating: "x", count: 400), .info, at: start.advanced(by: .seconds(minute * 60)))
        }
        let sizes = try folder.names.map { name in
            (try FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(name)")[.size] as? Int) ?? 0
        }
        #expect(sizes.reduce(0, +) <= 7000)
    }

    private func handler(_ settings: [String: String] = [:]) throws -> (JSONLogHandler, LogLevels) {
        var loader = SettingsLoader()
        for (key, value) in settings { loader.flags[key] = ("--set", value) }
        let levels = try LogLevels(try loader.load())
        let files = try LogFiles(path: nil, keeping: LogKeeping(try loader.load()), now: start)
        return (JSONLogHandler(label: "switchyard", files: files, levels: levels), levels)
    }

    @Test("a line carries trace and span of what it was written for, and no text makes a line or a field of its own")
    func lines() throws {
        var (handler, _) = try handler()
        handler[metadataKey: LogMark.component] = "engine.response"
        let context = TraceContext(trace: TraceID(high: 1, low: 2), span: SpanID(3))
        let event = LogEvent(
            level: .warning, message: "not done",
            metadata: ["error": "x\"\n{\"level\":\"info\"}\u{1B}[2J\u{202E}\u{2028}"], source: "t", file: "f",
            function: "g",
            line: 1)
        let line = handler.line(event, at: start, in: context)
        #expect(line.unicodeScalars.allSatisfy { (0x20...0x7E).contains($0.value) })
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
        #expect(object["trace_id"] == "00000000000000010000000000000002" && object["span_id"] == "0000000000000003")
        #expect(object["logger"] == "engine.response" && object["level"] == "warning")
        #expect(object["error"] == "x\"\n{\"level\":\"info\"}\u{1B}[2J\u{202E}\u{2028}")
    }

    @Test("the nearest level set or configured counts, and `configured` takes a set one back")
    func levels() throws {
        let (made, levels) = try handler(["log.level": "warning", "log.levels": "engine=info"])
        var handler = made
        handler[metadataKey: LogMark.component] = "engine.response"
        #expect(handler.logLevel == .info && levels.level(of: "gateway") == .warning)
        try levels.set("engine.response", .debug)
        #expect(handler.logLevel == .debug && levels.level(of: "engine.ingest") == .info)
        try levels.set("switchyard", .error)
        #expect(levels.level(of: "mqtt") == .error && levels.level(of: "engine.ingest") == .info)
        try levels.set("engine.response", nil)
        #expect(handler.logLevel == .info)
        #expect(throws: PortError.self) { try levels.set("engine.nothing", .debug) }
        #expect(throws: CommandFailure.self) { try self.handler(["log.levels": "engine"]) }
    }
}
