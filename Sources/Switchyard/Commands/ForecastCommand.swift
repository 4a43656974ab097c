import ArgumentParser

struct ForecastCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forecast",
        abstract: "Load forecasts: a facility's, its models' backtest, profiles by hand; scores and training.",
        subcommands: [Show.self, Backtest.self, Profile.self, Score.self, Train.self], defaultSubcommand: Show.self)
}
