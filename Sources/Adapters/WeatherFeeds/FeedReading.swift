import EnergyModel
import Foundation
import Ports

/// Makes values of a provider's JSON. Foundation's decoder bounds the depth and refuses numbers that do not fit; we bound the
/// count and the moments.
struct FeedReading: Sendable {
    /// Two weeks of hours; a provider that tells more is not understood.
    static let mostHours = 400

    let provider: String

    func value<Value: Decodable>(_ type: Value.Type, from body: [UInt8]) throws(WeatherError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch let error as DecodingError {
            throw garbled(place(of: error))
        } catch {
            throw garbled("its JSON is broken")
        }
    }

    /// Where it went wrong, in our own names: nothing of what the provider wrote.
    private func place(of error: DecodingError) -> String {
        let (path, what): ([any CodingKey], String) =
            switch error {
            case .keyNotFound(let key, let context): (context.codingPath + [key], "is missing")
            case .typeMismatch(_, let context): (context.codingPath, "is of another type")
            case .valueNotFound(_, let context): (context.codingPath, "is null")
            case .dataCorrupted(let context): (context.codingPath, "is broken")
            @unknown default: ([], "is not understood")
            }
        let words = path.map { key in key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)" }.joined()
        return words.isEmpty ? "the JSON \(what)" : "\(words.drop { $0 == "." }) \(what)"
    }

    func garbled(_ why: String) -> WeatherError {
        WeatherError(.garbled, "the answer of \(provider) cannot be read: \(why)")
    }

    /// Seconds since 1970, of this century or the last: anything else is no time of weather.
    func moment(seconds: Double) throws(WeatherError) -> UTCInstant {
        guard (0...4_102_444_800).contains(seconds) else { throw garbled("a time is beyond the century") }
        return UTCInstant(milliseconds: Int64(seconds * 1000))
    }

    func moment(iso8601 text: String) throws(WeatherError) -> UTCInstant {
        guard text.utf8.count <= 64, let moment = UTCInstant(iso8601: text) else {
            throw garbled("a time is no RFC 3339 date-time")
        }
        return moment
    }

    /// The temperature at each full UTC hour. Zones a half or a quarter of an hour off tell it between the hours: there it runs
    /// straight from one moment told to the next. Gaps of more than 90 minutes stay open.
    func hours(of samples: [FeedSample]) throws(WeatherError) -> [WeatherHour] {
        guard !samples.isEmpty else { throw garbled("it tells no hour") }
        guard samples.count <= FeedReading.mostHours else { throw garbled("it tells \(samples.count) hours") }
        guard samples.allSatisfy(\.celsius.isFinite) else { throw garbled("a temperature is no number") }
        let samples = samples.sorted { $0.at < $1.at }
        var hours: [WeatherHour] = []
        for (index, sample) in samples.enumerated() {
            let hour = sample.at.floor(toMilliseconds: FeedReading.hour)
            if hour == sample.at {
                // Told twice, as an hour is when clocks go back: the last one.
                if hours.last?.hour == hour { hours.removeLast() }
                hours.append(WeatherHour(hour: hour, celsius: sample.celsius))
            } else if index > 0 {
                let before = samples[index - 1]
                let span = sample.at.milliseconds - before.at.milliseconds
                guard span <= FeedReading.longestGap, before.at < hour else { continue }
                let share = Double(hour.milliseconds - before.at.milliseconds) / Double(span)
                hours.append(
                    WeatherHour(hour: hour, celsius: before.celsius + (sample.celsius - before.celsius) * share))
            }
        }
        return hours
    }

    private static let hour: Int64 = 3_600_000
    private static let longestGap: Int64 = 5_400_000
}

/// A temperature as told, in °C whatever the provider's unit.
struct FeedSample: Hashable, Sendable {
    var at: UTCInstant
    var celsius: Double
}
