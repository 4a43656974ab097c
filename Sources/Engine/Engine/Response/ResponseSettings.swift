import DemandResponse
import EnergyModel

extension EngineSettings {
    /// Thresholds of demand response, with the ledger's values.
    package struct Response: Sendable {
        package enum Approval: String, Sendable, CaseIterable {
            /// Every plan is dispatched.
            case never
            /// Doubtful ones wait: a band wider than `plan.widestBand` (DR-16), or too much of the target missing.
            case automatic
            /// Every plan waits for a person.
            case always
        }

        package var intake = Intake()
        package var buildings = Buildings()
        package var outlook = Outlook()
        package var followUp = FollowUp()
        package var saga = SagaRules()
        package var plan = PlanRules()
        package var report = Report()

        package var approval = Approval.automatic
        /// Share of the target that may be missing before an automatic plan waits for a person; 1 for all of it.
        package var missingShare = 0.5
        /// Our name in a utility's targets (`VEN_NAME`).
        package var clientName = "switchyard"
        /// The program says that a positive DISPATCH_SETPOINT_RELATIVE is a reduction.
        package var relativeMeansReduction = false
        /// Deadline of one commit of transitions, and of one read.
        package var commitTimeout = Duration.seconds(5)
        /// How often the coordinator looks for what is due or came in.
        package var tick = Duration.milliseconds(50)
        /// The coordinator's lease: owner, how long it holds, how often it is renewed. An engine that starts again under the
        /// same name goes on at once; engines that share records must have different ones.
        package var owner = "engine"
        package var lease = Duration.seconds(30)
        package var leaseRenewal = Duration.seconds(10)
        /// Events loaded and driven at once.
        package var openEvents = 5_000

        package init() {}
    }

    package struct Intake: Sendable {
        package var group = "dr-intake"
        /// Notifications a second that are worked (DR-02).
        package var perSecond = 10.0
        /// Waiting notifications from which on senders are refused, and most that are held in memory (DR-03, CF-27).
        package var highWater = 8_000
        package var capacity = 10_000
        /// Deadline of the durable append behind an answer.
        package var appendTimeout = Duration.seconds(5)
        package var retryAfter = Duration.seconds(5)
        /// A delivery that comes again within this time is answered as the first was; so many are remembered.
        package var deliveryMemory = Duration.seconds(86_400)
        package var deliveries = 50_000
        /// Attempts to work a notification before it goes to `dr-events-dlq` (DR-09), and the wait after the first. A record
        /// store that is down uses up none (DR-13).
        package var attempts = 3
        package var firstDelay = Duration.seconds(1)
        package var longestDelay = Duration.seconds(30)
        /// How long one poll of the topic waits.
        package var pollWait = Duration.milliseconds(100)
    }

    /// How buildings are called (ledger BMS-03, BMS-05).
    package struct Buildings: Sendable {
        package var concurrent = 2
        package var concurrentOverall = 64
        /// Calls that may wait for one building; further ones are turned away.
        package var waiting = 512
        package var consecutiveFailures = 5
        package var consecutiveTimeouts = 3
        package var failureShare = 0.5
        package var failureMinimumCalls = 10
        package var failureWindow = Duration.seconds(60)
        package var coolDown = Duration.seconds(30)
        package var longestCoolDown = Duration.seconds(300)
        /// A call that takes so long is told of (BMS-17).
        package var slowCall = Duration.seconds(5)
        /// Deadline of reading a building's points.
        package var readTimeout = Duration.seconds(5)
        /// Points older than this are read again in the background.
        package var pointsAge = Duration.seconds(900)
    }

    /// What loads are expected while no forecast exists.
    package struct Outlook: Sendable {
        /// One-minute means of the last hour that must be there; with fewer the load counts as unknown (DR-17).
        package var minutes = 15
        /// Bounds of the band as shares of their mean. An assumption, not a confidence interval: quality `heuristic`.
        package var lowerShare = 0.9
        package var upperShare = 1.1
        /// The hours before an event in which a customer baseline is usually adjusted: from, to before its start.
        package var adjustmentFrom = Duration.seconds(4 * 3600)
        package var adjustmentTo = Duration.seconds(3600)
        /// How far back a building's events count for the order in which buildings are asked.
        package var shedMemory = Duration.seconds(7 * 86_400)
    }

    /// How participation reports are made.
    package struct Report: Sendable {
        /// Where neither the facility nor its programme nor its utility has a rule of its own.
        package var rule = BaselineRule.caiso10In10
        package var holidays = Holidays.nerc
        /// How long the load of an event's last minutes is waited for; then the provisional report says what is missing.
        package var dataWait = Duration.seconds(120)
        /// How often figures are worked out again until the settle time is over.
        package var checkInterval = Duration.seconds(900)
        /// The settle time: from an event's settling to the freezing of its reports.
        package var freezeAfter = Duration.seconds(86_400)
        /// How long a utility that does not take a report is tried, from its being issued.
        package var postPatience = Duration.seconds(7 * 86_400)

        /// Whose holidays are no business days.
        package enum Holidays: String, Sendable, CaseIterable {
            case nerc
            case usFederal = "us-federal"
            case none

            var table: HolidayTable {
                switch self {
                case .nerc: .nerc
                case .usFederal: .usFederal
                case .none: .none
                }
            }
        }
    }

    /// What happens behind a dispatch.
    package struct FollowUp: Sendable {
        /// How often measured reductions are compared (DR-18).
        package var reconcileInterval = Duration.seconds(30)
        /// The watchdog: how often it looks, and how long after a command's dead-man it acts (DR-22).
        package var watchdogInterval = Duration.seconds(30)
        package var watchdogGrace = Duration.seconds(120)
        /// How often notices are looked for, the first wait of one that failed, the longest, and when it is given up.
        package var noticeInterval = Duration.seconds(1)
        package var noticeFirstDelay = Duration.seconds(1)
        package var noticeLongestDelay = Duration.seconds(300)
        package var noticeAttempts = 20
        package var callbackTimeout = Duration.seconds(10)
        /// Waits before failed commands are sent again (BMS-11), and how often those due are looked for.
        package var tiers: [Duration] = [.seconds(60), .seconds(300), .seconds(900)]
        package var tierInterval = Duration.seconds(10)
    }
}
