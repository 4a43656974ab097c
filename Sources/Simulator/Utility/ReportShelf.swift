import EnergyModel
import Foundation

/// A report as OpenADR 3.1.0 has it (`reportRequest`), with what a utility checks before it takes it.
struct ReceivedReport: Decodable, Hashable, Sendable {
    struct Payload: Decodable, Hashable, Sendable {
        enum Value: Decodable, Hashable, Sendable {
            case number(Double)
            case text(String)

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                do {
                    self = .number(try container.decode(Double.self))
                } catch DecodingError.typeMismatch {
                    self = .text(try container.decode(String.self))
                }
            }
        }
        let type: String
        let values: [Value]
    }
    struct Period: Decodable, Hashable, Sendable {
        let start: String
        let duration: String
    }
    struct Interval: Decodable, Hashable, Sendable {
        let id: Int
        let intervalPeriod: Period?
        let payloads: [Payload]
    }
    struct Resource: Decodable, Hashable, Sendable {
        let resourceName: String
        let intervalPeriod: Period?
        let intervals: [Interval]
    }
    struct Descriptor: Decodable, Hashable, Sendable {
        let objectType: String
        let payloadType: String
        let units: String?
    }

    let eventID: String
    let clientName: String
    let reportName: String?
    let payloadDescriptors: [Descriptor]?
    let resources: [Resource]

    /// Words of OpenADR 3.1.0 that carry numbers, and those that carry words.
    private static let measured: Set<String> = ["USAGE", "DEMAND", "BASELINE", "READING", "DELTA_USAGE"]
    private static let qualities: Set<String> = ["OK", "MISSING", "ESTIMATED", "BAD"]

    /// What is wrong with it; nil when it may be taken.
    var complaint: String? {
        guard (1...128).contains(eventID.utf8.count), (1...128).contains(clientName.utf8.count) else {
            return "eventID and clientName have 1 to 128 characters"
        }
        guard !resources.isEmpty else { return "a report needs a resource" }
        for descriptor in payloadDescriptors ?? [] where descriptor.objectType != "REPORT_PAYLOAD_DESCRIPTOR" {
            return "payloadDescriptors: objectType is REPORT_PAYLOAD_DESCRIPTOR"
        }
        for interval in resources.flatMap(\.intervals) {
            if let period = interval.intervalPeriod {
                guard UTCInstant(iso8601: period.start) != nil else { return "\(period.start) is no date-time" }
                guard period.duration.wholeMatch(of: /P(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?/) != nil
                else {
                    return "\(period.duration) is no duration"
                }
            }
            for payload in interval.payloads {
                if let complaint = Self.complaint(about: payload) { return complaint }
            }
        }
        return nil
    }

    private static func complaint(about payload: Payload) -> String? {
        guard let value = payload.values.first else { return "\(payload.type) has no value" }
        switch (payload.type, value) {
        case (let type, .text) where measured.contains(type): return "\(type) takes numbers"
        case ("DATA_QUALITY", .text(let word)) where qualities.contains(word): return nil
        case ("DATA_QUALITY", _): return "DATA_QUALITY takes one of \(qualities.sorted().joined(separator: ", "))"
        default: return nil
        }
    }
}

/// Reports that were taken, by their name: one name is one report, and comes a second time in vain.
struct ReportShelf: Sendable {
    private var kept = BoundedLog<ReceivedReport>(limit: 20_000)
    private var names: Set<String> = []

    var reports: [ReceivedReport] { Array(kept.elements) }

    /// 201 for a new one, 400 with what is wrong, 409 for a name that is there.
    mutating func take(_ body: [UInt8]) -> (status: Int, answer: String) {
        let report: ReceivedReport
        do {
            report = try JSONDecoder().decode(ReceivedReport.self, from: Data(body))
        } catch {
            return (400, "no reportRequest: \(error)")
        }
        if let complaint = report.complaint { return (400, complaint) }
        if let name = report.reportName {
            guard names.insert("\(report.eventID)/\(name)").inserted else { return (409, "there is a report \(name)") }
        }
        if let gone = kept.append(report), let name = gone.reportName { names.remove("\(gone.eventID)/\(name)") }
        return (201, "report-\(kept.total)")
    }
}

/// Tokens by client credentials (RFC 6749 §4.4): each holds for a while.
struct TokenDesk: Sendable {
    /// Nil: no client is known, and none is asked for a token.
    let client: UtilityConfiguration.ReportClient?
    private var tokens: [String: UTCInstant] = [:]
    private(set) var issued = 0

    init(_ client: UtilityConfiguration.ReportClient?) { self.client = client }

    /// A token for the body of `POST /auth/token`; nil when the client is not the one known.
    mutating func issue(_ form: [UInt8], now: UTCInstant) -> (token: String, seconds: Int)? {
        guard let client else { return nil }
        var fields: [String: String] = [:]
        for pair in String(decoding: form, as: UTF8.self).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1).map { String($0).replacing("+", with: " ") }
            guard parts.count == 2 else { continue }
            fields[parts[0]] = parts[1].removingPercentEncoding
        }
        guard fields["grant_type"] == "client_credentials", fields["client_id"] == client.id,
            fields["client_secret"] == client.secret
        else { return nil }
        issued += 1
        let token = "token-\(issued)-\(now.milliseconds)"
        tokens = tokens.filter { now < $0.value }
        tokens[token] = now.advanced(by: client.tokenLife)
        return (token, Int(client.tokenLife.components.seconds))
    }

    func accepts(_ token: String, now: UTCInstant) -> Bool { tokens[token].map { now < $0 } ?? false }
}
