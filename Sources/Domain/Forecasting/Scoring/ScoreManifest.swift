import EnergyModel

/// What is wrong with a manifest or a series file, and where.
package struct ScoreInputError: Error, Hashable, CustomStringConvertible {
    package let line: Int
    package let sentence: String

    package init(line: Int, sentence: String) {
        self.line = line
        self.sentence = sentence
    }

    package var description: String { "line \(line): \(sentence)" }
}

/// One series of a scoring folder: `manifest.json` is a list of these.
package struct ScoreEntry: Hashable, Sendable {
    package var series: String
    /// Name of the CSV file in the folder; never a path.
    package var file: String
    package var resolution: SeriesResolution
    /// IANA name.
    package var timeZone: String
    package var hasTemperature: Bool
    /// Truths above it are not scored; infinite when not given.
    package var largestValid: Double
    /// As they stand in the file; forecasts repeat them letter for letter.
    package var origins: [String]
    package var instants: [UTCInstant]

    /// The whole of `manifest.json`.
    package static func manifest(json bytes: [UInt8]) throws(ScoreInputError) -> [ScoreEntry] {
        guard case .array(let nodes) = try ManifestNode(json: bytes) else {
            throw ScoreInputError(line: 1, sentence: "a manifest is a list of series")
        }
        var entries: [ScoreEntry] = []
        for (index, node) in nodes.enumerated() { entries.append(try ScoreEntry(node, number: index + 1)) }
        guard Set(entries.map(\.series)).count == entries.count else {
            throw ScoreInputError(line: 1, sentence: "two series have the same name")
        }
        return entries
    }

    private init(_ node: ManifestNode, number: Int) throws(ScoreInputError) {
        func wrong(_ sentence: String) -> ScoreInputError {
            ScoreInputError(line: 1, sentence: "series \(number) of the manifest: \(sentence)")
        }
        guard let series = node["series"]?.text, !series.isEmpty,
            !series.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline })
        else { throw wrong("`series` must be a name without commas, quotes and line ends") }
        guard let file = node["file"]?.text, !file.isEmpty, !file.contains("/"), file != "..", file != "." else {
            throw wrong("`file` must be the name of a file in the same folder")
        }
        guard let minutes = node["resolution_min"]?.number.flatMap({ Int(exactly: $0) }),
            let resolution = SeriesResolution(rawValue: minutes)
        else { throw wrong("`resolution_min` must be 5, 15, 30 or 60") }
        guard let zone = node["tz"]?.text else { throw wrong("`tz` must name a time zone") }
        guard case .array(let list)? = node["origins"] else { throw wrong("`origins` must be a list of times") }
        var texts: [String] = []
        var moments: [UTCInstant] = []
        for origin in list {
            guard let text = origin.text, let instant = UTCInstant(iso8601: text) else {
                throw wrong("an origin is no time; write it like 2026-01-31T23:00Z")
            }
            texts.append(text)
            moments.append(instant)
        }
        self.series = series
        self.file = file
        self.resolution = resolution
        timeZone = zone
        hasTemperature = node["has_temp"] == .bool(true)
        largestValid = node["max_valid"]?.number ?? .infinity
        origins = texts
        instants = moments
    }

    /// Span the series' clock changes must be known for, given its rows.
    package func span(_ rows: ScoreRows) -> TimeRange {
        TimeRange(
            start: (rows.starts.first ?? .distantPast).advanced(by: .seconds(-7 * 86_400)),
            end: (rows.starts.last ?? .distantPast).advanced(by: .seconds(9 * 86_400)))
    }
}
