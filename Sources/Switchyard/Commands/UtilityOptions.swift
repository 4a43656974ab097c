import ArgumentParser
import EnergyModel
import Foundation
import Simulator

/// The simulated utility of `simulate meters`.
struct UtilityOptions: ParsableArguments {
    @Option(help: "The engine's webhook, http://HOST:PORT/webhooks/utility/dr-notification.") var utility: String?
    @Option(help: "File with the whsec_… that signs notifications.") var utilitySecretFile: String?
    @Option(help: "openadr-3.1, openadr-3.0 or plain.") var utilityForm = "openadr-3.1"
    @Option(help: "From the start to the first event, e.g. 60s.") var eventAfter = "60s"
    @Option(help: "How long an event lasts, e.g. 15m.") var eventFor = "15m"
    @Option(help: "From one event to the next, e.g. 1h; without, there is one.") var eventEvery: String?
    @Option(help: "Reduction asked for, kW.") var eventKilowatts = 500.0
    @Option(help: "HOST:PORT that takes the engine's callbacks.") var callbacks = "127.0.0.1:0"

    /// Nil without a webhook.
    func configuration() throws -> UtilityConfiguration? {
        guard let utility else { return nil }
        guard let form = UtilityOrder.Form(rawValue: utilityForm) else {
            throw CommandFailure(.usage, "--utility-form is openadr-3.1, openadr-3.0 or plain")
        }
        guard eventKilowatts > 0, eventKilowatts.isFinite else {
            throw CommandFailure(.usage, "--event-kilowatts is more than 0")
        }
        guard let address = try ListenAddress.parse(callbacks) else {
            throw CommandFailure(.usage, "--callbacks is HOST:PORT")
        }
        let schedule = UtilitySchedule(
            firstAfter: try span(eventAfter, "--event-after"), length: try span(eventFor, "--event-for"),
            demand: .reduction(Power(kilowatts: eventKilowatts)),
            every: try eventEvery.map { try span($0, "--event-every") })
        return UtilityConfiguration(
            webhook: utility, form: form, secret: try utilitySecretFile.map(secret), callbackHost: address.host,
            callbackPort: address.port, callbackSecret: try utilitySecretFile.map(secret), schedule: schedule)
    }

    private func span(_ text: String, _ option: String) throws -> Duration {
        guard let span = parseDuration(text) else {
            throw CommandFailure(.usage, "\(option) is a length of time such as 60s or 15m")
        }
        return span
    }

    private func secret(_ path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.failed, "\(path) cannot be read")
        }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
