import Foundation
import Testing

/// The arrows of ARCHITECTURE.md §1, read off the imports themselves. The manifest could be loosened by one careless line;
/// this table could not without somebody reading it.
@Suite("Architecture")
struct ArrowTests {
    /// What a room may import of ours, and of C. Rooms not listed are refused.
    static let allowed: [String: Set<String>] = [
        "Domain/EnergyModel": [],
        "Domain/Metering": ["EnergyModel"],
        "Domain/DemandResponse": ["EnergyModel"],
        "Domain/Forecasting": ["EnergyModel"],
        "Resilience": [],
        "Console/Screen": [],
        "Console/Console": ["Screen", "Ports", "EnergyModel"],
        "Console/NcursesTerminal": ["Screen", "Console", "CNcurses"],
        "Engine/Ports": ["EnergyModel"],
        "Engine/Engine": ["DemandResponse", "EnergyModel", "Forecasting", "Metering", "Ports", "Resilience"],
        "Adapters/EmbeddedStore": ["Ports", "EnergyModel", "Resilience"],
        "Adapters/MQTTFeed": ["Ports", "EnergyModel", "Resilience"],
        "Adapters/CurlTransport": ["Ports", "EnergyModel", "Resilience", "CCurl"],
        "Adapters/BuildingSOAP": ["Ports", "EnergyModel", "Resilience"],
        "Adapters/WeatherFeeds": ["Ports", "EnergyModel"],
        "Gateway/GatewayWire": ["EnergyModel", "Ports"],
        "Gateway/RemoteOperator": ["GatewayWire", "Ports", "EnergyModel", "Resilience"],
        "Gateway/PrometheusExporter": [],
        "Gateway/Gateway": ["GatewayWire", "PrometheusExporter", "Ports", "EnergyModel", "Resilience"],
        "Simulator": ["EnergyModel", "Metering", "Resilience", "MQTTFeed", "CurlTransport", "BuildingSOAP", "Ports"],
        "Testing": ["EnergyModel", "Ports"],
    ]
    static let ours = Set(allowed.keys.map { $0.split(separator: "/").last.map(String.init) ?? $0 })
        .union(["CMalloc", "CNcurses", "CCurl", "SwitchyardTesting"]).subtracting(["Testing"])

    static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources")

    @Test("every import runs along an arrow", arguments: allowed.keys.sorted())
    func importsRunAlongArrows(room: String) throws {
        for file in try swiftFiles(below: Self.sources.appending(path: room)) {
            for module in try imports(of: file) where Self.ours.contains(module) {
                #expect(
                    Self.allowed[room]?.contains(module) == true,
                    "\(room)/\(file.lastPathComponent) imports \(module), which ARCHITECTURE.md does not allow")
            }
        }
    }

    @Test("every folder with Swift in it is a room of the table or the executable")
    func everyFolderIsARoom() throws {
        for file in try swiftFiles(below: Self.sources) {
            let path = file.path.dropFirst(Self.sources.path.count + 1)
            let isKnown = path.hasPrefix("Switchyard/") || Self.allowed.keys.contains { path.hasPrefix($0 + "/") }
            #expect(isKnown, "\(path) lies in no known room")
        }
    }

    @Test("pure rooms read no clock, no randomness, no files", arguments: ["Domain", "Resilience", "Console/Screen"])
    func pureRoomsReadNothing(room: String) throws {
        let worldly = [
            "Date()", "Date.now", "ContinuousClock()", "SuspendingClock()", ".random(", "SystemRandomNumberGenerator",
            "FileManager", "ProcessInfo", "URLSession", "clock_gettime", "getenv(",
        ]
        for file in try swiftFiles(below: Self.sources.appending(path: room)) {
            let text = try code(of: file)
            for word in worldly {
                #expect(!text.contains(word), "\(file.lastPathComponent) reads the world: \(word)")
            }
        }
    }

    @Test("nothing is public, nothing is detached")
    func nothingIsPublic() throws {
        for file in try swiftFiles(below: Self.sources) where !file.lastPathComponent.hasSuffix(".pb.swift") {
            let lines = try code(of: file).split(separator: "\n")
            #expect(!lines.contains { $0.trimmingPrefix(while: \.isWhitespace).hasPrefix("public ") }, "\(file.path)")
            #expect(!lines.contains { $0.contains("Task.detached") }, "\(file.path)")
        }
    }

    private func swiftFiles(below directory: URL) throws -> [URL] {
        guard let walk = FileManager.default.enumerator(at: directory, includingPropertiesForKeys: nil) else {
            return []
        }
        return walk.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
    }

    private func imports(of file: URL) throws -> [String] {
        try code(of: file).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let at = words.firstIndex(of: "import"), at <= 2, words.count > at + 1 else { return nil }
            return String(words[words.count - 1]).split(separator: ".").first.map(String.init)
        }
    }

    /// The file without its comment lines.
    private func code(of file: URL) throws -> String {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.trimmingPrefix(while: \.isWhitespace).hasPrefix("//") }.joined(separator: "\n")
    }
}
