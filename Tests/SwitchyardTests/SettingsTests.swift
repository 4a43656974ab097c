import EnergyModel
import Testing

@testable import Switchyard

@Suite("Settings")
struct SettingsTests {
    @Test("every default is allowed by its own kind")
    func defaultsAreAllowed() {
        for setting in SettingTable.settings {
            #expect(setting.kind.accepts(setting.fallback), "\(setting.key)")
        }
    }

    @Test("flags win over environment, environment over file, file over default")
    func layersInOrder() throws {
        var loader = SettingsLoader()
        loader.file = ("c.yaml", "log:\n  level: debug\nhttp:\n  max_body: 1MiB\ningest:\n  queue_cap: 1GB\n")
        loader.environment = ["SWITCHYARD_LOG_LEVEL": "warning", "SWITCHYARD_INGEST_QUEUE_CAP": "2GB"]
        loader.flags = ["log.level": ("--set", "error")]
        let settings = try loader.load()
        #expect(settings.text("log.level") == "error")
        #expect(settings.size("ingest.queue_cap") == 2_000_000_000)
        #expect(settings.size("http.max_body") == 1_048_576)
        #expect(settings.span("retention.log") == .seconds(14 * 86_400))
        let sources = ["log.level", "ingest.queue_cap", "http.max_body", "retention.log"].compactMap { key in
            SettingTable.byKey[key].map { settings.value($0).source.description }
        }
        #expect(sources == ["flag --set", "environment SWITCHYARD_INGEST_QUEUE_CAP", "c.yaml:4", "default"])
    }

    @Test(
        "a wrong value or key names its place and what is allowed",
        arguments: [
            ("log:\n  level: loud\n", "c.yaml:2: log.level is \"loud\", allowed is one of trace, debug"),
            ("ingest:\n  queue_cap: lots\n", "c.yaml:2: ingest.queue_cap is \"lots\", allowed is a size such as"),
            (
                "ingest:\n  queue_capp: 1GB\n",
                "c.yaml:2: key ingest.queue_capp is unknown; did you mean ingest.queue_cap?"
            ),
            ("\n\nnonsense: 1\n", "c.yaml:3: key nonsense is unknown"),
            ("- a\n", "c.yaml:1: the file must be a mapping"),
            ("ingest: 5\n", "c.yaml:1: ingest. must be a mapping"),
            ("mqtt:\n  urls: {a: b}\n", "c.yaml:2: mqtt.urls must be a single value or a list"),
            ("log: [1\n", "c.yaml: not valid YAML"),
            (
                "ingest:\n  refuse_at: 1.5\n",
                "c.yaml:2: ingest.refuse_at is \"1.5\", allowed is a number from 0.0 to 1.0"
            ),
            ("ingest:\n  future_limit: -5m\n", "c.yaml:2: ingest.future_limit is \"-5m\""),
        ])
    func complaints(text: String, expected: String) {
        var loader = SettingsLoader()
        loader.file = ("c.yaml", text)
        let error = #expect(throws: SettingsError.self) { try loader.load() }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }

    @Test("an unknown variable is an error, others' variables are not ours")
    func unknownVariable() throws {
        var loader = SettingsLoader()
        loader.environment = ["SWITCHYARD_LOG_LEVLE": "info", "PATH": "/bin"]
        let error = #expect(throws: SettingsError.self) { try loader.load() }
        #expect(error?.description.contains("did you mean SWITCHYARD_LOG_LEVEL?") == true)
    }

    @Test("YAML lists become lists, and a secret's file is read in place of its name")
    func listsAndSecrets() throws {
        var loader = SettingsLoader()
        loader.file = ("c.yaml", "mqtt:\n  urls: [mqtt://a, mqtt://b]\n  password: file:/run/secret\n")
        loader.readSecret = { "read from \($0)" }
        let settings = try loader.load()
        #expect(settings.list("mqtt.urls") == ["mqtt://a", "mqtt://b"])
        #expect(settings.text("mqtt.password") == "read from /run/secret")
    }

    @Test(
        "times and sizes read as written",
        arguments: [
            ("250ms", 250), ("5s", 5000), ("15m", 900_000), ("1.5h", 5_400_000), ("14d", 1_209_600_000), ("0s", 0),
        ])
    func times(text: String, milliseconds: Int64) {
        #expect(parseDuration(text)?.milliseconds == milliseconds)
    }

    @Test(
        "texts that are no time or size are refused", arguments: ["", "5", "s", "5 parsecs", "1e400d", "--5s", "5s5"])
    func notTimes(text: String) {
        #expect(parseDuration(text) == nil)
    }

    @Test("sizes", arguments: [("4096", 4096), ("64KiB", 65_536), ("10GB", 10_000_000_000), ("1_000 b", 1000)])
    func sizes(text: String, count: Int64) {
        #expect(parseBytes(text) == count)
    }

    @Test("a time's text reads back to the same time", arguments: [1, 999, 1000, 60_000, 61_000, 86_400_000, 0])
    func timeText(milliseconds: Int64) {
        #expect(parseDuration(durationText(.milliseconds(milliseconds)))?.milliseconds == milliseconds)
    }
}

@Suite("Facility file")
struct FacilityFileTests {
    @Test("a full description is read")
    func full() throws {
        let text = """
            facilities:
              - id: F-007
                name: "Harbor, \\"East\\" =cmd()"
                kind: hospital
                region: north
                time_zone: Europe/Berlin
                contract_demand_kw: 2000
                bms_endpoint: https://bms.example/soap
                latitude: 53
                longitude: -9.99
                meters:
                  - M-1
                  - {id: M-2, register_limit_kwh: 999999.5}
            """
        let facility = try #require(try FacilityFile.parse(text, path: "f.yaml").first)
        #expect(facility.id.text == "F-007")
        #expect(facility.name == "Harbor, \"East\" =cmd()")
        #expect(facility.kind == .hospital)
        #expect(facility.contractDemand == Power(kilowatts: 2000))
        #expect(facility.location == Place(latitude: 53, longitude: -9.99))
        #expect(facility.meters.map(\.id.text) == ["M-1", "M-2"])
        #expect(facility.meters.last?.registerLimit == Energy(kilowattHours: 999_999.5))
    }

    @Test(
        "mistakes are named by line",
        arguments: [
            ("facilities: []", "expected `facilities:`"), ("", "expected `facilities:`"),
            ("- id: 'a b'", "f.yaml:1: id must be"),
            ("- id: A\n  kind: castle", "f.yaml:2: kind \"castle\" is none of office"),
            ("- id: A\n  time_zone: Mars/Base", "f.yaml:2: time_zone \"Mars/Base\" is no IANA zone"),
            ("- id: A\n  contract_demand_kw: -1", "f.yaml:2: contract_demand_kw must be a number above 0"),
            ("- id: A\n  latitude: 91\n  longitude: 0", "f.yaml:2: latitude must be a number of degrees from -90"),
            ("- id: A\n  latitude: .nan\n  longitude: 0", "f.yaml:2: latitude must be"),
            ("- id: A\n  longitude: 9", "f.yaml:1: give both latitude and longitude"),
            ("- id: A\n- id: A", "facility A stands twice"),
            ("- id: A\n  meters: [M]\n- id: B\n  meters: [M]", "f.yaml:4: meter M stands twice"),
            ("- id: A\n  colour: red", "f.yaml:2: key \"colour\" is none of"), ("- 5", "a facility is a mapping"),
        ])
    func mistakes(text: String, expected: String) {
        let error = #expect(throws: SettingsError.self) { try FacilityFile.parse(text, path: "f.yaml") }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }
}
