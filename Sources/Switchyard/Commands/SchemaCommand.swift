import ArgumentParser
import EmbeddedStore
import EnergyModel

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "What is stored: fields, keys, units, retention, and the migrations of each file.",
        discussion: "Example: switchyard schema --json")
    @OptionGroup var engine: EngineOptions
    @OptionGroup var output: OutputOptions

    private struct Field: Encodable {
        var name: String
        var type: String
        var meaning: String
    }

    private struct Series: Encodable {
        var name: String
        var key: [String]
        var fields: [Field]
        var retention: String
    }

    private struct File: Encodable {
        struct Step: Encodable {
            var number: Int
            var name: String
            var checksum: String
        }
        var file: String
        var migrations: [Step]
    }

    private struct Answer: Encodable {
        var series: [Series]
        var files: [File]
    }

    func run() throws {
        let settings = try engine.settings()
        let answer = Answer(series: series(settings), files: [Schema.log, .series, .records, .traces].map(file))
        if output.json { return try Output.json(answer) }
        Output.table(
            ["SERIES", "FIELD", "TYPE", "MEANING"],
            answer.series.flatMap { series in
                [[series.name, "key", series.key.joined(separator: ", "), "kept for \(series.retention)"]]
                    + series.fields.map { ["", $0.name, $0.type, $0.meaning] }
            })
        Output.table(
            ["FILE", "MIGRATION", "NAME"],
            answer.files.flatMap { file in file.migrations.map { [file.file, "\($0.number)", $0.name] } }, right: [1])
    }

    private func file(_ schema: Schema) -> File {
        File(
            file: schema.file,
            migrations: schema.migrations.map { .init(number: $0.number, name: $0.name, checksum: $0.checksum) })
    }

    private func series(_ settings: Settings) -> [Series] {
        let readings = Series(
            name: "readings", key: ["meter", "time"],
            fields: [
                Field(name: "time", type: "UTC, milliseconds", meaning: "when the meter measured"),
                Field(name: "facility", type: "number", meaning: "where the meter was then"),
                Field(name: "kw", type: "float64, may lack", meaning: "power"),
                Field(name: "kwh", type: "float64, may lack", meaning: "the register, rising"),
                Field(name: "voltage", type: "float32, may lack", meaning: "volts"),
                Field(name: "quality", type: "uint8", meaning: "raw, validated, estimated …"),
            ], retention: spanText(settings.span("retention.raw")))
        let fields = [
            Field(name: "mean_kw, min_kw, max_kw", type: "float64, may lack", meaning: "power over the window"),
            Field(name: "kwh", type: "float64, may lack", meaning: "energy of the window"),
            Field(name: "count, good_count", type: "int32", meaning: "readings, and those of good quality"),
        ]
        let rollups = Granularity.allCases.map { granularity in
            Series(
                name: "rollups \(granularity.label)", key: ["meter or facility", "start"], fields: fields,
                retention: spanText(settings.span("retention.rollups")))
        }
        return [readings] + rollups
    }
}
