import DemandResponse
import EnergyModel
import Logging
import Ports
import Synchronization

/// The edge of demand response: a notification is read, checked, and answered once it is durable (ledger DR-01, CF-07).
final class ResponseIntake: NotificationIntake {
    private let log: any EventLog
    private let decoder: NotificationDecoder
    private let backlog: IntakeBacklog
    private let settings: EngineSettings.Intake
    private let time: Timekeeper
    private let measures: EngineMeasures
    private let logger: Logger
    private let tracer: Tracer
    private let memory: Mutex<DeliveryMemory>

    init(
        log: any EventLog, decoder: NotificationDecoder, backlog: IntakeBacklog, settings: EngineSettings.Intake,
        time: Timekeeper, measures: EngineMeasures, logger: Logger, tracer: Tracer
    ) {
        self.log = log
        self.decoder = decoder
        self.backlog = backlog
        self.settings = settings
        self.time = time
        self.measures = measures
        self.logger = logger
        self.tracer = tracer
        memory = Mutex(DeliveryMemory(limit: settings.deliveries, age: settings.deliveryMemory))
    }

    func accept(_ notification: InboundNotification) async -> NotificationVerdict {
        measures.count(.notifications)
        let key = notification.deliveryID.map { DeliveryMemory.Key(utility: notification.utility, delivery: $0) }
        if let key, let known = memory.withLock({ $0.recall(key, now: time.uptime()) }) {
            measures.count(.repeatedNotifications)
            return known
        }
        let verdict = await settle(notification)
        if let key, verdict.isFinal { memory.withLock { $0.remember(verdict, key, now: time.uptime()) } }
        return verdict
    }

    private func settle(_ notification: InboundNotification) async -> NotificationVerdict {
        let waiting = backlog.count
        guard waiting < settings.highWater else {
            measures.count(.refusedNotifications)
            let drain = Double(waiting - settings.highWater + 1) / max(settings.perSecond, 0.1)
            return .busy(
                retryAfter: max(settings.retryAfter, .seconds(min(drain.rounded(.up), 300))),
                sentence: "\(waiting) notifications wait; send this one again later")
        }
        let inbound: InboundEvent
        do throws(EventRejection) {
            inbound = try InboundForm.inbound(
                from: InboundForm.record(of: notification, subject: ""), decoder: decoder)
        } catch {
            return await bury(notification, error)
        }
        return await store(inbound, notification)
    }

    /// In a trace that goes with the event from here on. A sender that gave none gets one worked out from its own number of the
    /// request, so that both sides can name it (ledger TRACE-03).
    private func store(_ inbound: InboundEvent, _ notification: InboundNotification) async -> NotificationVerdict {
        let subject = inbound.subject
        var (context, isRoot) = (inbound.trace, false)
        var attributes = [
            TraceSpan.Attribute("event", subject), TraceSpan.Attribute("utility", notification.utility),
        ]
        if notification.isTraceOurs || context == nil, case .event(let event) = inbound.notification.subject,
            let request = event.utilityRequestID
        {
            attributes.append(.init("request.trace", context.map { "\($0.trace)" } ?? "none"))
            context = .anchor(of: TraceID(derivedFrom: "\(notification.utility) \(request)"))
            isRoot = true
        }
        let span = tracer.begin("dr.accept", .response, .producer, in: context, isRoot: isRoot, isKept: true)
        var traced = notification
        (traced.traceID, traced.span) = (span.context.trace.description, span.context.span)
        let record = InboundForm.record(of: traced, subject: subject)
        let refusal = await span.context.asCurrent { await store(record, in: .demandResponseInbound) }
        var error: String?
        if case .busy(_, let sentence)? = refusal { error = sentence }
        tracer.end(span, error: error, attributes)
        return refusal ?? .accepted(event: subject, isRepeat: false)
    }

    private func bury(_ notification: InboundNotification, _ rejection: EventRejection) async -> NotificationVerdict {
        measures.count(.malformedNotifications)
        let record = InboundForm.letter(
            of: InboundForm.record(of: notification, subject: ""), at: nil, reason: rejection.code.rawValue,
            message: rejection.description, stage: "decode", attempts: 1, now: time.now())
        return await store(record, in: .demandResponseDeadLetters)
            ?? .malformed(path: rejection.path, sentence: rejection.sentence)
    }

    /// Nil when it is durable.
    private func store(_ record: LogRecord, in topic: Topic) async -> NotificationVerdict? {
        do throws(PortError) {
            try await bounded(by: settings.appendTimeout, "the event log", time: time) {
                [log] () throws(PortError) in try await log.append([record], to: topic)
            }
            if topic == .demandResponseInbound { backlog.appended() }
            return nil
        } catch {
            measures.count(.refusedNotifications)
            logger.warning("a notification is not stored", metadata: ["error": "\(error)"])
            return .busy(
                retryAfter: settings.retryAfter, sentence: "it could not be made durable; send it again")
        }
    }
}

extension NotificationVerdict {
    /// A refusal is no answer to remember: the sender is to come again.
    fileprivate var isFinal: Bool { if case .busy = self { false } else { true } }
}

/// How many notifications lie between the edge and their effect. Measured now and then, counted in between.
final class IntakeBacklog: Sendable {
    private let state = Mutex(0)

    var count: Int { state.withLock { $0 } }
    func appended() { state.withLock { $0 += 1 } }
    func set(_ count: Int) { state.withLock { $0 = count } }
}
