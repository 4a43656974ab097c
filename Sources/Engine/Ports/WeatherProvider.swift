import EnergyModel

/// A weather service. One call is one fetch, never repeated; it translates and does not judge: whether the weather told is
/// new enough and can be true is the engine's to find.
package protocol WeatherProvider: Sendable {
    /// Short and fixed, such as `weatherapi`: what forecasts name as their source, and the key of what is counted and kept.
    var name: String { get }

    /// The weather in the middle of the cell, at least of the next 26 hours where the provider is well.
    func weather(in cell: WeatherCell, now: UTCInstant) async throws(WeatherError) -> WeatherReport
}

/// One answer of a provider.
package struct WeatherReport: Hashable, Sendable {
    /// Ascending, one an hour, gaps possible; the first may be past.
    package var hours: [WeatherHour]
    /// When the provider made it; nil when it does not say.
    package var issuedAt: UTCInstant?

    package init(hours: [WeatherHour], issuedAt: UTCInstant?) {
        self.hours = hours
        self.issuedAt = issuedAt
    }
}

package struct WeatherHour: Hashable, Sendable {
    /// Start of a UTC hour.
    package var hour: UTCInstant
    /// At the start of the hour, finite.
    package var celsius: Double

    package init(hour: UTCInstant, celsius: Double) {
        self.hour = hour
        self.celsius = celsius
    }
}

/// Why a provider gave no weather. Sentences hold neither keys nor what the provider wrote, but for its status.
package struct WeatherError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// No answer, or a broken one.
        case unreachable, timedOut
        /// It answered that it is not well (5xx).
        case unwell
        /// Our key is not accepted.
        case unauthorised
        /// We have asked too often; see `retryAfter`.
        case quota
        /// The provider has no weather of this place; others it may have.
        case notServed
        /// It refused for another reason: another try gets the same.
        case refused
        /// The answer cannot be read as weather.
        case garbled
        /// The answer is of the past.
        case stale
        /// The answer cannot be true, such as degrees Fahrenheit told as Celsius.
        case implausible
    }

    package let code: Code
    package let sentence: String
    /// How long the provider wants to be left alone; nil when it does not say.
    package let retryAfter: Duration?

    package init(_ code: Code, _ sentence: String, retryAfter: Duration? = nil) {
        self.code = code
        self.sentence = sentence
        self.retryAfter = retryAfter
    }

    package var description: String { sentence }
    /// The same call may succeed within seconds.
    package var isTransient: Bool { code == .unreachable || code == .timedOut || code == .unwell }
}
