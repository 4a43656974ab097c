import EnergyModel
import Engine
import Forecasting
import Foundation

extension EngineSettings.Forecast {
    /// Throws for a list that names no facility, no model or no holidays, and for weights that cannot be read.
    init(_ settings: Settings) throws {
        self.init()
        holidays = try Self.holidays(settings.list("forecast.holidays"))
        let weights = settings.text("forecast.weights")
        if !weights.isEmpty { network = try ForecastFolder.network(weights) }
        settle = settings.span("forecast.settle")
        stagger = settings.span("forecast.stagger")
        model = ModelVersion(rawValue: settings.text("forecast.model")) ?? .standard
        models = try Self.models(settings.list("forecast.models"))
        historyDays = settings.integer("forecast.history_days")
        refitEvery = settings.span("forecast.refit_every")
        firstLookDays = settings.integer("forecast.first_look_days")
        leastShare = settings.number("forecast.least_share")
        lagAlert = settings.span("forecast.lag_alert")
        leastQuality = settings.number("forecast.least_quality")
        wantedDays = settings.integer("forecast.wanted_days")
        loadAge = settings.span("forecast.load_age")
        peakWarning = settings.number("forecast.peak_warning")
        keep = settings.span("forecast.keep")
        keepEvery = settings.span("forecast.keep_every")
        storeTimeout = settings.span("forecast.store_timeout")
        batch = settings.integer("forecast.batch")
        readTimeout = settings.span("forecast.read_timeout")
        sliceRollups = settings.integer("forecast.slice_rollups")
    }

    private static func holidays(_ items: [String]) throws -> [FacilityID: HolidayTable] {
        var tables: [FacilityID: HolidayTable] = [:]
        for item in items {
            let parts = item.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let facility = FacilityID(parts[0]) else {
                throw CommandFailure(
                    .usage,
                    "forecast.holidays: \(item.debugDescription) is not FACILITY=FILE, or =nerc, us-federal, none")
            }
            tables[facility] = try table(parts[1])
        }
        return tables
    }

    /// A table by its name, or read from a file.
    private static func table(_ name: String) throws -> HolidayTable {
        switch name {
        case "nerc": return .nerc
        case "us-federal": return .usFederal
        case "none": return .none
        default: break
        }
        let text: String
        do {
            text = try String(contentsOf: URL(filePath: name), encoding: .utf8)
        } catch {
            throw CommandFailure(
                .usage, "forecast.holidays: the file \(name) cannot be read: \(error.localizedDescription)")
        }
        do {
            return try HolidayTable(parsing: text)
        } catch {
            throw CommandFailure(.usage, "forecast.holidays: \(name), \(error)")
        }
    }

    private static func models(_ items: [String]) throws -> [FacilityID: ModelVersion] {
        var models: [FacilityID: ModelVersion] = [:]
        for item in items {
            let parts = item.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let facility = FacilityID(parts[0]), let version = ModelVersion(rawValue: parts[1])
            else {
                let known = ModelVersion.allCases.map(\.rawValue).joined(separator: ", ")
                throw CommandFailure(
                    .usage, "forecast.models: \(item.debugDescription) is not FACILITY=MODEL, with one of \(known)")
            }
            models[facility] = version
        }
        return models
    }
}
