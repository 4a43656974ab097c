import DemandResponse
import EnergyModel
import Ports

/// What demand response needs of the world besides the engine's own ports.
package struct ResponsePorts: Sendable {
    package var records: any ResponseRecords
    package var buildings: any BuildingLink
    /// Tells the utility of a new status (ledger DR-21); nil: nobody is told. Called at least once a change, in any order
    /// between events; a throw is tried again.
    package var callback: StatusCallback?
    /// Tells the person on call (ledger BMS-11, BMS-12); nil: the journal alone does.
    package var escalate: EscalationHook?
    /// How reports are made, signed and sent.
    package var reports: ReportPorts

    package init(
        records: any ResponseRecords, buildings: any BuildingLink, callback: StatusCallback? = nil,
        escalate: EscalationHook? = nil, reports: ReportPorts = ReportPorts()
    ) {
        self.records = records
        self.buildings = buildings
        self.callback = callback
        self.escalate = escalate
        self.reports = reports
    }
}

/// What participation reports need of the world.
package struct ReportPorts: Sendable {
    /// Baseline rules by the name of a facility, a programme or a utility, in that order; the others' is in the settings.
    package var programs: [String: BaselineRule]
    package var keys: ReportKeys
    /// Posts a report to its utility; nil: none is owed one.
    package var post: ReportPost?
    /// Only this utility's reports are posted; nil: every utility's.
    package var utility: String?

    package init(
        programs: [String: BaselineRule] = [:], keys: ReportKeys = ReportKeys(), post: ReportPost? = nil,
        utility: String? = nil
    ) {
        self.programs = programs
        self.keys = keys
        self.post = post
        self.utility = utility
    }
}

/// Called at least once a report; returns what the utility answered. Throws `.invalid` where another attempt cannot help.
package typealias ReportPost = @Sendable (OutgoingReport) async throws(PortError) -> String

/// A report in the words of OpenADR on its way to the utility. `id` is the same when it is sent again.
package struct OutgoingReport: Hashable, Sendable {
    package var id: String
    package var body: [UInt8]

    package init(id: String, body: [UInt8]) {
        self.id = id
        self.body = body
    }
}

package typealias StatusCallback = @Sendable (StatusReport) async throws(PortError) -> Void
package typealias EscalationHook = @Sendable (Escalation) async throws(PortError) -> Void

/// A change of an event's status on its way to the utility. `id` is the same when the report is sent again.
package struct StatusReport: Hashable, Sendable, Codable {
    package var id: String
    /// As it stands now, which may be later than `status`.
    package var event: DemandResponseEvent
    package var status: DREventStatus
    package var at: UTCInstant

    package init(id: String, event: DemandResponseEvent, status: DREventStatus, at: UTCInstant) {
        self.id = id
        self.event = event
        self.status = status
        self.at = at
    }
}

/// Something that a person must look at now.
package struct Escalation: Hashable, Sendable, Codable {
    package var subject: String
    /// What happened and what to do, in one or two sentences.
    package var sentence: String
    package var facility: FacilityID?
    package var at: UTCInstant

    package init(subject: String, sentence: String, facility: FacilityID?, at: UTCInstant) {
        self.subject = subject
        self.sentence = sentence
        self.facility = facility
        self.at = at
    }
}
