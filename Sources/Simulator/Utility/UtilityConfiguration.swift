import EnergyModel
import Ports

package struct UtilityConfiguration: Hashable, Sendable {
    /// The engine's webhook, e.g. `http://127.0.0.1:8080/webhooks/utility/dr-notification`.
    package var webhook: String
    package var form: UtilityOrder.Form
    /// `whsec_…`; signs notifications.
    package var secret: String?
    package var bearer: String?
    /// With every notification, e.g. to say whose key it is.
    package var headers: [HTTPHeader]
    /// Where the engine's callbacks and reports are taken. Port 0 takes a free one.
    package var callbackHost: String
    package var callbackPort: Int
    /// `whsec_…`; with it every callback's signature is checked. A wrong one is refused with 401.
    package var callbackSecret: String?
    /// Reports must bring this token; nil for none.
    package var reportBearer: String?
    /// Who gets a token at `POST …/auth/token`; with it reports must bring such a one, or `reportBearer`.
    package var reportClient: ReportClient?
    package var schedule: UtilitySchedule?

    package struct ReportClient: Hashable, Sendable {
        package var id: String
        package var secret: String
        package var tokenLife: Duration
        package init(id: String, secret: String, tokenLife: Duration = .seconds(3600)) {
            self.id = id
            self.secret = secret
            self.tokenLife = tokenLife
        }
    }

    package init(
        webhook: String, form: UtilityOrder.Form = .openADR31, secret: String? = nil, bearer: String? = nil,
        headers: [HTTPHeader] = [], callbackHost: String = "127.0.0.1", callbackPort: Int = 0,
        callbackSecret: String? = nil, reportBearer: String? = nil, reportClient: ReportClient? = nil,
        schedule: UtilitySchedule? = nil
    ) {
        self.webhook = webhook
        self.form = form
        self.secret = secret
        self.bearer = bearer
        self.headers = headers
        self.callbackHost = callbackHost
        self.callbackPort = callbackPort
        self.callbackSecret = callbackSecret
        self.reportBearer = reportBearer
        self.reportClient = reportClient
        self.schedule = schedule
    }
}

/// Events that a utility calls by itself.
package struct UtilitySchedule: Hashable, Sendable {
    /// What happens to an event after it was sent.
    package struct FollowUp: Hashable, Sendable {
        package enum Act: Hashable, Sendable {
            /// A new version with another demand, and another length if given.
            case update(UtilityOrder.Demand, length: Duration?)
            /// A version from before the event's creation.
            case olderVersion
            /// The same delivery once more, under the same `webhook-id`.
            case replay
            /// `delete` or `zeroLength`.
            case cancel(UtilityWord)
        }
        /// Since the event's first delivery.
        package var after: Duration
        package var act: Act

        package init(after: Duration, _ act: Act) {
            self.after = after
            self.act = act
        }
    }

    /// From the utility's start to the first event's delivery.
    package var firstAfter: Duration
    /// From an event's delivery to its start.
    package var notice: Duration
    package var length: Duration
    package var demand: UtilityOrder.Demand
    /// Empty: whom it may concern.
    package var facilities: [FacilityID]
    /// From one event's delivery to the next one's; nil for a single event.
    package var every: Duration?
    /// Events in all; nil for no end.
    package var count: Int?
    /// Ascending by `after`.
    package var followUps: [FollowUp]
    package var program: String
    package var priority: Int?

    package init(
        firstAfter: Duration = .seconds(60), notice: Duration = .seconds(5), length: Duration = .seconds(900),
        demand: UtilityOrder.Demand, facilities: [FacilityID] = [], every: Duration? = nil, count: Int? = nil,
        followUps: [FollowUp] = [], program: String = "simulated-program", priority: Int? = 1
    ) {
        self.firstAfter = firstAfter
        self.notice = notice
        self.length = length
        self.demand = demand
        self.facilities = facilities
        self.every = every
        self.count = every == nil ? 1 : count
        self.followUps = followUps.sorted { $0.after < $1.after }
        self.program = program
        self.priority = priority
    }

    /// Something to do, this long after the utility's start.
    struct Step: Hashable, Sendable {
        enum Act: Hashable, Sendable {
            case announce
            case follow(FollowUp.Act)
        }
        var after: Duration
        /// 0, 1, 2 …
        var event: Int
        var act: Act
    }

    /// All steps of the event with that number, in order; empty when there is no such event.
    func steps(event number: Int) -> [Step] {
        guard number >= 0, count.map({ number < $0 }) ?? true else { return [] }
        let begin = firstAfter + (every ?? .zero) * number
        return [Step(after: begin, event: number, act: .announce)]
            + followUps.map { Step(after: begin + $0.after, event: number, act: .follow($0.act)) }
    }

    /// `id` of an event must never come twice, not even after a restart: it holds the moment of the utility's start.
    func order(event number: Int, startedAt: UTCInstant, now: UTCInstant) -> UtilityOrder {
        UtilityOrder(
            id: "sim-\(startedAt.milliseconds / 1000)-\(number + 1)", program: program,
            name: "Simulated event \(number + 1)", priority: priority, start: now.advanced(by: notice), length: length,
            demand: demand, facilities: facilities, createdAt: now)
    }
}
