import CurlTransport
import EnergyModel
import Ports
import ServiceLifecycle
import Testing

@testable import BuildingSOAP
@testable import Simulator

@Suite("The building server", .timeLimit(.minutes(5)))
struct BuildingServerTests {
    @Test("a command goes out, is confirmed, read back and given back, in either SOAP", arguments: SOAPVersion.allCases)
    func roundTrip(version: SOAPVersion) async throws {
        try await BuildingTown.open { town in
            let done = try await town.ask(BuildingTown.write(25.5, key: "E:1"), version: version)
            guard case .answer(.commands(let key, let results)) = done else { Issue.record("\(done)"); return }
            #expect(key == "E:1" && results.map(\.outcome) == [.applied])
            let again = try await town.ask(BuildingTown.write(25.5, key: "E:1"), version: version)
            guard case .answer(.commands(_, let repeats)) = again else { Issue.record("\(again)"); return }
            #expect(repeats.map(\.outcome) == [.duplicate(of: .applied)])
            #expect(repeats.map(\.executionID) == results.map(\.executionID))
            let state = try await town.ask(.getExecution(.idempotencyToken("E:1")), version: version)
            let report = ExecutionReport(
                point: Blueprint.cooling, executionID: results[0].executionID, state: .applied(readback: 25.5))
            #expect(state == .answer(.executions([report])))
            let read = try await town.ask(.readPoints([Blueprint.cooling]), version: version)
            guard case .answer(.points(let points)) = read else { Issue.record("\(read)"); return }
            #expect(points.map(\.slots) == [[10: 25.5]] && points[0].description?.kind == .coolingSetPoint)
            _ = try await town.ask(BuildingTown.write(nil, key: "E:1:r1"), version: version)
            let body = try #require(town.buildings.ledgerBody(of: FacilityID("F-001")!))
            #expect(body.reduced.isEmpty && body.doubled.isEmpty && body.effects.count == 2 && body.duplicates == 1)
        }
    }

    @Test("all points, release all, an unknown key, WSDL and health")
    func others() async throws {
        try await BuildingTown.open { town in
            let all = try await town.ask(.readPoints([]))
            guard case .answer(.points(let points)) = all else { Issue.record("\(all)"); return }
            #expect(points.count == 14 && points.allSatisfy { $0.description != nil })
            _ = try await town.ask(BuildingTown.write(25, key: "a"))
            let released = try await town.ask(.releaseAll(ReleaseAll(idempotencyToken: "r", priorities: [10])))
            #expect(
                released == .answer(.released(ReleaseReport(idempotencyToken: "r", released: [Blueprint.cooling]))))
            let unknown = try await town.ask(.getExecution(.idempotencyToken("never")))
            #expect(unknown == .answer(.executions([ExecutionReport(point: nil, executionID: nil, state: .unknown)])))
            let wsdl = try await town.transport.send(HTTPRequest(.get, "\(town.base)/F-001/soap?wsdl"))
            #expect(String(decoding: wsdl.body, as: UTF8.self).contains("\(town.base)/F-001/soap"))
            #expect(try await town.transport.send(HTTPRequest(.get, "\(town.base)/F-002/health")).status == 200)
            #expect(try await town.transport.send(HTTPRequest(.get, "\(town.base)/F-999/health")).status == 404)
            let hostile = Array("<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>".utf8)
            let refused = try await town.transport.send(HTTPRequest(.post, "\(town.base)/F-001/soap", body: hostile))
            #expect(refused.status == 500)
        }
    }

    enum Outcome: Equatable {
        case answered(Int)
        case unknown(HTTPTransportError.Code)
    }

    static let faults: [(BuildingFaultRule, Outcome, effects: Int)] = [
        (BuildingFaultRule(.delay, span: .milliseconds(50)), .answered(200), 1),
        (BuildingFaultRule(.hang, span: .seconds(50)), .unknown(.timeoutAfterSend), 0),
        (BuildingFaultRule(.reset), .unknown(.lostAfterSend), 0),
        (BuildingFaultRule(.status), .answered(500), 0), (BuildingFaultRule(.status, status: 503), .answered(503), 0),
        (BuildingFaultRule(.status, status: 401), .answered(401), 0),
        (BuildingFaultRule(.transientFault), .answered(500), 0),
        (BuildingFaultRule(.permanentFault), .answered(500), 0),
        (BuildingFaultRule(.itemRejection), .answered(200), 0),
        (BuildingFaultRule(.answerLost), .unknown(.lostAfterSend), 1),
        (BuildingFaultRule(.answerHangs, span: .seconds(50)), .unknown(.timeoutAfterSend), 1),
        (BuildingFaultRule(.garbage), .answered(200), 1),
        (BuildingFaultRule(.drip, span: .microseconds(100)), .answered(200), 1),
    ]

    @Test("each fault looks as it should, and asking by key tells what was done", arguments: 0..<faults.count)
    func fault(index: Int) async throws {
        let (plain, outcome, effects) = Self.faults[index]
        var rule = plain
        rule.operations = [.execute]
        rule.times = 1
        let profile = BuildingFaultProfile(rules: [rule], building: BuildingTown.quick)
        try await BuildingTown.open(profile) { town in
            let command = BuildingTown.write(25.5, key: "E:1")
            do {
                let response = try await town.sendForSure(
                    command, first: outcome == .unknown(.timeoutAfterSend) ? .milliseconds(300) : .seconds(10))
                #expect(outcome == .answered(response.status))
                #expect((response.header("Retry-After") != nil) == (response.status == 503))
            } catch let error as HTTPTransportError {
                #expect(outcome == .unknown(error.code), "\(error)")
            }
            #expect(try await town.reaches(effects: effects))
            let state = try await town.ask(.getExecution(.idempotencyToken("E:1")))
            guard case .answer(.executions(let reports)) = state else { Issue.record("\(state)"); return }
            #expect((reports[0].state == .applied(readback: 25.5)) == (effects == 1), "\(reports)")
            // Whatever happened, sending again does it exactly once.
            _ = try await town.ask(command)
            #expect(town.effects() == 1)
        }
    }

    @Test("duplicates are refused on request, and lock the building")
    func lockout() async throws {
        let time = StandingTime(Blueprint.start)
        let profile = BuildingFaultProfile(
            duplicates: .fault, lockoutAfterDuplicates: 2, lockoutSpan: .seconds(60), building: BuildingTown.quick)
        try await BuildingTown.open(profile, time: time) { town in
            _ = try await town.ask(BuildingTown.write(25, key: "a"))
            for _ in 0..<2 {
                guard case .fault(let fault) = try await town.ask(BuildingTown.write(25, key: "a")) else {
                    Issue.record("no fault")
                    return
                }
                #expect(fault.faultCode == "DUPLICATE")
            }
            guard case .fault(let locked) = try await town.ask(BuildingTown.write(26, key: "b")) else {
                Issue.record("not locked")
                return
            }
            #expect(locked.faultCode == "LOCKOUT")
            #expect(try await town.transport.send(HTTPRequest(.get, "\(town.base)/F-001/health")).status == 503)
            time.move(by: .seconds(60))
            guard case .answer = try await town.ask(BuildingTown.write(26, key: "b")) else {
                Issue.record("still locked")
                return
            }
            #expect(town.effects() == 2)
        }
    }

    @Test("the desk sets faults for one and for all, holds a comfort override, and shows ledgers")
    func desk() async throws {
        try await BuildingTown.open { town in
            let broken = "{\"rules\": [{\"fault\": \"status\", \"status\": 503}], \"apply_seconds\": [0, 0]}"
            #expect(try await town.post("F-002/faults", broken) == 204)
            #expect(try await town.send(.readPoints([]), to: "F-002").status == 503)
            #expect(try await town.send(.readPoints([]), to: "F-001").status == 200)
            #expect(try await town.post("*/faults", broken) == 204)
            #expect(try await town.send(.readPoints([]), to: "F-001").status == 503)
            #expect(try await town.post("*/faults", "{\"apply_seconds\": [0, 0]}") == 204)
            #expect(try await town.post("F-999/faults", "{}") == 404)
            #expect(try await town.post("F-001/faults", "{\"rulez\": []}") == 400)
            _ = try await town.ask(BuildingTown.write(25.5, key: "k"))
            #expect(try await town.post("F-001/comfort", "{\"point\": \"02/EAST/CLG_SP\", \"minutes\": 30}") == 200)
            let ledger = try await town.transport.send(HTTPRequest(.get, "\(town.base)/F-001/ledger"))
            let text = String(decoding: ledger.body, as: UTF8.self)
            #expect(text.contains("\"kind\":\"occupant\"") && text.contains("\"key\":\"k\""))
            #expect(text.contains("\"reduced\":[]"))
            _ = try await town.transport.send(HTTPRequest(.delete, "\(town.base)/F-001/comfort"))
            let all = try await town.transport.send(HTTPRequest(.get, town.base))
            #expect(String(decoding: all.body, as: UTF8.self).contains("\"reduced\":1"))
        }
    }

    @Test("a building that hangs delays no other")
    func bulkhead() async throws {
        let profile = BuildingFaultProfile(building: BuildingTown.quick)
        try await BuildingTown.open(profile) { town in
            town.buildings.setFaults(
                BuildingFaultProfile(
                    rules: [BuildingFaultRule(.hang, span: .seconds(3))], building: BuildingTown.quick),
                of: FacilityID("F-001"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: HTTPTransportError.self) {
                        _ = try await town.send(BuildingTown.write(25, key: "a"), deadline: .seconds(1))
                    }
                }
                for number in 0..<20 {
                    let answer = try await town.ask(BuildingTown.write(25, key: "\(number)"), of: "F-002")
                    if case .fault(let fault) = answer { Issue.record("\(fault)") }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("a command that was delayed acts later, when nobody waits any more")
    func lateWrite() async throws {
        let profile = BuildingFaultProfile(
            rules: [BuildingFaultRule(.delay, times: 1, span: .seconds(2))], building: BuildingTown.quick)
        try await BuildingTown.open(profile) { town in
            await #expect(throws: HTTPTransportError.self) {
                _ = try await town.sendForSure(BuildingTown.write(25, key: "a"), first: .milliseconds(100))
            }
            #expect(town.effects() == 0)
            let acts = try await town.reaches(effects: 1)
            #expect(acts)
        }
    }

    @Test("the engine's own link commands it, asks, reads and gives back")
    func link() async throws {
        try await BuildingTown.open(time: nil) { town in
            let event = try #require(DREventID("E-1"))
            let address = BuildingAddress(facility: FacilityID("F-001")!, endpoint: "\(town.base)/F-001/soap")
            let link = SOAPBuildingLink(send: town.transport.send, now: { Blueprint.start })
            func perform(_ operation: BuildingRequest.Operation, _ key: IdempotencyKey) async -> BuildingAnswer {
                await link.perform(
                    BuildingRequest(
                        event: event, facility: address.facility, sequence: 1, generation: 1, key: key,
                        operation: operation, point: Blueprint.cooling, slot: .demandResponse,
                        expiresAt: Blueprint.start.advanced(by: .seconds(900)),
                        answerBy: Blueprint.start.advanced(by: .seconds(30))), at: address)
            }
            let key = IdempotencyKey.write(event, 1)
            #expect(await perform(.status, key) == .notKnown)
            #expect(await perform(.write(25), key) == .applied(executionID: "X-F-001-1"))
            #expect(await perform(.write(25), key) == .applied(executionID: "X-F-001-1"))
            #expect(await perform(.status, key) == .applied(executionID: "X-F-001-1"))
            #expect(await perform(.readSlot, key) == .slot(25))
            let points = try await link.points(of: address)
            let described = town.buildings.visit(address.facility) { building, _, _ in
                building.points.map(\.described)
            }
            #expect(points == described)
            #expect(await perform(.release, .release(event, 1, round: 1)) == .applied(executionID: "X-F-001-2"))
            #expect(await perform(.readSlot, key) == .slot(nil))
            #expect(try await link.releaseAll([.demandResponse], key: "all", of: address) == [])
            try await link.ping(address)
            #expect(town.effects() == 2)
        }
    }

    @Test("ends soon when it is to end, even while a request hangs")
    func shutdown() async throws {
        let profile = BuildingFaultProfile(rules: [BuildingFaultRule(.hang, span: .seconds(3600))])
        try await BuildingTown.open(profile) { town in
            try await withThrowingTaskGroup(of: Void.self) { group in
                let buildings = town.buildings
                let (ports, port) = AsyncStream<Int>.makeStream()
                let services = ServiceGroup(
                    services: [BuildingServer(buildings, port: 0, logger: BuildingTown.quiet) { port.yield($0) }],
                    logger: BuildingTown.quiet)
                group.addTask { try await services.run() }
                var iterator = ports.makeAsyncIterator()
                let base = "http://127.0.0.1:\(await iterator.next() ?? 0)/bms"
                let second = BuildingTown(buildings: buildings, base: base, transport: town.transport)
                await #expect(throws: HTTPTransportError.self) {
                    _ = try await second.send(.readPoints([]), deadline: .milliseconds(200))
                }
                await services.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
    }

    @Test("a port in use is a sentence")
    func portInUse() async throws {
        try await BuildingTown.open { town in
            let port = try #require(town.base.split(separator: ":").last.flatMap { Int($0.prefix { $0 != "/" }) })
            let error = await #expect(throws: SimulationError.self) {
                try await BuildingServer(town.buildings, port: port, logger: BuildingTown.quiet).run()
            }
            #expect(error?.sentence.contains("choose another port") == true)
        }
    }
}
