import EnergyModel
import Ports
import SwitchyardTesting
import Synchronization
import Testing

@testable import Engine

@Suite("Arming")
struct ArmingTests {
    private static let facility = FacilityID("F-1")!
    private static let point = PointID("01/AHU-1/CLG_SP")!

    private static func request(_ key: String, _ author: String, _ action: OperatorCommand.Action) -> ArmRequest {
        ArmRequest(key: key, author: author, action: action)
    }

    private static let override = OperatorCommand.Action.overridePoint(
        OverrideRequest(facility: facility, point: point, value: 23, until: UTCInstant(seconds: 2_000_000_000)))

    /// The engine's clock as the test sets it.
    private static func board(_ clock: ManualUptime) -> ArmingBoard {
        ArmingBoard(
            span: .seconds(30),
            time: Timekeeper(
                now: { .distantPast }, uptime: { clock.now }, sleep: { _ in }, expire: { _ in }))
    }

    @Test("what one has armed nobody else arms, whole or part, until it is disarmed or 30 s passed")
    func excludes() throws {
        let clock = ManualUptime()
        let board = Self.board(clock)
        #expect(try board.arm(Self.request("a", "operator:ana", Self.override)) == .armed(for: .seconds(30)))
        clock.now = .seconds(10)
        #expect(
            try board.arm(Self.request("b", "operator:ben", .releaseBuilding(Self.facility)))
                == .held(by: "operator:ana", for: .seconds(20)))
        #expect(
            try board.arm(Self.request("b", "operator:ben", .releaseBuilding(FacilityID("F-2")!)))
                == .armed(for: .seconds(30)))
        #expect(try board.arm(Self.request("a", "operator:ana", Self.override)) == .armed(for: .seconds(30)))
        board.disarm(key: "a")
        #expect(
            try board.arm(Self.request("c", "operator:ben", Self.override)) == .armed(for: .seconds(30)))
        clock.now = .seconds(40)
        #expect(
            try board.arm(Self.request("a", "operator:ana", Self.override)) == .armed(for: .seconds(30)),
            "30 s end a hold")
    }

    @Test("several may note at once, and nobody's hold stops what touches something else")
    func independent() throws {
        let board = Self.board(ManualUptime())
        for key in ["a", "b"] {
            #expect(
                try board.arm(Self.request(key, key, .addNote(facility: Self.facility))) == .armed(for: .seconds(30)))
        }
        _ = try board.arm(Self.request("c", "c", .replayDeadLetters([1, 2])))
        let other = OperatorCommand(key: "d", author: "d", reason: "r", action: .replayDeadLetters([3]))
        let same = OperatorCommand(key: "d", author: "d", reason: "r", action: .replayDeadLetters([2, 3]))
        #expect(board.holder(against: other) == nil && board.holder(against: same)?.author == "c")
    }

    @Test("holds are bounded")
    func bounded() throws {
        let board = Self.board(ManualUptime())
        for number in 0..<Int64(ArmingBoard.limit) {
            _ = try board.arm(Self.request("\(number)", "a", .replayDeadLetters([number])))
        }
        #expect(throws: PortError.self) { try board.arm(Self.request("one more", "a", .replayDeadLetters([9_999]))) }
        _ = try board.arm(Self.request("0", "a", .replayDeadLetters([0])))
    }

    @Test("the engine refuses what another has armed, does what its holder sends, and then others may")
    func submitted() async throws {
        let world = World()
        let link = world.engine.link
        let armed = OperatorCommand(key: "a", author: "operator:ana", reason: "r", action: .tripBreaker("event-log"))
        let other = OperatorCommand(key: "b", author: "operator:ben", reason: "r", action: .resetBreaker("event-log"))
        _ = try await link.arm(ArmRequest(key: "a", author: armed.author, action: armed.action))
        guard case .refused(let sentence) = await link.submit(other) else {
            Issue.record("ben acted on what ana had armed")
            return
        }
        #expect(sentence.contains("operator:ana"))
        guard case .done = await link.submit(armed), case .done = await link.submit(other) else {
            Issue.record("refused though nobody else holds it")
            return
        }
    }
}

/// Uptime as the test sets it.
private final class ManualUptime: Sendable {
    private let state = Mutex(Duration.zero)
    var now: Duration {
        get { state.withLock(\.self) }
        set { state.withLock { $0 = newValue } }
    }
}
