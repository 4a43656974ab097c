import EnergyModel
import Ports
import Screen
import Testing

@testable import Console

@Suite("A console on an engine elsewhere")
struct RemoteConsoleTests {
    private static func standing(
        _ role: OperatorRole = .operator, offset: Duration = .zero, roundTrip: Duration = .milliseconds(12)
    ) -> LinkUpdate {
        .standing(
            LinkStanding(
                endpoint: "https://north.example:8443",
                identity: OperatorIdentity(name: "ben", role: role, scope: .all), expiresAt: nil,
                clockOffset: offset, roundTrip: roundTrip, reconnects: 0))
    }

    private static func desk(isToldReadOnly: Bool = false, size: Size = Size(columns: 120, rows: 40)) -> Desk {
        var desk = Desk(size: size)
        desk.state.person = .unknown(name: "ana", isToldReadOnly: isToldReadOnly)
        return desk
    }

    @Test("until the engine has said who one is nothing is done; then it is done in that name")
    func role() throws {
        var desk = Self.desk()
        desk.press("5 D")
        #expect(desk.state.layer == nil && desk.shows("READ-ONLY"))
        desk.send(.link(Self.standing()))
        #expect(desk.shows("ben (operator)") && !desk.shows("READ-ONLY"), "\(desk.text[0])")
        desk.press("D")
        desk.type("test rig")
        desk.press("Enter x")
        guard case .submit(let command) = desk.performed.last?.work else {
            Issue.record("an operator may act")
            return
        }
        #expect(command.author == "operator:ben")
    }

    @Test("a viewer's actions are gone; a role taken away closes what was begun; the flag outranks the role")
    func viewer() {
        var desk = Self.desk()
        desk.send(.link(Self.standing(.viewer)))
        #expect(desk.shows("READ-ONLY") && desk.shows("change nothing"))
        desk.send(.link(Self.standing(.supervisor)))
        #expect(desk.shows("You may act again"))
        desk.press("5 D")
        #expect(desk.state.layer != nil)
        desk.send(.link(Self.standing(.viewer)))
        #expect(desk.state.layer == nil && desk.shows("READ-ONLY"))
        var told = Self.desk(isToldReadOnly: true)
        told.send(.link(Self.standing(.supervisor)))
        #expect(told.shows("READ-ONLY"))
    }

    @Test("the header names the engine, how far away it is, and a clock that is wrong", arguments: [80, 120, 200])
    func header(columns: Int) throws {
        var desk = Self.desk(size: Size(columns: columns, rows: 24))
        desk.send(.link(Self.standing()))
        #expect(desk.shows("north.example:8443"))
        #expect(desk.shows("↔ 12 ms") && !desk.shows("clock"))
        desk.send(.link(Self.standing(offset: .seconds(-90))))
        #expect(desk.shows("clock -"))
        try Golden.check(desk.golden, "remote-overview-\(columns)x24")
    }

    @Test("a lost link says so at once and keeps what is shown, marked; quitting asks nothing, since no engine ends")
    func lost() {
        var desk = Self.desk()
        desk.send(.link(Self.standing()))
        desk.send(.link(.lost(sentence: "The connection to north.example was cut; trying again.")))
        #expect(desk.shows("LINK LOST: The connection to north.example was cut"))
        #expect(desk.shows("Harbor Hospital"))
        desk.press("q")
        #expect(desk.state.isQuitting)
    }
}
