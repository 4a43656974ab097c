// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// One room: a target of our own with the shared settings. `path` is below `Sources`.
func room(_ name: String, _ path: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(path)", swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude, swiftSettings: settings)
}

extension Target.Dependency {
    static let argumentParser = Self.product(name: "ArgumentParser", package: "swift-argument-parser")
    static let configuration = Self.product(name: "Configuration", package: "swift-configuration")
    static let crypto = Self.product(name: "Crypto", package: "swift-crypto")
    static let cryptoExtras = Self.product(name: "CryptoExtras", package: "swift-crypto")
    static let deque = Self.product(name: "DequeModule", package: "swift-collections")
    static let grdb = Self.product(name: "GRDB", package: "GRDB.swift")
    static let heap = Self.product(name: "HeapModule", package: "swift-collections")
    static let httpTypes = Self.product(name: "HTTPTypes", package: "swift-http-types")
    static let hummingbird = Self.product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdCore = Self.product(name: "HummingbirdCore", package: "hummingbird")
    static let hummingbirdTLS = Self.product(name: "HummingbirdTLS", package: "hummingbird")
    static let jwt = Self.product(name: "JWTKit", package: "jwt-kit")
    static let lifecycle = Self.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let logging = Self.product(name: "Logging", package: "swift-log")
    static let metrics = Self.product(name: "CoreMetrics", package: "swift-metrics")
    static let nio = Self.product(name: "NIOCore", package: "swift-nio")
    static let nioHTTP1 = Self.product(name: "NIOHTTP1", package: "swift-nio")
    static let nioHTTPTypes = Self.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
    static let nioPosix = Self.product(name: "NIOPosix", package: "swift-nio")
    static let nioTLS = Self.product(name: "NIOSSL", package: "swift-nio-ssl")
    static let protobuf = Self.product(name: "SwiftProtobuf", package: "swift-protobuf")
    static let signals = Self.product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let sqlite = Self.product(name: "GRDBSQLite", package: "GRDB.swift")
    static let yams = Self.product(name: "Yams", package: "Yams")
}

let package = Package(
    name: "switchyard",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "switchyard", targets: ["Switchyard"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        room("EnergyModel", "Domain/EnergyModel"),
        room("Metering", "Domain/Metering", ["EnergyModel", .protobuf]),
        room("DemandResponse", "Domain/DemandResponse", ["EnergyModel"]),
        room("Forecasting", "Domain/Forecasting", ["EnergyModel"]),
        room("Resilience", "Resilience", [.deque, .heap]),
        room("Ports", "Engine/Ports", ["EnergyModel"]),
        room(
            "Engine", "Engine/Engine",
            [
                "DemandResponse", "EnergyModel", "Forecasting", "Metering", "Ports", "Resilience", .crypto, .deque,
                .lifecycle, .logging, .metrics,
            ]),
        room("EmbeddedStore", "Adapters/EmbeddedStore", ["EnergyModel", "Ports", .deque, .grdb, .sqlite]),
        room(
            "MQTTFeed", "Adapters/MQTTFeed",
            ["EnergyModel", "Ports", "Resilience", .deque, .lifecycle, .logging, .nio, .nioPosix, .nioTLS]),
        .systemLibrary(name: "CMalloc", path: "Sources/CLibraries/CMalloc"),
        .systemLibrary(name: "CCurl", path: "Sources/CLibraries/CCurl"),
        room("CurlTransport", "Adapters/CurlTransport", ["CCurl", "Ports", .deque]),
        room("BuildingSOAP", "Adapters/BuildingSOAP", ["EnergyModel", "Ports"]),
        room("WeatherFeeds", "Adapters/WeatherFeeds", ["EnergyModel", "Ports"]),
        room("PrometheusExporter", "Gateway/PrometheusExporter", [.metrics]),
        room("GatewayWire", "Gateway/GatewayWire", ["EnergyModel", "Ports"]),
        room(
            "RemoteOperator", "Gateway/RemoteOperator",
            ["EnergyModel", "GatewayWire", "Ports", "Resilience", .lifecycle]),
        room(
            "Gateway", "Gateway/Gateway",
            [
                "EnergyModel", "GatewayWire", "Ports", "PrometheusExporter", "Resilience", .crypto, .deque,
                .lifecycle, .logging, .metrics, .nio, .hummingbird, .hummingbirdCore, .hummingbirdTLS, .jwt, .nioHTTP1,
                .nioHTTPTypes, .nioTLS, .httpTypes,
            ]),
        room("Screen", "Console/Screen"),
        room("Console", "Console/Console", ["EnergyModel", "Ports", "Screen", .yams]),
        .systemLibrary(name: "CNcurses", path: "Sources/CLibraries/CNcurses"),
        room("NcursesTerminal", "Console/NcursesTerminal", ["CNcurses", "Screen"]),
        room(
            "Simulator", "Simulator",
            [
                "BuildingSOAP", "CurlTransport", "EnergyModel", "MQTTFeed", "Metering", "Ports", "Resilience",
                .crypto, .deque, .heap, .httpTypes, .hummingbird, .hummingbirdCore, .lifecycle, .logging, .nio,
            ]),
        room("SwitchyardTesting", "Testing", ["EnergyModel", "Ports"]),
        .executableTarget(
            name: "Switchyard",
            dependencies: [
                "BuildingSOAP", "CMalloc", "Console", "CurlTransport", "DemandResponse", "EmbeddedStore", "Engine",
                "EnergyModel", "Forecasting", "Gateway", "MQTTFeed", "Metering", "NcursesTerminal", "Ports",
                "PrometheusExporter", "RemoteOperator", "Resilience",
                "Screen", "Simulator", "WeatherFeeds", .argumentParser,
                .configuration, .lifecycle, .logging, .metrics, .signals, .yams,
            ],
            path: "Sources/Switchyard", swiftSettings: settings),

        tests("ArchitectureTests", []),
        tests("BuildingSOAPTests", ["BuildingSOAP", "EnergyModel", "Ports", "SwitchyardTesting"]),
        tests(
            "ConsoleTests", ["Console", "EnergyModel", "Ports", "Screen"], exclude: ["Goldens"]),
        tests("CurlTransportTests", ["CurlTransport", "Ports"]),
        tests("DemandResponseTests", ["DemandResponse", "EnergyModel", "Ports"]),
        tests("EmbeddedStoreTests", ["EmbeddedStore", "EnergyModel", "Ports", "SwitchyardTesting", .grdb]),
        tests("EnergyModelTests", ["EnergyModel"]),
        tests(
            "EngineTests",
            [
                "DemandResponse", "EnergyModel", "Engine", "Ports", "Resilience", "SwitchyardTesting", .lifecycle,
                .logging,
            ]),
        tests("ForecastingTests", ["EnergyModel", "Forecasting"]),
        tests(
            "GatewayTests",
            [
                "EnergyModel", "Gateway", "GatewayWire", "Ports", "PrometheusExporter", "Resilience",
                "SwitchyardTesting", .crypto, .cryptoExtras, .httpTypes, .hummingbird, .lifecycle, .logging, .metrics,
                .nio, .nioPosix,
            ]),
        tests("MQTTFeedTests", ["EnergyModel", "MQTTFeed", "Ports", "Resilience", .logging, .nio]),
        tests("MeteringTests", ["EnergyModel", "Metering"]),
        tests(
            "LinkTests",
            [
                "CurlTransport", "EnergyModel", "Engine", "Gateway", "GatewayWire", "Ports", "PrometheusExporter",
                "RemoteOperator", "SwitchyardTesting", .lifecycle, .logging,
            ]),
        tests(
            "RemoteOperatorTests",
            ["EnergyModel", "GatewayWire", "Ports", "RemoteOperator", "SwitchyardTesting"]),
        tests("ResilienceTests", ["Resilience"]),
        tests("ScreenTests", ["Screen", .yams]),
        tests(
            "SimulatorTests",
            [
                "BuildingSOAP", "CurlTransport", "DemandResponse", "EnergyModel", "Metering", "Ports", "Simulator",
                "WeatherFeeds", .httpTypes, .hummingbird, .lifecycle, .logging,
            ]),
        tests(
            "SwitchyardTests",
            [
                "EnergyModel", "Engine", "Forecasting", "Gateway", "Ports", "PrometheusExporter", "Switchyard",
                .logging,
                .metrics, .yams,
            ]),
        tests("WeatherFeedsTests", ["EnergyModel", "Ports", "WeatherFeeds"]),
    ]
)
