import EnergyModel

/// An event as a utility sent it, decoded and checked, not yet resolved in time.
package struct UtilityEvent: Hashable, Sendable {
    package struct Period: Hashable, Sendable {
        /// Nil: directly after the interval before. `.now` is OpenADR's 0001-01-01.
        package enum Start: Hashable, Sendable {
            case now
            case at(UTCInstant)
        }
        package var start: Start?
        package var duration: CalendarDuration?
        package var randomizeStart: CalendarDuration?

        package init(
            start: Start? = nil, duration: CalendarDuration? = nil, randomizeStart: CalendarDuration? = nil
        ) {
            self.start = start
            self.duration = duration
            self.randomizeStart = randomizeStart
        }
    }

    package struct Interval: Hashable, Sendable {
        package var id: Int
        package var period: Period?
        package var payloads: [Payload]

        package init(id: Int, period: Period? = nil, payloads: [Payload]) {
            self.id = id
            self.period = period
            self.payloads = payloads
        }
    }

    /// One kind of signal; n values divide the interval by n (3.1).
    package enum Payload: Hashable, Sendable {
        /// SIMPLE, 0...3.
        case level([Int])
        /// IMPORT_CAPACITY_LIMIT, DISPATCH_SETPOINT: consumption stays at or below.
        case limit([Power])
        /// DISPATCH_SETPOINT_RELATIVE where the program says that positive means less; the plain form's reduction.
        case reduction([Power])
        /// ALERT_*: shown, never dispatched.
        case alert(String, String)
        /// Known or private, not dispatched: prices and the like.
        case other(String)
    }

    /// Target as text (3.1.0), or with its type (3.0.1).
    package struct Target: Hashable, Sendable {
        package var type: String?
        package var value: String
        package init(type: String? = nil, value: String) {
            self.type = type
            self.value = value
        }
    }

    package var id: DREventID
    package var utilityRequestID: String?
    package var program: String
    /// Free text: neutralise before it is drawn.
    package var name: String
    /// 0 is the highest; nil the lowest.
    package var priority: Int?
    package var createdAt: UTCInstant?
    /// The version; nil when the utility did not say.
    package var modifiedAt: UTCInstant?
    package var targets: [Target]
    package var period: Period?
    /// Longer than the intervals loops them, shorter cuts them off (3.1).
    package var duration: CalendarDuration?
    package var intervals: [Interval]
    /// How often reports are asked for: the payload types of its report descriptors, in order.
    package var reports: [String]

    package init(
        id: DREventID, utilityRequestID: String? = nil, program: String, name: String = "", priority: Int? = nil,
        createdAt: UTCInstant? = nil, modifiedAt: UTCInstant? = nil, targets: [Target] = [], period: Period? = nil,
        duration: CalendarDuration? = nil, intervals: [Interval] = [], reports: [String] = []
    ) {
        self.id = id
        self.utilityRequestID = utilityRequestID
        self.program = program
        self.name = name
        self.priority = priority
        self.createdAt = createdAt
        self.modifiedAt = modifiedAt
        self.targets = targets
        self.period = period
        self.duration = duration
        self.intervals = intervals
        self.reports = reports
    }

    /// UPDATE to `PT0S`: the other way to cancel.
    package var isCancellation: Bool {
        if duration?.isZero == true { return true }
        if intervals.isEmpty { return period?.duration?.isZero == true }
        return intervals.allSatisfy { ($0.period?.duration ?? period?.duration)?.isZero == true }
    }
}

/// What a body on the webhook says.
package struct UtilityNotification: Hashable, Sendable {
    package enum Operation: String, Sendable, CaseIterable {
        case create, read, update, delete
    }
    package enum Form: String, Sendable, CaseIterable {
        case openADR31 = "openadr-3.1"
        case openADR30 = "openadr-3.0"
        case plain = "json"
    }
    package enum Subject: Hashable, Sendable {
        case event(UtilityEvent)
        /// DELETE needs no more than the id.
        case deletion(DREventID, modifiedAt: UTCInstant?)
        /// PROGRAM, REPORT ...: acknowledged, nothing to do.
        case unrelated(String)
    }

    package var form: Form
    package var operation: Operation
    package var subject: Subject

    package init(form: Form, operation: Operation, subject: Subject) {
        self.form = form
        self.operation = operation
        self.subject = subject
    }
}
