import CurlTransport
import DemandResponse
import EnergyModel
import Engine
import Gateway
import Ports

extension ReportPorts {
    /// How reports are made, signed and sent, as configured. Throws a sentence for a rule, a key or a URL that is none.
    init(_ settings: Settings) throws {
        self.init(
            programs: try baselineRules(settings), keys: try reportKeys(settings), post: try reportPost(settings),
            utility: try soleUtility(of: "vtn", settings))
    }
}

/// Which utility's the server or the URL under `name` is; nil where there is but one, or none. Throws a sentence where it would have
/// to be guessed: what one utility asked for is no other's business.
func soleUtility(of name: String, _ settings: Settings) throws -> String? {
    let (names, given) = (settings.list("webhook.utilities"), settings.optionalText("\(name).utility"))
    if let given {
        guard names.contains(given) else {
            throw CommandFailure(.usage, "\(name).utility: \(given.debugDescription) is not among webhook.utilities")
        }
        return given
    }
    guard names.count < 2 || settings.optionalText("\(name).url") == nil else {
        throw CommandFailure(
            .usage, "\(name).utility: say whose \(name).url is, since webhook.utilities names \(names.count)")
    }
    return nil
}

/// The keys that sign reports. Names stand in signatures, secrets nowhere.
func reportKeys(_ settings: Settings) throws -> ReportKeys {
    ReportKeys(
        try settings.list("report.keys").map { item -> (name: String, secret: [UInt8]) in
            let parts = item.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, !parts[0].isEmpty, parts[0].utf8.count <= 64, !parts[0].contains(":"),
                parts[1].hasPrefix("whsec_"), let secret = WebhookSecret.bytes(String(parts[1])), secret.count >= 24
            else {
                throw CommandFailure(
                    .usage,
                    "report.keys: expected NAME=whsec_… items, the base64 of 24 to 128 bytes, separated by commas")
            }
            return (name: String(parts[0]), secret: secret)
        })
}

/// `NAME=RULE` items; RULE may be `firm-service-level:KW`.
private func baselineRules(_ settings: Settings) throws -> [String: BaselineRule] {
    var rules: [String: BaselineRule] = [:]
    for item in settings.list("baseline.rules") {
        let parts = item.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, let rule = baselineRule(parts[1]) else {
            throw CommandFailure(
                .usage,
                "baseline.rules: \(item.debugDescription) is no NAME=RULE with a rule of `switchyard baseline rules`")
        }
        guard rules.updateValue(rule, forKey: parts[0]) == nil else {
            throw CommandFailure(.usage, "baseline.rules: \(parts[0].debugDescription) has two rules")
        }
    }
    return rules
}

private func baselineRule(_ text: String) -> BaselineRule? {
    let prefix = "firm-service-level:"
    guard text.hasPrefix(prefix) else { return BaselineRule.named(text) }
    guard let level = Double(text.dropFirst(prefix.count)), level.isFinite, level >= 0 else { return nil }
    return .firmServiceLevel(FirmServiceLevel(level: Power(kilowatts: level), peakLoadContribution: nil))
}

/// Nil without a VTN.
private func reportPost(_ settings: Settings) throws -> ReportPost? {
    guard let url = settings.optionalText("vtn.url") else { return nil }
    let transport = TransportOnDemand(
        CurlTransportConfiguration(
            deadline: settings.span("dr.callback_timeout"), addresses: try addressPolicy(settings, "vtn.allow")),
        service: "utility")
    let started = ContinuousClock().now
    let node = VirtualTopNode(
        url: url, identity: try identity(settings, url),
        send: { (request) async throws(HTTPTransportError) in try await transport.send(request) },
        uptime: { started.duration(to: ContinuousClock().now) })
    return { (report: OutgoingReport) async throws(PortError) in try await node.post(report) }
}

private func identity(_ settings: Settings, _ url: String) throws -> VirtualTopNode.Identity {
    let (token, client) = (settings.optionalText("vtn.token"), settings.optionalText("vtn.client_id"))
    switch (token, client) {
    case (nil, nil): return .none
    case (let token?, nil): return .token(token)
    case (nil, let id?):
        guard let secret = settings.optionalText("vtn.client_secret") else {
            throw CommandFailure(.usage, "vtn.client_id needs vtn.client_secret")
        }
        let base = url.hasSuffix("/") ? String(url.dropLast()) : url
        return .client(
            VirtualTopNode.Client(
                id: id, secret: secret, tokenURL: settings.optionalText("vtn.token_url") ?? base + "/auth/token",
                scope: settings.text("vtn.scope")))
    case (_?, _?): throw CommandFailure(.usage, "give vtn.token or vtn.client_id, not both")
    }
}
