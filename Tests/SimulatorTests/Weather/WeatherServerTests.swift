import CurlTransport
import EnergyModel
import Ports
import Testing
import WeatherFeeds

@testable import Simulator

@Suite("Simulated weather, asked over a real socket by the engine's own adapters")
struct WeatherServerTests {
    private static let now = UTCInstant(seconds: 1_784_030_400 + 1234)

    /// Chicago: all three have weather of it.
    private static let chicago = Place(latitude: 41.88, longitude: -87.63)

    private struct Town: Sendable {
        let providers: SimulatedProviders
        let cell: WeatherCell
        let base: String
        let transport: CurlTransport

        /// What one provider tells, or why not.
        func ask(
            _ kind: WeatherProviderKind, in cell: WeatherCell? = nil, deadline: Duration = .seconds(10)
        ) async -> Result<WeatherReport, WeatherError> {
            let send: HTTPSend = { (request) async throws(HTTPTransportError) in try await transport.send(request) }
            let provider: any WeatherProvider =
                switch kind {
                case .weatherAPI: WeatherAPIProvider(base: base, key: "sesame", deadline: deadline, send: send)
                case .openWeatherMap: OpenWeatherMapProvider(base: base, key: "sesame", deadline: deadline, send: send)
                case .noaa: NOAAProvider(base: base, contact: nil, deadline: deadline, send: send)
                }
            do throws(WeatherError) {
                return .success(try await provider.weather(in: cell ?? self.cell, now: WeatherServerTests.now))
            } catch {
                return .failure(error)
            }
        }

        func set(faults body: String) async throws -> Int {
            let request = HTTPRequest(.post, "\(base)/faults", body: Array(body.utf8), deadline: .seconds(10))
            return try await transport.send(request).status
        }
    }

    private func open(_ body: @escaping @Sendable (Town) async throws -> Void) async throws {
        let providers = try SimulatedProviders(seed: 1, now: { WeatherServerTests.now })
        let cell = try #require(Self.chicago).cell
        let (ports, port) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let server = WeatherServer(providers, port: 0, logger: BuildingTown.quiet) { port.yield($0) }
        let transport = CurlTransport(
            CurlTransportConfiguration(connectTimeout: .seconds(10), deadline: .seconds(10), addresses: .loopbackOnly))
        defer { transport.shutDown() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask {
                var ports = ports.makeAsyncIterator()
                guard let port = await ports.next() else { return }
                try await body(
                    Town(providers: providers, cell: cell, base: "http://127.0.0.1:\(port)", transport: transport))
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    @Test("each provider tells at least the next 26 hours of the sky that the meters feel")
    func sound() async throws {
        try await open { town in
            let present = Self.now.floor(toMilliseconds: 3_600_000)
            let place = try #require(Self.chicago)
            for kind in WeatherProviderKind.allCases {
                let report = try await town.ask(kind).get()
                let told = Dictionary(uniqueKeysWithValues: report.hours.map { ($0.hour, $0.celsius) })
                for number in 0..<26 {
                    let hour = present.advanced(by: .seconds(3600 * number))
                    let celsius = try #require(told[hour], "\(kind) says nothing of hour \(number)")
                    let off = abs(celsius - town.providers.celsius(at: place, hour))
                    #expect(off < (number < 2 ? 0.7 : 2.5), "\(kind) is \(off) K off in hour \(number)")
                }
                let issued = try #require(report.issuedAt)
                #expect(Self.now.since(issued) < .seconds(3600) && issued <= Self.now)
            }
            #expect(town.providers.requests == [.weatherAPI: 1, .openWeatherMap: 1, .noaa: 2])
        }
    }

    @Test("the load that meters send follows the temperature that providers tell")
    func meters() throws {
        let fleet = try Fleet(facilities: 20, meters: 20, seed: 1, from: Self.now)
        let providers = try SimulatedProviders(seed: 1, now: { WeatherServerTests.now })
        for index in fleet.facilities.indices {
            let place = try #require(fleet.facilities[index].location)
            let felt = try #require(fleet.loads[index].celsius(at: Self.now.milliseconds))
            #expect(abs(providers.celsius(at: place, Self.now) - felt) < 0.001, "\(fleet.facilities[index].region)")
        }
        #expect(Set(fleet.facilities.compactMap(\.location?.cell)).count < fleet.facilities.count)
    }

    @Test("NOAA has the United States only, the others the world")
    func elsewhere() async throws {
        try await open { town in
            let berlin = WeatherCell(latitude: 525, longitude: 134)
            if case .failure(let error) = await town.ask(.noaa, in: berlin) {
                #expect(error.code == .notServed)
            } else {
                Issue.record("NOAA told of Berlin")
            }
            let told = try await town.ask(.weatherAPI, in: berlin).get()
            #expect(told.hours.count >= 48)
            let pole = WeatherCell(latitude: -900, longitude: 1799)
            let hours = try await town.ask(.openWeatherMap, in: pole).get().hours
            #expect(hours.allSatisfy { $0.celsius < 10 && $0.celsius > -60 })
        }
    }

    @Test("every fault of every provider is what it is called", arguments: WeatherProviderKind.allCases)
    func faults(kind: WeatherProviderKind) async throws {
        let sentences: [(WeatherFault, WeatherError.Code?)] = [
            (.timeout, .timedOut), (.unauthorised, .unauthorised), (.quota, .quota), (.failure, .unwell),
            (.garbage, .garbled), (.truncated, .garbled), (.stale, nil), (.unitMistake, nil), (.slow, nil),
        ]
        try await open { town in
            let sound = try await town.ask(kind).get()
            for (fault, code) in sentences {
                let body = """
                    {"rules": [{"fault": "\(fault.rawValue)", "providers": ["\(kind.rawValue)"],
                      "seconds": \(fault == .slow ? 0.05 : 60)}]}
                    """
                let status = try await town.set(faults: body)
                #expect(status == 200)
                let answer = await town.ask(kind, deadline: fault == .timeout ? .milliseconds(300) : .seconds(10))
                switch answer {
                case .failure(let error):
                    #expect(error.code == code, "\(fault): \(error)")
                    #expect(error.retryAfter == (fault == .quota ? .seconds(60) : nil))
                case .success(let report):
                    #expect(code == nil, "\(fault) passed for weather")
                    if fault == .slow { #expect(report == sound) }
                    if fault == .stale {
                        #expect(Self.now.since(report.issuedAt ?? Self.now) > .seconds(47 * 3600))
                    }
                    if fault == .unitMistake {
                        let off = zip(report.hours, sound.hours).map { $0.celsius - $1.celsius }
                        #expect(off.allSatisfy { $0 > 30 })
                    }
                }
            }
            let status = try await town.set(faults: "")
            #expect(status == 200)
            let after = try await town.ask(kind).get()
            #expect(after == sound)
        }
    }

    @Test("a mistyped fault is refused with a sentence, and nobody else's requests are befallen")
    func strict() async throws {
        let mistyped = [
            "{\"rule\": []}", "{\"rules\": [{}]}", "{\"rules\": [{\"fault\": \"rain\"}]}", "[", "{\"rules\": 7}",
        ]
        let once = "{\"rules\": [{\"fault\": \"quota\", \"providers\": [\"noaa\"], \"times\": 1}]}"
        try await open { town in
            for body in mistyped {
                let status = try await town.set(faults: body)
                #expect(status == 400, "\(body)")
            }
            let status = try await town.set(faults: once)
            #expect(status == 200)
            let answers = [await town.ask(.weatherAPI), await town.ask(.noaa), await town.ask(.noaa)]
            let codes = answers.map { answer in
                if case .failure(let error) = answer { error.code } else { WeatherError.Code?.none }
            }
            #expect(codes == [nil, .quota, nil])
        }
    }
}
