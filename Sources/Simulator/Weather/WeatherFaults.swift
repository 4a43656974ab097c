import EnergyModel
import Foundation

package enum WeatherProviderKind: String, Hashable, Sendable, CaseIterable, Codable {
    case weatherAPI = "weatherapi", openWeatherMap = "openweathermap", noaa

    var position: Int { WeatherProviderKind.allCases.firstIndex(of: self) ?? 0 }
}

/// What goes wrong at a weather provider on request.
package enum WeatherFault: String, Hashable, Sendable, CaseIterable, Codable {
    /// No answer; the connection is reset in the end.
    case timeout
    /// 401, as if the key were wrong.
    case unauthorised
    /// 429 with Retry-After.
    case quota
    /// 500.
    case failure
    /// 200, and bytes that are no JSON.
    case garbage
    /// 200, and the first half of the answer.
    case truncated
    /// The answer of two days ago.
    case stale
    /// Degrees Fahrenheit where Celsius is said.
    case unitMistake = "unit_mistake"
    /// A sound answer, late.
    case slow
}

package struct WeatherFaultRule: Hashable, Sendable {
    package var fault: WeatherFault
    /// Nil: all of them.
    package var providers: Set<WeatherProviderKind>?
    /// Share (0...1) of the requests that qualify.
    package var share: Double
    /// Only so many requests; nil for ever.
    package var times: Int?
    /// How long `timeout` holds the connection, `slow` the answer, and what Retry-After says.
    package var span: Duration

    package init(
        _ fault: WeatherFault, providers: Set<WeatherProviderKind>? = nil, share: Double = 1, times: Int? = nil,
        span: Duration? = nil
    ) {
        self.fault = fault
        self.providers = providers
        self.share = share
        self.times = times
        self.span = span ?? (fault == .slow ? .seconds(3) : .seconds(60))
    }
}

/// Decides which fault befalls which request: the first rule that does. Pure.
struct WeatherFaultMachine: Sendable {
    private(set) var rules: [WeatherFaultRule] = []
    private(set) var requests: [WeatherProviderKind: Int] = [:]
    private(set) var befallen: [WeatherFault: Int] = [:]
    private var uses: [Int] = []
    private let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    /// Counts of requests go on.
    mutating func set(_ rules: [WeatherFaultRule]) {
        self.rules = rules
        uses = rules.map { _ in 0 }
    }

    mutating func befalls(_ provider: WeatherProviderKind) -> WeatherFaultRule? {
        requests[provider, default: 0] += 1
        let number = UInt64(requests.values.reduce(0, +))
        for (index, rule) in rules.enumerated() {
            guard rule.providers?.contains(provider) ?? true else { continue }
            if let times = rule.times, uses[index] >= times { continue }
            guard unit(mixed(seed, UInt64(index)), number) < rule.share else { continue }
            uses[index] += 1
            befallen[rule.fault, default: 0] += 1
            return rule
        }
        return nil
    }
}

/// The body of `POST /faults`; an empty one takes all faults away:
/// `{"rules": [{"fault": "quota", "providers": ["weatherapi"], "share": 0.5, "times": 3, "seconds": 120}]}`.
struct WeatherFaultBody: Decodable {
    private enum Key: String, CodingKey, CaseIterable { case rules }

    let rules: [WeatherFaultRule]

    init(from decoder: any Decoder) throws {
        let fields = try StrictFields<Key>(decoder)
        rules = try fields.value([RuleBody].self, .rules)?.map(\.rule) ?? []
    }

    /// Throws a sentence that says what to change.
    static func rules(_ bytes: [UInt8]) throws(SimulationError) -> [WeatherFaultRule] {
        guard !bytes.isEmpty else { return [] }
        do {
            return try JSONDecoder().decode(WeatherFaultBody.self, from: Data(bytes)).rules
        } catch let error as DecodingError {
            throw SimulationError(strictSentence(error))
        } catch {
            throw SimulationError("the body must be a JSON object: \(error)")
        }
    }

    private struct RuleBody: Decodable {
        private enum Key: String, CodingKey, CaseIterable { case fault, providers, share, times, seconds }

        let rule: WeatherFaultRule

        init(from decoder: any Decoder) throws {
            let fields = try StrictFields<Key>(decoder)
            guard let fault = try fields.value(WeatherFault.self, .fault) else {
                throw fields.wrong(.fault, "is required")
            }
            rule = WeatherFaultRule(
                fault, providers: try fields.value([WeatherProviderKind].self, .providers).map(Set.init),
                share: try fields.number(.share, 0...1) ?? 1,
                times: try fields.number(.times, 0...1e9).map { Int($0) },
                span: try fields.seconds(.seconds, 0...86_400))
        }
    }
}
