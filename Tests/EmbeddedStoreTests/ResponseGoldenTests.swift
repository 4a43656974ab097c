import EnergyModel
import Foundation
import Ports
import SwitchyardTesting
import Testing

/// Stored history outlives the code that wrote it. Each text below is one that some build has stored: it must be read for
/// ever. Never edit one: when a type gets a new form, add a line with it, and keep reading the old one.
@Suite("Forms in which transitions are stored")
struct ResponseGoldenTests {
    private func encoded(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private func decoded<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    @Test("changes stored by earlier builds are read, and written the same", arguments: changeGoldens.indices)
    func changes(index: Int) throws {
        let (change, text) = changeGoldens[index]
        #expect(try decoded(DRTransition.Change.self, text) == change)
        #expect(try encoded(change) == text)
    }

    @Test("notices stored by earlier builds are read, and written the same", arguments: noticeGoldens.indices)
    func notices(index: Int) throws {
        let (notice, text) = noticeGoldens[index]
        #expect(try decoded(DRNotice.self, text) == notice)
        #expect(try encoded(notice) == text)
    }

    @Test("points stored by earlier builds are read, and written the same")
    func points() throws {
        #expect(try decoded([BuildingPoint].self, pointsGolden.text) == pointsGolden.points)
        #expect(try encoded(pointsGolden.points) == pointsGolden.text)
    }

    @Test("every word of a state, phase, kind or quality that was ever stored is still known")
    func words() throws {
        #expect(DREventStatus.allCases.map(\.rawValue) == Words.statuses)
        #expect(LegState.allCases.map(\.rawValue) == Words.legs)
        #expect(CommandProgress.Phase.allCases.map(\.rawValue) == Words.phases)
        #expect(PointKind.allCases.map(\.rawValue) == ["cooling", "heating", "light", "switched"])
        #expect(ForecastQuality.allCases.map(\.rawValue) == ["normal", "manual", "degraded", "heuristic"])
        #expect(DemandResponseEvent.Kind.allCases.map(\.rawValue) == ["dr", "override"])
    }

    @Test("600 random transitions survive the way through JSON, every kind of change and notice among them")
    func roundTrips() throws {
        var changes: Set<String> = []
        var notices: Set<String> = []
        for seed in 0..<15 {
            var history = RandomHistory(event: try #require(DREventID("e")), seed: UInt64(seed))
            for transition in history.next(40) {
                #expect(try decoded(DRTransition.Change.self, encoded(transition.change)) == transition.change)
                #expect(try decoded([DRNotice].self, encoded(transition.notices)) == transition.notices)
                changes.insert(caseName(transition.change))
                for notice in transition.notices { notices.insert(caseName(notice)) }
            }
        }
        #expect(changes == ["plan", "event", "leg", "command"])
        #expect(Set(changeGoldens.map { caseName($0.0) }) == changes)
        #expect(Set(noticeGoldens.map { caseName($0.0) }) == notices)
    }

    private func caseName(_ value: some Any) -> String {
        String(String(describing: value).prefix { $0.isLetter })
    }
}

private enum Words {
    static let statuses = [
        "pending", "scheduled", "pending_execution", "active", "degraded", "completed", "failed", "cancelled",
        "superseded", "opted_out",
    ]
    static let legs = [
        "planned", "waiting", "pending_execution", "active", "degraded", "failed", "releasing", "completed",
        "compensating", "compensated",
    ]
    static let phases = [
        "planned", "retrying", "writing", "accepted", "polling", "asking", "askingLater", "confirmed", "failed",
        "releasing", "releaseAsking", "releaseRetrying", "rechecking", "reading", "released",
    ]
}

private func id(_ text: String) -> DREventID { DREventID(text)! }
private func place(_ text: String) -> FacilityID { FacilityID(text)! }
private func at(_ seconds: Int64) -> UTCInstant { UTCInstant(seconds: 1_790_000_000 + seconds) }
private func kilowatts(_ value: Double) -> Power { Power(kilowatts: value) }

private let plan = DispatchPlan(
    event: id("evt-1"), version: 2, window: TimeRange(start: at(0), end: at(3600)), target: kilowatts(150.5),
    forecastQuality: .heuristic,
    legs: [
        LegPlan(
            facility: place("F-1"),
            commands: [
                CommandPlan(
                    sequence: 3, step: 1, point: PointID("01/AHU-1/CLG_SP")!, kind: .coolingSetPoint, value: 24.5,
                    slot: .demandResponse, startsAt: at(0), endsAt: at(3600), expiresAt: at(4500),
                    minimumHold: .seconds(600), expected: kilowatts(12.25), replaces: 1)
            ], expected: kilowatts(12.25), releaseOffset: .milliseconds(90_500), heldBy: id("evt-0"))
    ])

private let bare = DispatchPlan(
    event: id("evt-1"), version: 1, window: TimeRange(start: at(0), end: at(3600)), target: nil,
    forecastQuality: .normal,
    legs: [
        LegPlan(
            facility: place("F-1"),
            commands: [
                CommandPlan(
                    sequence: 1, point: PointID("L")!, kind: .lightLevel, value: 0.5, slot: .operatorOverride,
                    startsAt: at(0), endsAt: at(1), expiresAt: at(2), expected: .zero)
            ], expected: .zero)
    ])

private let changeGoldens: [(DRTransition.Change, String)] = [
    (
        .plan(plan),
        #"""
        {"plan":{"_0":{"event":"evt-1","forecastQuality":"heuristic",\#
        "legs":[{"commands":[{"endsAt":1790003600000,"expected":{"kilowatts":12.25},"expiresAt":1790004500000,\#
        "kind":"cooling","minimumHold":[32,9704189641294348288],"point":"01/AHU-1/CLG_SP","replaces":1,\#
        "sequence":3,"slot":10,"startsAt":1790000000000,"step":1,"value":24.5}],"expected":{"kilowatts":12.25},\#
        "facility":"F-1","heldBy":"evt-0","releaseOffset":[4,16713023705161793536]}],\#
        "target":{"kilowatts":150.5},"version":2,"window":{"end":1790003600000,"start":1790000000000}}}}
        """#
    ),
    (
        .plan(bare),
        #"""
        {"plan":{"_0":{"event":"evt-1","forecastQuality":"normal","legs":[{"commands":[{"endsAt":1790000001000,\#
        "expected":{"kilowatts":0},"expiresAt":1790000002000,"kind":"light","minimumHold":[0,0],"point":"L",\#
        "sequence":1,"slot":8,"startsAt":1790000000000,"step":0,"value":0.5}],"expected":{"kilowatts":0},\#
        "facility":"F-1","releaseOffset":[0,0]}],"version":1,"window":{"end":1790003600000,\#
        "start":1790000000000}}}}
        """#
    ),
    (.event(EventProgress()), #"{"event":{"_0":{"isSettled":false,"isUnderDelivering":false,"status":"pending"}}}"#),
    (
        .event(EventProgress(status: .active, firstConfirmedAt: at(5), isUnderDelivering: true, isSettled: true)),
        #"""
        {"event":{"_0":{"firstConfirmedAt":1790000005000,"isSettled":true,"isUnderDelivering":true,\#
        "status":"active"}}}
        """#
    ),
    (
        .leg(place("F-1"), LegProgress()),
        #"{"leg":{"_0":"F-1","_1":{"isDiscrepant":false,"isUnderDelivering":false,"state":"planned"}}}"#
    ),
    (
        .leg(
            place("F-1"),
            LegProgress(
                state: .compensating, ending: .superseded(by: id("evt-2")), activeSince: at(9),
                isUnderDelivering: true, isDiscrepant: true)),
        #"""
        {"leg":{"_0":"F-1","_1":{"activeSince":1790000009000,"ending":{"superseded":{"by":"evt-2"}},\#
        "isDiscrepant":true,"isUnderDelivering":true,"state":"compensating"}}}
        """#
    ),
    (
        .leg(place("F-1"), LegProgress(state: .releasing, ending: .windowOver)),
        #"""
        {"leg":{"_0":"F-1","_1":{"ending":{"windowOver":{}},"isDiscrepant":false,"isUnderDelivering":false,\#
        "state":"releasing"}}}
        """#
    ),
    (
        .leg(place("F-1"), LegProgress(state: .compensating, ending: .stepFailed)),
        #"""
        {"leg":{"_0":"F-1","_1":{"ending":{"stepFailed":{}},"isDiscrepant":false,"isUnderDelivering":false,\#
        "state":"compensating"}}}
        """#
    ),
    (
        .leg(place("F-1"), LegProgress(state: .compensating, ending: .cancelled)),
        #"""
        {"leg":{"_0":"F-1","_1":{"ending":{"cancelled":{}},"isDiscrepant":false,"isUnderDelivering":false,\#
        "state":"compensating"}}}
        """#
    ),
    (
        .leg(place("F-1"), LegProgress(state: .compensating, ending: .optedOut)),
        #"""
        {"leg":{"_0":"F-1","_1":{"ending":{"optedOut":{}},"isDiscrepant":false,"isUnderDelivering":false,\#
        "state":"compensating"}}}
        """#
    ),
    (
        .command(place("F-1"), sequence: 1, CommandProgress()),
        #"""
        {"command":{"_0":"F-1","_2":{"attempts":0,"generation":0,"isAmbiguous":false,"phase":"planned",\#
        "releaseAttempts":0,"releaseRound":0},"sequence":1}}
        """#
    ),
    (
        .command(
            place("F-1"), sequence: 3,
            CommandProgress(
                phase: .releaseAsking, due: at(7), attempts: 2, generation: 5, firstSentAt: at(1),
                confirmedAt: at(2), executionID: "x/1\u{0}", isAmbiguous: true, releaseRound: 1, releaseAttempts: 4)),
        #"""
        {"command":{"_0":"F-1","_2":{"attempts":2,"confirmedAt":1790000002000,"due":1790000007000,\#
        "executionID":"x/1\u0000","firstSentAt":1790000001000,"generation":5,"isAmbiguous":true,\#
        "phase":"releaseAsking","releaseAttempts":4,"releaseRound":1},"sequence":3}}
        """#
    ),
]

private let noticeGoldens: [(DRNotice, String)] = [
    (.statusChanged(.optedOut), #"{"statusChanged":{"_0":"opted_out"}}"#),
    (
        .commandFailed(place("F-1"), sequence: 3, "refused"),
        #"{"commandFailed":{"_0":"F-1","_2":"refused","sequence":3}}"#
    ),
    (
        .releaseFailing(place("F-1"), sequence: 3, "no answer"),
        #"{"releaseFailing":{"_0":"F-1","_2":"no answer","sequence":3}}"#
    ),
    (
        .underDelivery(nil, achieved: kilowatts(80), target: kilowatts(150.5)),
        #"{"underDelivery":{"achieved":{"kilowatts":80},"target":{"kilowatts":150.5}}}"#
    ),
    (
        .underDelivery(place("F-1"), achieved: kilowatts(8), target: kilowatts(15)),
        #"{"underDelivery":{"_0":"F-1","achieved":{"kilowatts":8},"target":{"kilowatts":15}}}"#
    ),
    (
        .discrepancy(place("F-1"), recorded: kilowatts(12.25), measured: kilowatts(-3)),
        #"{"discrepancy":{"_0":"F-1","measured":{"kilowatts":-3},"recorded":{"kilowatts":12.25}}}"#
    ),
    (.buildingBusy(place("F-1")), #"{"buildingBusy":{"_0":"F-1"}}"#),
    (.settled, #"{"settled":{}}"#),
]

private let pointsGolden = (
    points: [
        BuildingPoint(
            id: PointID("01/AHU-1/CLG_SP")!, kind: .coolingSetPoint, zone: "OR-1", normal: 22, rated: kilowatts(40),
            isCritical: true, isHeldByOperator: true, longestShed: .seconds(900)),
        BuildingPoint(id: PointID("R1")!, kind: .switchedLoad, zone: "", normal: 1),
    ],
    text: #"""
    [{"id":"01/AHU-1/CLG_SP","isCritical":true,"isHeldByOperator":true,"kind":"cooling","longestShed":[48,\#
    14556284461941522432],"normal":22,"rated":{"kilowatts":40},"zone":"OR-1"},{"id":"R1","isCritical":false,\#
    "isHeldByOperator":false,"kind":"switched","normal":1,"zone":""}]
    """#
)
