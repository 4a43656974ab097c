import BuildingSOAP
import CurlTransport
import EnergyModel
import Engine
import Foundation
import Ports

/// What demand response needs of the world, as configured: buildings over SOAP, the way back to the utility and to the person
/// on call. The transports live as long as the engine.
struct ResponseComposition: Sendable {
    let ports: ResponsePorts

    /// Throws a sentence for an address, a secret or a URL that is none.
    init(_ settings: Settings, records: any ResponseRecords) throws {
        let buildings = TransportOnDemand(
            CurlTransportConfiguration(
                connectTimeout: settings.span("bms.connect_timeout"), deadline: settings.span("bms.request_timeout"),
                concurrent: settings.integer("bms.concurrent_overall"),
                concurrentPerHost: settings.integer("bms.concurrent_overall"),
                addresses: try addressPolicy(settings, "bms.allow"),
                tls: TLSConfiguration(
                    authorityFile: settings.optionalText("bms.ca_file"),
                    certificateFile: settings.optionalText("bms.certificate_file"),
                    privateKeyFile: settings.optionalText("bms.key_file"))), service: "bms")
        let profile = BuildingProfile(
            version: settings.text("bms.soap") == "1.2" ? .soap12 : .soap11,
            connect: settings.span("bms.connect_timeout"), request: settings.span("bms.request_timeout"),
            confirmation: settings.span("saga.confirmation"))
        let link = SOAPBuildingLink(
            send: { (request) async throws(HTTPTransportError) in try await buildings.send(request) },
            now: { .wallClock }, profile: { _ in profile }, traceparent: traceparent(of:))
        let timeout = settings.span("dr.callback_timeout")
        let utility = try OutgoingWebhook(settings, "callback", timeout: timeout)
        let onCall = try OutgoingWebhook(settings, "escalation", timeout: timeout)
        var ports = ResponsePorts(records: records, buildings: link, reports: try ReportPorts(settings))
        if let utility {
            let only = try soleUtility(of: "callback", settings)
            ports.callback = { (report: StatusReport) async throws(PortError) in
                guard only == nil || report.event.utility == only else { return }
                try await utility.post(StatusBody(report), id: report.id)
            }
        }
        if let onCall {
            ports.escalate = { (escalation: Escalation) async throws(PortError) in
                try await onCall.post(escalation, id: "\(escalation.subject)-\(escalation.at.milliseconds)")
            }
        }
        self.ports = ports
    }
}

/// W3C trace context of a call: the span that stands for it, in the event's trace. Nil for an event that has none.
@Sendable private func traceparent(of request: BuildingRequest) -> String? {
    guard let trace = request.traceID.flatMap({ TraceID($0) }) else { return nil }
    let here = TraceContext.current.flatMap { $0.trace == trace ? $0 : nil }
    return (here ?? TraceContext(trace: trace, span: SpanID(randomWord()))).traceparent
}

/// A status change as the utility gets it (ledger DR-21).
private struct StatusBody: Encodable {
    var eventID: String
    var utilityRequestID: String?
    var status: String
    var at: String
    var targetKW: Double?
    var expectedKW: Double?
    var achievedKW: Double?

    init(_ report: StatusReport) {
        eventID = report.event.id.text
        utilityRequestID = report.event.utilityRequestID
        status = report.status.rawValue
        at = report.at.iso8601
        targetKW = report.event.target?.kilowatts
        expectedKW = report.event.expected?.kilowatts
        achievedKW = report.event.achieved?.kilowatts
    }

    enum CodingKeys: String, CodingKey {
        case eventID = "event_id"
        case utilityRequestID = "utility_request_id"
        case status, at
        case targetKW = "target_kw"
        case expectedKW = "expected_kw"
        case achievedKW = "achieved_kw"
    }
}

/// Addresses that may be connected to; without a list, public ones (SEC-08).
func addressPolicy(_ settings: Settings, _ key: String) throws -> AddressPolicy {
    let texts = settings.list(key)
    guard !texts.isEmpty else { return .publicOnly }
    let blocks = try texts.map { text in
        guard let block = AddressBlock(text) else {
            throw CommandFailure(.usage, "\(key): \(text.debugDescription) is no address such as 10.1.0.0/16")
        }
        return block
    }
    return AddressPolicy(allowed: blocks, permitsUnlistedPublic: false)
}
