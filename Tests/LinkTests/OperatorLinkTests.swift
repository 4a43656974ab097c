import EnergyModel
import Gateway
import Ports
import SwitchyardTesting
import Testing

@Suite("An operator's link", .timeLimit(.minutes(3)))
struct OperatorLinkTests {
    @Test("inside the engine's process", arguments: OperatorLinkContract.cases)
    func embedded(rule: ContractCase<LinkedEngine>) async throws {
        try await with { world, running in
            try await rule.check(world.linked(running.engine, running))
        }
    }

    @Test("over the gateway", arguments: OperatorLinkContract.cases)
    func remote(rule: ContractCase<LinkedEngine>) async throws {
        try await with { world, running in
            try await FarLink.with(port: running.port, token: world.token.text) { link in
                try await rule.check(world.linked(link, running))
            }
        }
    }

    private func with(_ body: (LinkWorld, LinkWorld.Running) async throws -> Void) async throws {
        let world = try LinkWorld()
        try await world.run { running in
            try await world.furnish(running)
            try await body(world, running)
        }
    }
}

extension LinkWorld {
    func linked(_ link: any OperatorLink, _ running: Running) -> LinkedEngine {
        LinkedEngine(
            link: link, engine: running.engine, facility: facility, meter: meter, event: event, now: LinkWorld.now,
            stop: running.stop)
    }
}
