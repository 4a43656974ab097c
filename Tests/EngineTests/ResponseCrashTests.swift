import DemandResponse
import EnergyModel
import Foundation
import Ports
import SwitchyardTesting
import Synchronization
import Testing

@testable import Engine

@Suite("Crashes in demand response")
struct ResponseCrashTests {
    /// Seeds for each point of death: one in `scripts/test`, 50 in `scripts/soak`.
    private static let rounds = max(1, Int(ProcessInfo.processInfo.environment["SWITCHYARD_CRASH_ROUNDS"] ?? "") ?? 1)

    enum Death: String, CaseIterable { case beforeWrite, afterWrite, afterCall }

    /// The event runs while a process dies at the chosen point, once; another goes on over the same ports.
    private func run(_ death: Death, at point: Int, seed: UInt64) async throws -> (ResponseWorld, hasDied: Bool) {
        var world = try await ResponseWorld(seed: seed) { $0.response.report.freezeAfter = .seconds(1800) }
        world.buildings.set(.random(seed), of: world.facilities[0])
        let start = world.time.now.advanced(by: .seconds(60))
        switch death {
        case .beforeWrite: world.responses.crash(at: .before(write: point))
        case .afterWrite: world.responses.crash(at: .after(write: point))
        case .afterCall:
            let counter = CallCounter(calls: 0)
            let records = world.responses
            world.buildings.afterCall.withLock { $0 = { if counter.count() == point { records.die() } } }
        }
        _ = try await world.notify(notice("E-1", at: start, kilowatts: 180))
        var hasDied = false
        for _ in 0..<4 {
            await world.run(until: start.advanced(by: .seconds(3 * 3600)), step: .seconds(600))
            guard world.responses.isDead else { break }
            hasDied = true
            world.responses.crash(at: nil)
            world.buildings.afterCall.withLock { $0 = nil }
            try await world.crash()
        }
        return (world, hasDied)
    }

    @Test("at any point: every effect once, everything given back, the event settled", arguments: 0..<10)
    func anyPoint(seed: Int) async throws {
        for round in 0..<Self.rounds {
            var deaths = 0
            for death in Death.allCases {
                // Each seed takes every tenth point; together they take them all.
                for point in stride(from: seed + 1, through: 120, by: 10) {
                    let random = round * 1_000_000 + seed * 1000 + point
                    let (world, hasDied) = try await run(death, at: point, seed: UInt64(random))
                    try await check(world, "\(death.rawValue) \(point), seed \(random)")
                    if !hasDied { break }
                    deaths += 1
                }
            }
            // A lucky seed needs fewer steps.
            #expect(deaths >= (round == 0 ? 6 : 3), "the points lie beyond the event's end")
        }
    }

    private func check(_ world: ResponseWorld, _ name: String) async throws {
        let event = try #require(try await world.event("E-1"), "\(name): lost")
        #expect(event.isSettled, "\(name): \(event.status)")
        #expect(world.buildings.held.isEmpty, "\(name): still held")
        let commands = try await world.commands("E-1")
        let keys = Set(commands.map(\.key.text))
        #expect(commands.allSatisfy { $0.progress.isSettled }, "\(name)")
        for facility in world.facilities {
            let writes = world.buildings.site(facility).effects.filter { $0.value != nil }
            #expect(Set(writes.map(\.key)).count == writes.count, "\(name): written twice")
            #expect(writes.allSatisfy { keys.contains($0.key) }, "\(name): written without a record")
            // One plan, one command a point: a second one would be a second effect.
            #expect(Set(writes.map(\.point)).count == writes.count, "\(name): a point written by two commands")
        }
        let history = try await world.responses.transitions(of: event.id, after: 0, limit: 10_000)
        #expect(history.map(\.ordinal) == Array(1...history.count), "\(name)")
        #expect(try await world.responses.pendingNotices(limit: 1).isEmpty, "\(name): notices left")
        let reports = try await world.responses.reports(of: nil, after: 0, limit: 100)
        #expect(ReportChain.verify(reports).isEmpty, "\(name)")
        for versions in Dictionary(grouping: reports, by: \.facility).values {
            let states = try versions.map { try ReportText.report(of: $0).issue?.state }
            #expect(versions.map(\.version) == Array(1...versions.count), "\(name): versions")
            #expect(states.last == .frozen && states.count { $0 == .frozen } == 1, "\(name): \(states)")
        }
    }
}

private final class CallCounter: Sendable {
    private let calls: Mutex<Int>
    init(calls: Int) { self.calls = Mutex(calls) }
    func count() -> Int {
        calls.withLock { calls in
            calls += 1
            return calls
        }
    }
}
