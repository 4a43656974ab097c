/// Why bytes do not make a forecaster. Whatever it is, a replay of the history makes a new one.
package enum ForecastArchiveError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The bytes are something else.
    case notAnArchive
    /// Written by another build.
    case otherFormat(Int)
    /// Cut short or changed since they were written.
    case damaged
    /// Whole, but a value is impossible.
    case impossible(String)
    /// Made for another facility or other settings.
    case otherSettings(String)

    package var description: String {
        switch self {
        case .notAnArchive: "this is no archive of a forecaster; replay the history instead"
        case .otherFormat(let format): "this build knows no archive of format \(format); replay the history instead"
        case .damaged: "the archive is cut short or was changed; replay the history instead"
        case .impossible(let what): "the archive's \(what) cannot be; replay the history instead"
        case .otherSettings(let what): "the archive was made for another \(what); replay the history instead"
        }
    }
}
