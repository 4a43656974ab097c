/// How a forecaster did lately, decayed with a half-life of a week: for the drift watch and the quality score.
package struct ForecastRecord: Hashable, Sendable {
    private static let decay = 0.987_7

    private var absoluteError = 0.0
    private var claimedError = 0.0
    private var absoluteLoad = 0.0
    private var inside = 0.0
    private var referenceError = 0.0
    private var weight = 0.0
    /// Forecasts judged so far.
    package private(set) var forecasts = 0

    /// Mean absolute error over mean load; nil before anything was judged.
    package var relativeError: Double? { absoluteLoad > 0 ? absoluteError / absoluteLoad : nil }
    /// Share of truths within the 90 % band.
    package var coverage: Double? { weight > 0 ? inside / weight : nil }
    /// Error over that of the same slot a week earlier: above 1 the model is worse than no model.
    package var againstNaive: Double? { referenceError > 0 ? absoluteError / referenceError : nil }
    /// Realised over claimed error: above 1 the band promised too much.
    package var realisedOverClaimed: Double? { claimedError > 0 ? absoluteError / claimedError : nil }

    mutating func beginForecast() {
        absoluteError *= ForecastRecord.decay
        claimedError *= ForecastRecord.decay
        absoluteLoad *= ForecastRecord.decay
        inside *= ForecastRecord.decay
        referenceError *= ForecastRecord.decay
        weight *= ForecastRecord.decay
        forecasts += 1
    }

    /// `reference` is the error of the same slot a week earlier; nil where there is none.
    mutating func add(error: Float, load: Float, isInside: Bool, claimed: Float, reference: Float?) {
        absoluteError += Double(abs(error))
        claimedError += Double(claimed)
        absoluteLoad += Double(abs(load))
        referenceError += Double(abs(reference ?? error))
        inside += isInside ? 1 : 0
        weight += 1
    }
}

extension ForecastRecord {
    func write(to archive: inout ArchiveWriter) {
        for value in [absoluteError, claimedError, absoluteLoad, inside, referenceError, weight] { archive.add(value) }
        archive.add(forecasts)
    }

    init(from archive: inout ArchiveReader) throws(ForecastArchiveError) {
        absoluteError = try archive.double("record")
        claimedError = try archive.double("record")
        absoluteLoad = try archive.double("record")
        inside = try archive.double("record")
        referenceError = try archive.double("record")
        weight = try archive.double("record")
        forecasts = try archive.integer(in: 0...ArchiveReader.mostSlots, "record")
    }
}
