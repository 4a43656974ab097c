import EnergyModel
import Ports

/// One request to a provider and what its status says. Redirects are not followed: a key must not travel on.
struct FeedExchange: Sendable {
    /// An answer with two days of hours is a tenth of it.
    static let longestBody = 1 << 20

    /// Short, for sentences.
    let provider: String
    let send: HTTPSend
    let deadline: Duration
    /// Covered wherever they turn up in what we say.
    let secrets: [String]

    func get(_ url: String, headers: [HTTPHeader] = []) async throws(WeatherError) -> HTTPResponse {
        let response: HTTPResponse
        do throws(HTTPTransportError) {
            response = try await send(HTTPRequest(.get, url, headers: headers, deadline: deadline))
        } catch {
            throw failure(error)
        }
        guard response.body.count <= FeedExchange.longestBody else {
            throw WeatherError(
                .garbled, "\(provider) answered with \(response.body.count) bytes, too many to be weather")
        }
        return response
    }

    private func failure(_ error: HTTPTransportError) -> WeatherError {
        let why = covered(error.sentence)
        switch error.code {
        case .timeoutBeforeSend, .timeoutAfterSend:
            return WeatherError(.timedOut, "\(provider) gave no answer within \(deadline)")
        case .refusedAddress:
            return WeatherError(.refused, "\(provider) was not asked: \(why); permit its address with weather.allow")
        case .invalidRequest: return WeatherError(.refused, "\(provider) was not asked: \(why); check its base URL")
        case .tooLarge: return WeatherError(.garbled, "\(provider) answered with more than weather can be: \(why)")
        case .connect, .lostAfterSend, .tls, .cancelled, .overloaded, .closed:
            return WeatherError(.unreachable, "\(provider) was not reached: \(why)")
        }
    }

    private func covered(_ text: String) -> String {
        var text = text
        for secret in secrets where !secret.isEmpty {
            text.replace(secret, with: "•••")
            text.replace(percentEncoded(secret), with: "•••")
        }
        return text
    }

    /// What a status other than 200 means, whatever its body says.
    func refusal(_ response: HTTPResponse) -> WeatherError {
        let answer = "\(provider) answered HTTP \(response.status)"
        switch response.status {
        case 300..<400: return WeatherError(.refused, "\(answer): set its base URL to where it has moved")
        case 401, 403, 407: return WeatherError(.unauthorised, "\(answer): check the key configured for it")
        case 429:
            return WeatherError(
                .quota, "\(answer): its quota is used up; raise the plan or weather.interval",
                retryAfter: retryAfter(response))
        case 500...: return WeatherError(.unwell, "\(answer): it is not well, see its status page")
        default: return WeatherError(.refused, "\(answer): compare its documentation with this version")
        }
    }

    /// Seconds only; a date is not worth a clock's trust.
    func retryAfter(_ response: HTTPResponse) -> Duration? {
        guard let text = response.header("Retry-After"),
            let seconds = Int(text.filter { $0 != " " }), (0...86_400).contains(seconds)
        else { return nil }
        return .seconds(seconds)
    }
}

/// Every byte but RFC 3986's unreserved as `%XX`.
func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF")
    var result = ""
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            result.append(Character(Unicode.Scalar(byte)))
        default: result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }
    }
    return result
}
