import Foundation
import Testing

@testable import Switchyard

/// What the tables promise, held against sources and configuration.
@Suite("Promises in tables")
struct PromiseTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func sources(_ folder: String) throws -> [(path: String, text: String)] {
        let base = Self.root.appending(path: folder)
        let files = try FileManager.default.subpathsOfDirectory(atPath: base.path)
        return try files.filter { $0.hasSuffix(".swift") }.map { path in
            (path, try String(contentsOf: base.appending(path: path), encoding: .utf8))
        }
    }

    @Test("every outward call has a time limit that cannot be switched off (RES-01)")
    func limits() throws {
        for call in OutwardCalls.calls {
            guard let key = call.key else {
                #expect(!call.limit.isEmpty, "\(call.service) \(call.operation) has no limit")
                continue
            }
            let setting = try #require(SettingTable.byKey[key], "\(key) is no key")
            guard case .duration(let range) = setting.kind else {
                Issue.record("\(key) is no time")
                continue
            }
            #expect(range.lowerBound > .zero && range.upperBound <= .seconds(86_400), "\(key)")
        }
    }

    @Test("no room opens connections or files of others without standing in the table (RES-01)")
    func complete() throws {
        // What a client is made with: sockets, libcurl, SQLite, an HTTP server.
        let marks = [
            "ClientBootstrap(", "curl_easy_init(", "DatabaseQueue(", "DatabasePool(", "sqlite3_open", "Application(",
            "MQTTClient(", "CurlTransport(", "URLSession", "connect(descriptor", "Process()",
        ]
        let rooms = Set(OutwardCalls.calls.map(\.room))
        // The composition only hands out what the rooms make.
        let others: Set<String> = ["Switchyard"]
        for (path, text) in try sources("Sources") {
            guard let mark = marks.first(where: { text.contains($0) }) else { continue }
            let isListed = rooms.union(others).contains { path.hasPrefix($0 + "/") }
            #expect(isListed, "\(path) makes a client (\(mark)) and its room has no row in OutwardCalls")
        }
    }

    @Test("each row of the degradation table is shown by a test (RES-09)")
    func degradation() throws {
        let tests = try sources("Tests").filter { !$0.path.hasSuffix("PromiseTests.swift") }.map(\.text)
        for row in DegradationTable.rows {
            let isShown = tests.contains { $0.contains("\"\(row.shownBy)\"") }
            #expect(isShown, "no test says: \(row.shownBy)")
        }
        #expect(Set(DegradationTable.rows.map(\.dependency)).count == DegradationTable.rows.count)
    }
}
