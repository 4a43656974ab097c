import EnergyModel
import Foundation

/// The body of `POST /bms/{facility}/faults`; everything is optional, and what is left out is as in a sound building:
/// `{"rules": [{"fault": "status", "status": 503, "share": 0.5, "times": 3, "operations": ["execute"], "seconds": 2,
///   "code": "BUSY"}],
///   "flapping_seconds": 20, "duplicates": "fault", "lockout_after_duplicates": 5, "lockout_seconds": 60,
///   "apply_seconds": [0.2, 1.5], "execution_failures": 0.1, "honours_expiry": true}`.
struct BuildingFaultBody: Decodable {
    private enum Key: String, CodingKey, CaseIterable {
        case rules, duplicates
        case flappingSeconds = "flapping_seconds"
        case lockoutAfterDuplicates = "lockout_after_duplicates"
        case lockoutSeconds = "lockout_seconds"
        case applySeconds = "apply_seconds"
        case executionFailures = "execution_failures"
        case honoursExpiry = "honours_expiry"
    }

    let profile: BuildingFaultProfile

    init(from decoder: any Decoder) throws {
        let fields = try StrictFields<Key>(decoder)
        var profile = BuildingFaultProfile.none
        profile.rules = try fields.value([FaultRuleBody].self, .rules)?.map(\.rule) ?? []
        profile.flappingPeriod = try fields.seconds(.flappingSeconds, 0.1...86_400)
        profile.duplicates = try fields.value(BuildingFaultProfile.DuplicateManner.self, .duplicates) ?? .answer
        profile.lockoutAfterDuplicates = try fields.number(.lockoutAfterDuplicates, 1...1e6).map { Int($0) }
        if let span = try fields.seconds(.lockoutSeconds, 0...86_400) { profile.lockoutSpan = span }
        profile.building.failureShare = try fields.number(.executionFailures, 0...1) ?? 0
        profile.building.honoursExpiry = try fields.value(Bool.self, .honoursExpiry) ?? true
        if let apply = try fields.value([Double].self, .applySeconds) {
            guard apply.count == 2, apply[0] >= 0, apply[0] <= apply[1], apply[1] <= 3600 else {
                throw fields.wrong(.applySeconds, "must be two ascending numbers of seconds, 0 to 3600")
            }
            profile.building.applyDelay = .seconds(apply[0])...(.seconds(apply[1]))
        }
        self.profile = profile
    }

    /// An empty body takes all faults away. Throws a sentence that says what to change.
    static func profile(_ bytes: [UInt8]) throws(SimulationError) -> BuildingFaultProfile {
        guard !bytes.isEmpty else { return .none }
        do {
            return try JSONDecoder().decode(BuildingFaultBody.self, from: Data(bytes)).profile
        } catch let error as DecodingError {
            throw SimulationError(strictSentence(error))
        } catch {
            throw SimulationError("the body must be a JSON object: \(error)")
        }
    }
}

private struct FaultRuleBody: Decodable {
    private enum Key: String, CodingKey, CaseIterable { case fault, share, times, operations, seconds, status, code }

    let rule: BuildingFaultRule

    init(from decoder: any Decoder) throws {
        let fields = try StrictFields<Key>(decoder)
        guard let fault = try fields.value(BuildingFault.self, .fault) else {
            throw fields.wrong(.fault, "is required")
        }
        rule = BuildingFaultRule(
            fault, share: try fields.number(.share, 0...1) ?? 1,
            times: try fields.number(.times, 0...1e9).map { Int($0) },
            operations: try fields.value([BuildingRequestKind].self, .operations).map(Set.init),
            span: try fields.seconds(.seconds, 0...86_400),
            status: Int(try fields.number(.status, 400...599) ?? 500), code: try fields.value(String.self, .code))
    }
}
