import CurlTransport
import EnergyModel
import Logging
import Ports
import ServiceLifecycle
import Synchronization

/// A utility that calls demand-response events, changes its mind, and takes what the engine reports. As a service it listens
/// for callbacks and follows its schedule until graceful shutdown.
package final class SimulatedUtility: Service {
    private struct State {
        var deliveries = BoundedLog<UtilityDelivery>(limit: 20_000)
        /// Newest order of each event of the schedule.
        var orders: [Int: (order: UtilityOrder, delivery: String)] = [:]
    }

    /// Deliveries at the same time in a burst.
    private static let atOnce = 64

    package let configuration: UtilityConfiguration
    private let writer: DeliveryWriter
    private let desk: CallbackDesk
    private let send: HTTPSend
    private let transport: CurlTransport
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> UTCInstant
    private let startedAt: UTCInstant
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void
    private let state = Mutex(State())

    /// - Parameter onListening: called once with the bound port of the callback side.
    /// Throws when a secret is malformed.
    package init(
        _ configuration: UtilityConfiguration, logger: Logger, now: @escaping @Sendable () -> UTCInstant,
        clock: any Clock<Duration> = ContinuousClock(),
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws(SimulationError) {
        self.configuration = configuration
        self.logger = logger
        self.now = now
        self.clock = clock
        self.onListening = onListening
        startedAt = now()
        let everywhere = ["0.0.0.0/0", "::/0"].compactMap { AddressBlock($0) }
        let transport = CurlTransport(
            CurlTransportConfiguration(
                deadline: .seconds(10), concurrent: Self.atOnce, concurrentPerHost: Self.atOnce,
                // The person at the keyboard named the host.
                addresses: AddressPolicy(allowed: everywhere, permitsUnlistedPublic: true),
                userAgent: "switchyard-simulated-utility"))
        self.transport = transport
        send = { (request) async throws(HTTPTransportError) in try await transport.send(request) }
        writer = DeliveryWriter(
            webhook: try configuration.secret.map(StandardWebhook.init(secret:)), bearer: configuration.bearer,
            headers: configuration.headers)
        desk = CallbackDesk(
            webhook: try configuration.callbackSecret.map(StandardWebhook.init(secret:)),
            reportBearer: configuration.reportBearer, reportClient: configuration.reportClient, now: now)
    }

    /// Throws a `SimulationError` when it cannot listen; faults of the engine are kept in `deliveries`, never thrown.
    package func run() async throws {
        defer { transport.shutDown() }
        let listener = HTTPListener(
            host: configuration.callbackHost, port: configuration.callbackPort, logger: logger,
            onListening: onListening
        ) { [self] exchange in
            if let answer = try await UtilityDesk(utility: self).answer(exchange) { return answer }
            return try await desk.answer(exchange)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await listener.run() }
            group.addTask { try await self.followSchedule() }
            defer { group.cancelAll() }
            // The schedule may end; the listener goes on.
            while try await group.next() != nil {}
        }
    }

    /// The newest 20,000, oldest first.
    package var deliveries: [UtilityDelivery] { state.withLock { Array($0.deliveries.elements) } }
    var callbacks: [CallbackRecord] { desk.records }
    /// Reports that were taken, oldest first.
    var reports: [ReceivedReport] { desk.reports }
    /// Tokens given out.
    var tokensIssued: Int { desk.tokensIssued }
    var moment: UTCInstant { now() }
}

// MARK: - Sending

extension SimulatedUtility {
    /// Sends once and returns what came back. Never throws: a failure is an outcome.
    @discardableResult
    package func deliver(
        _ word: UtilityWord, _ order: UtilityOrder, form: UtilityOrder.Form? = nil, manner: DeliveryManner = .sound
    ) async -> UtilityDelivery {
        let body = NotificationText(form: form ?? configuration.form).body(word, order)
        let moment = now()
        let (delivery, number) = state.withLock { state in
            let number = state.deliveries.total
            let delivery = writer.write(
                id: "msg_\(startedAt.milliseconds)_\(number + 1)", event: order.id, word: word, body: body,
                manner: manner, now: moment)
            state.deliveries.append(delivery)
            return (delivery, number)
        }
        return await post(delivery, number)
    }

    /// The same bytes under the same `webhook-id`: freshly signed as a retry is, or with the old signature as one who
    /// listened in would. Nil when no such delivery is known.
    @discardableResult
    package func replay(_ id: String, signedAnew: Bool = true) async -> UtilityDelivery? {
        let moment = now()
        let found = state.withLock { state -> (UtilityDelivery, Int)? in
            guard var delivery = state.deliveries.elements.last(where: { $0.id == id }) else { return nil }
            if signedAnew {
                delivery = writer.write(
                    id: id, event: delivery.event, word: delivery.word, body: delivery.body, manner: .sound,
                    now: moment)
            }
            delivery.outcome = .pending
            state.deliveries.append(delivery)
            return (delivery, state.deliveries.total - 1)
        }
        guard let (delivery, number) = found else { return nil }
        return await post(delivery, number)
    }

    /// Many at a time, 64 on their way at once. In the order of `orders`.
    package func burst(
        _ orders: [UtilityOrder], form: UtilityOrder.Form? = nil, manner: DeliveryManner = .sound
    ) async -> [UtilityDelivery] {
        await withTaskGroup(of: (Int, UtilityDelivery).self) { group in
            var results: [Int: UtilityDelivery] = [:]
            for (index, order) in orders.enumerated() {
                if index >= Self.atOnce, let (done, delivery) = await group.next() { results[done] = delivery }
                group.addTask { (index, await self.deliver(.create, order, form: form, manner: manner)) }
            }
            for await (done, delivery) in group { results[done] = delivery }
            return orders.indices.compactMap { results[$0] }
        }
    }

    /// OpenADR's echo challenge: true when the webhook answers 200 with the word in its body.
    package func challenge(_ word: String) async -> Bool {
        do {
            let answer = try await send(HTTPRequest(.get, "\(configuration.webhook)?echo=\(word)"))
            return answer.status == 200 && String(decoding: answer.body, as: UTF8.self).contains(word)
        } catch {
            logger.warning("echo challenge failed", metadata: ["error": "\(error)"])
            return false
        }
    }

    private func post(_ delivery: UtilityDelivery, _ number: Int) async -> UtilityDelivery {
        var delivery = delivery
        do {
            // A replay must be the utility's doing, never libcurl's.
            let answer = try await send(
                HTTPRequest(
                    .post, configuration.webhook, headers: delivery.headers, body: delivery.body,
                    reusesConnection: false))
            let text = String(decoding: answer.body.prefix(2000), as: UTF8.self)
            delivery.outcome = .answered(status: answer.status, body: text)
            delivery.retryAfter = answer.header("Retry-After").flatMap { Int($0) }.map {
                .seconds(min(max($0, 0), 300))
            }
        } catch {
            delivery.outcome = .failed("\(error)")
            delivery.retryAfter = nil
        }
        state.withLock { [delivery] in $0.deliveries[number] = delivery }
        return delivery
    }
}

// MARK: - The schedule

extension SimulatedUtility {
    private static let attempts = 5

    private func followSchedule() async throws {
        guard let schedule = configuration.schedule else { return }
        do {
            try await cancelWhenGracefulShutdown {
                // Follow-ups of one event may fall behind the beginning of the next: each event keeps its own time.
                try await withThrowingTaskGroup(of: Void.self) { group in
                    var number = 0
                    while let first = schedule.steps(event: number).first {
                        try await self.wait(until: first.after)
                        let steps = schedule.steps(event: number)
                        group.addTask { try await self.follow(steps, schedule) }
                        number += 1
                    }
                    while try await group.next() != nil {}
                }
            }
        } catch is CancellationError {
            // The ordinary end of an unfinished schedule.
        }
    }

    private func wait(until after: Duration) async throws {
        let passed = now().since(startedAt)
        if after > passed { try await clock.sleep(for: after - passed) }
    }

    private func follow(_ steps: [UtilitySchedule.Step], _ schedule: UtilitySchedule) async throws {
        for step in steps {
            try await wait(until: step.after)
            switch step.act {
            case .announce:
                let order = schedule.order(event: step.event, startedAt: startedAt, now: now())
                try await persist(.create, order, event: step.event)
            case .follow(let act): try await perform(act, event: step.event)
            }
        }
        state.withLock { $0.orders[steps.first?.event ?? 0] = nil }
    }

    private func perform(_ act: UtilitySchedule.FollowUp.Act, event: Int) async throws {
        guard let (order, delivery) = state.withLock({ $0.orders[event] }) else { return }
        var next = order
        switch act {
        case .update(let demand, let length):
            next.demand = demand
            next.length = length ?? order.length
            next.modifiedAt = now()
            try await persist(.update, next, event: event)
        case .olderVersion:
            next.modifiedAt = order.createdAt.advanced(by: .seconds(-3600))
            await deliver(.update, next)
        case .replay: await replay(delivery)
        case .cancel(let word):
            next.modifiedAt = now()
            try await persist(word, next, event: event)
        }
    }

    /// A utility comes again while it is told to, or hears nothing.
    private func persist(_ word: UtilityWord, _ order: UtilityOrder, event: Int) async throws {
        var delivery = await deliver(word, order)
        for attempt in 1..<Self.attempts where !delivery.isAccepted {
            logger.info(
                "the engine did not take a notification",
                metadata: ["event": "\(order.id)", "attempt": "\(attempt)", "outcome": "\(delivery.outcome)"])
            if let status = delivery.status, (400..<500).contains(status), status != 429 { break }
            try await clock.sleep(for: delivery.retryAfter ?? .seconds(1 << attempt))
            delivery = await replay(delivery.id) ?? delivery
        }
        state.withLock { [delivery] in $0.orders[event] = (order, delivery.id) }
    }
}
