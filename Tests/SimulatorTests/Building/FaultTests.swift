import EnergyModel
import Testing

@testable import Simulator

@Suite("Faults at a building's door")
struct FaultTests {
    private let start = Blueprint.start

    @Test("a fault befalls its operations, its share and its number of requests")
    func choice() {
        let rules = [
            BuildingFaultRule(.hang, times: 2, operations: [.execute]), BuildingFaultRule(.status, share: 0.5),
        ]
        var faults = FaultStateMachine(BuildingFaultProfile(rules: rules), seed: 1, now: start)
        #expect(faults.befalls(.health, now: start) == nil)
        #expect(faults.befalls(.execute, now: start)?.fault == .hang)
        #expect(faults.befalls(.execute, now: start)?.fault == .hang)
        let rest = (0..<1000).compactMap { _ in faults.befalls(.read, now: start) }
        #expect((400...600).contains(rest.count))
        #expect(rest.allSatisfy { $0.fault == .status })
        #expect(faults.befallen[.hang] == 2)
    }

    @Test("a flapping building is sound in the first half of each period")
    func flapping() {
        let profile = BuildingFaultProfile(rules: [BuildingFaultRule(.reset)], flappingPeriod: .seconds(20))
        var faults = FaultStateMachine(profile, seed: 1, now: start)
        for second in 0..<60 {
            let now = start.advanced(by: .seconds(second))
            #expect((faults.befalls(.execute, now: now) != nil) == (second % 20 >= 10))
        }
    }

    @Test("too many duplicates lock a building for a while")
    func lockout() {
        let profile = BuildingFaultProfile(lockoutAfterDuplicates: 3, lockoutSpan: .seconds(60))
        var faults = FaultStateMachine(profile, seed: 1, now: start)
        for _ in 0..<2 { faults.duplicateSeen(now: start) }
        #expect(!faults.isLockedOut(now: start))
        faults.duplicateSeen(now: start)
        #expect(faults.isLockedOut(now: start.advanced(by: .seconds(59))))
        #expect(!faults.isLockedOut(now: start.advanced(by: .seconds(60))))
    }

    @Test("the body of the control endpoint says everything, and a mistyped word is refused")
    func body() throws {
        let text = """
            {"rules": [{"fault": "status", "status": 503, "share": 0.5, "times": 3, "operations": ["execute", "health"],
             "seconds": 2, "code": "BUSY"}], "flapping_seconds": 20, "duplicates": "fault", "lockout_after_duplicates": 5,
             "lockout_seconds": 30, "apply_seconds": [0.2, 1.5], "execution_failures": 0.1, "honours_expiry": false}
            """
        let profile = try BuildingFaultBody.profile(Array(text.utf8))
        #expect(
            profile.rules == [
                BuildingFaultRule(
                    .status, share: 0.5, times: 3, operations: [.execute, .health], span: .seconds(2), status: 503,
                    code: "BUSY")
            ])
        #expect(profile.building.applyDelay == .milliseconds(200) ... .milliseconds(1500))
        #expect(profile.duplicates == .fault && profile.lockoutAfterDuplicates == 5)
        #expect(try BuildingFaultBody.profile([]) == .none)
        let wrong: [(String, String)] = [
            ("{\"rule\": []}", "rule is not known"), ("{\"rules\": [{\"fault\": \"hangs\"}]}", "rules"),
            ("{\"rules\": [{\"fault\": \"hang\", \"share\": 2}]}", "rules.0.share must be"), ("[", "not"),
            ("{\"rules\": [{\"share\": 1}]}", "fault is required"),
        ]
        for (text, sentence) in wrong {
            let error = #expect(throws: SimulationError.self) { _ = try BuildingFaultBody.profile(Array(text.utf8)) }
            #expect(error?.sentence.contains(sentence) == true, "\(String(describing: error))")
        }
    }
}
