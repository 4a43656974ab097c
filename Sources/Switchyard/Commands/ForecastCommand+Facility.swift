import ArgumentParser
import EnergyModel
import Ports

extension ForecastCommand {
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A facility's next 24 hours, with their band and what they are owed to.",
            discussion: """
                USUAL is the course of such a day, RECENT what the last hours, days and weeks add to it.

                Example: switchyard forecast show F-007, or shorter: switchyard forecast F-007
                """)
        @Argument(help: "The facility.") var facility: String
        @Option(help: "The forecast in force at a past moment.") var at: String?
        @Flag(help: "Every quarter hour, not every hour.") var full = false
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let id = try facilityID(facility)
            try await Desk.with(try engine.settings()) { desk in
                let past = try at.map { try moment($0, now: desk.now) }
                let answer = try await desk.link.forecast(ForecastQuery(facility: id, at: past))
                if output.json { return try Output.json(answer) }
                guard let forecast = answer.forecast else {
                    throw CommandFailure(
                        .failed, "\(id) has no forecast yet; a running engine makes one within a minute of its start")
                }
                show(forecast, answer)
            }
        }

        private func show(_ forecast: FacilityForecast, _ answer: ForecastAnswer) {
            let weather =
                forecast.weather.provider.map { ", weather \($0) (\(forecast.weather.standing.rawValue))" }
                ?? ", without weather"
            Output.line(
                "\(forecast.facility): \(forecast.mode.rawValue), model \(forecast.model)\(weather), quality "
                    + "\(decimal(forecast.quality, 2)), issued \(forecast.issuedAt.iso8601), "
                    + "\(spanText(answer.answeredAt.since(forecast.issuedAt))) ago")
            for remark in forecast.remarks { Output.line("- \(remark)") }
            if let peak = forecast.peak(from: forecast.origin) {
                Output.line(
                    "peak \(kilowatts(peak.step.middle)) kW at \(peak.start.iso8601), 90 % band "
                        + "\(kilowatts(peak.step.low)) to \(kilowatts(peak.step.high))")
            }
            let every = full ? 1 : 4
            let rows = stride(from: 0, to: forecast.steps.count, by: every).map { index in
                let step = forecast.steps[index]
                return [forecast.start(ofStep: index).iso8601]
                    + [step.low, step.middle, step.high, step.calendar, step.recent, step.weather].map(kilowatts)
            }
            Output.table(
                ["START", "LOW kW", "EXPECTED kW", "HIGH kW", "USUAL", "RECENT", "WEATHER"], rows,
                right: Set(1...6))
        }

        private func kilowatts(_ value: Float) -> String { decimal(Double(value), 1) }
    }

    struct Backtest: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What each model would have forecast for a facility over the last weeks.",
            discussion: """
                Forecasts every 30 hours, weights learned anew every week from what lay before; best model first. The \
                temperature is the one that came, as a perfect weather forecast.

                Example: switchyard forecast backtest F-007 --weeks 8
                """)
        @Argument(help: "The facility.") var facility: String
        @Option(help: "Weeks to look back.") var weeks = 8
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let id = try facilityID(facility)
            guard BacktestRequest.weeks.contains(weeks) else {
                let range = BacktestRequest.weeks
                throw CommandFailure(.usage, "--weeks is a number from \(range.lowerBound) to \(range.upperBound)")
            }
            try await Desk.with(try engine.settings()) { desk in
                let answer = try await desk.link.backtest(BacktestRequest(facility: id, weeks: weeks))
                if output.json { return try Output.json(answer) }
                Output.line("\(id): \(answer.request.weeks) weeks, \(answer.daysKnown) days of history")
                let reaches = answer.models.first?.horizons ?? []
                Output.table(
                    ["MODEL", "ERROR %", "QS %", "BIAS %", "COVER %", "BAND %", "VS WEEK"]
                        + reaches.map { "\($0.from)-\($0.to) h" },
                    answer.models.map { model in
                        [
                            model.version, percent(model.relativeError), percent(model.quantileScore),
                            percent(model.bias), percent(model.coverage), percent(model.bandWidth),
                            decimal(model.againstNaive, 2),
                        ] + model.horizons.map { percent($0.relativeError) }
                    }, right: Set(1...6 + reaches.count))
            }
        }

        private func percent(_ share: Double) -> String { decimal(share * 100, 1) }
    }

    struct Profile: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A load expected by a person in place of the forecast, until it ends.",
            subcommands: [Enter.self, Remove.self])

        struct Enter: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Enter a profile: one value for all hours, or 24 from local hour 0 to 23.",
                discussion:
                    "Example: switchyard forecast profile enter F-007 --kilowatts 220 --for 6h --because \"meters down\""
            )
            @Argument(help: "The facility.") var facility: String
            @Option(help: "kW, one value or 24 separated by commas.") var kilowatts: String
            @Option(help: "Half width of its band, percent of the load.") var band = 20.0
            @Option(name: .customLong("for"), help: "How long it holds, e.g. 6h or 2d; 14 days at most.")
            var length: String
            @Option(help: "Why; it stands in the audit trail.") var because: String
            @OptionGroup var engine: EngineOptions
            @OptionGroup var output: OutputOptions

            func run() async throws {
                let id = try facilityID(facility)
                guard let span = parseDuration(length), span > .zero else {
                    throw CommandFailure(.usage, "--for \(length): write a time such as 6h or 2d")
                }
                let items = kilowatts.split(separator: ",").map { Double($0.filter { $0 != " " }) }
                let values = items.compactMap(\.self)
                guard values.count == items.count, values.count == 1 || values.count == LoadProfile.hours else {
                    throw CommandFailure(.usage, "--kilowatts takes one number, or 24 separated by commas")
                }
                let course = values.count == 1 ? Array(repeating: values[0], count: LoadProfile.hours) : values
                try await Desk.with(try engine.settings()) { desk in
                    let request = LoadProfileRequest(
                        facility: id, kilowatts: course, bandShare: band / 100, until: desk.now.advanced(by: span))
                    try await desk.submit(.enterProfile(request), reason: because, json: output.json)
                }
            }
        }

        struct Remove: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Let the model forecast the facility again.",
                discussion: "Example: switchyard forecast profile remove F-007 --because \"meters are back\"")
            @Argument(help: "The facility.") var facility: String
            @Option(help: "Why; it stands in the audit trail.") var because: String
            @OptionGroup var engine: EngineOptions
            @OptionGroup var output: OutputOptions

            func run() async throws {
                let id = try facilityID(facility)
                try await Desk.with(try engine.settings()) { desk in
                    try await desk.submit(.removeProfile(id), reason: because, json: output.json)
                }
            }
        }
    }
}
