import EnergyModel

extension Forecaster {
    private static let magic = Array("SWYFCAST".utf8)
    private static let format: UInt16 = 1

    /// All that it knows, compacted: some 110 KB at 15 minutes. What `init(archive:)` makes of it forecasts to the last bit
    /// like this forecaster once compacted, and goes on judging where this one stood. The weather ahead is part of it,
    /// a network's weights are not.
    package func archived() -> [UInt8] {
        var small = self
        small.compact()
        return small.written()
    }

    private func written() -> [UInt8] {
        var archive = ArchiveWriter(magic: Forecaster.magic, format: Forecaster.format)
        archive.add(Array(version.rawValue.utf8))
        archive.add(grid.resolution.rawValue)
        archive.add(Array(grid.zone.name.utf8))
        archive.add(standing.inCharge != version)
        archive.add(Array((standing.reason ?? "").utf8.prefix(1000)))
        archive.add(standing.since.map { Int($0.milliseconds) } ?? -1)
        state.write(to: &archive)
        cleaning.write(to: &archive)
        archive.add(newest.map { Int($0.milliseconds) } ?? -1)
        let recipe = model as? RecipeModel
        archive.add(recipe?.ridge != nil)
        recipe?.ridge?.write(to: &archive)
        recipe?.trees.write(to: &archive)
        recipe?.direct.write(to: &archive)
        judgement.write(to: &archive)
        fallback?.write(to: &archive)
        archive.add(outlook)
        archive.add(outlookBase)
        archive.add(lowest)
        archive.add(isJudging)
        return archive.sealed()
    }

    /// Takes up where `archived` left off; for the start of an engine, in a thousandth of the time of a replay. Version and
    /// resolution come from the archive; a grid of another zone or resolution is refused. Bytes that are damaged, of another
    /// build or made up give an error. The calendar may have changed since.
    package init(
        archive bytes: [UInt8], grid: LocalGrid, calendar: DayCalendar, prior: LoadPrior,
        constants: RecipeConstants = RecipeConstants(), network: LoadNetwork? = nil
    ) throws(ForecastArchiveError) {
        var archive = try ArchiveReader(bytes, magic: Forecaster.magic, format: Forecaster.format)
        let name = String(decoding: try archive.bytes(0...64, "model version"), as: UTF8.self)
        guard let version = ModelVersion(rawValue: name) else { throw .impossible("model version") }
        guard try archive.integer(in: 1...1440, "resolution") == grid.resolution.rawValue else {
            throw .otherSettings("resolution")
        }
        let zone = String(decoding: try archive.bytes(0...256, "time zone"), as: UTF8.self)
        guard zone == grid.zone.name else { throw .otherSettings("time zone") }
        self.init(
            grid: grid, calendar: calendar, firstDay: 0, prior: prior, version: version, constants: constants,
            network: network)
        try readStanding(&archive)
        state = try SeriesState(from: &archive, resolution: grid.resolution, calendar: calendar)
        cleaning = try LoadCleaning(from: &archive, resolution: grid.resolution)
        newest = try Forecaster.moment(&archive)
        let hasRidge = try archive.bool()
        if version == .recipe {
            let ridge = hasRidge ? try RidgeModel(from: &archive) : nil
            model = RecipeModel(
                ridge: ridge, trees: try BoostedTrees(from: &archive), direct: try BoostedTrees(from: &archive),
                directShare: constants.directShare, network: network, networkShare: constants.networkShare)
        }
        judgement = try Judgement(
            from: &archive, state: state, version: version, constants: constants, supposedLoad: prior.scale)
        try readFallback(&archive)
        outlook = try archive.floats(0...100_000, "weather ahead", allowsGaps: true)
        outlookBase = try archive.integer(in: -ArchiveReader.mostSlots...ArchiveReader.mostSlots, "weather ahead")
        lowest = try archive.float()
        isJudging = try archive.bool()
        try archive.finish()
    }

    /// Weights that came or went since decide anew whether a network can speak.
    private mutating func readStanding(_ archive: inout ArchiveReader) throws(ForecastArchiveError) {
        let isDemoted = try archive.bool()
        let reason = String(decoding: try archive.bytes(0...1000, "reason"), as: UTF8.self)
        let since = try Forecaster.moment(&archive)
        guard isDemoted, canSpeak, since != nil else { return }
        standing = ModelStanding(inCharge: .weekdayMean, reason: reason, since: since)
    }

    private mutating func readFallback(_ archive: inout ArchiveReader) throws(ForecastArchiveError) {
        guard version != .weekdayMean else { return }
        fallback = try Judgement(
            from: &archive, state: state, version: .weekdayMean, constants: Forecaster.fallbackConstants(constants),
            supposedLoad: prior.scale)
    }

    private static func moment(_ archive: inout ArchiveReader) throws(ForecastArchiveError) -> UTCInstant? {
        let milliseconds = try archive.integer(in: -1...Int(Int32.max) * 100_000, "moment")
        return milliseconds < 0 ? nil : UTCInstant(milliseconds: Int64(milliseconds))
    }
}
