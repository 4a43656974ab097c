import CoreMetrics
import Foundation
import Testing

@testable import PrometheusExporter

@Suite("PrometheusRegistry")
struct PrometheusTests {
    @Test("the page is the text format, in a fixed order")
    func page() {
        let registry = PrometheusRegistry(describing: [
            MetricDescription("energy_waits_seconds", "Waits, in seconds.", buckets: [0.1, 1]),
            MetricDescription("energy_queue_bytes", "Back\\slash and\nnewline."),
        ])
        CoreMetrics.Timer(label: "energy.waits", factory: registry).recordNanoseconds(50_000_000)
        CoreMetrics.Timer(label: "energy.waits", factory: registry).recordNanoseconds(2_000_000_000)
        Meter(label: "energy_queue_bytes", dimensions: [("b", "2"), ("a", "1")], factory: registry).set(1.5)
        Counter(label: "energy_readings", factory: registry).increment(by: 3)
        FloatingPointCounter(label: "energy_readings", factory: registry).increment(by: 0.5)
        #expect(
            registry.render() == """
                # HELP energy_queue_bytes Back\\\\slash and\\nnewline.
                # TYPE energy_queue_bytes gauge
                energy_queue_bytes{a="1",b="2"} 1.5
                # HELP energy_readings_total No description is registered for this metric.
                # TYPE energy_readings_total counter
                energy_readings_total 3.5
                # HELP energy_waits_seconds Waits, in seconds.
                # TYPE energy_waits_seconds histogram
                energy_waits_seconds_bucket{le="0.1"} 1
                energy_waits_seconds_bucket{le="1"} 1
                energy_waits_seconds_bucket{le="+Inf"} 2
                energy_waits_seconds_sum 2.05
                energy_waits_seconds_count 2

                """)
    }

    @Test("hostile label names and values stay inside their quotes")
    func labels() {
        let registry = PrometheusRegistry()
        let dimensions = [("__name__", "x"), ("0 bad", "a\"b\\c\nd"), ("esc", "\u{1b}[2J\u{202e}"), ("esc", "second")]
        Meter(label: "9 lives!", dimensions: dimensions, factory: registry).set(1)
        let page = registry.render()
        #expect(page.contains(#"_9_lives_{_0_bad="a\"b\\c\nd",_name__="x",esc="�[2J�"} 1"# + "\n"))
    }

    @Test("beyond the limit series are dropped and counted, and those there go on")
    func cardinality() {
        let registry = PrometheusRegistry(seriesLimit: 10)
        for round in 0..<2 {
            for index in 0..<25 {
                Counter(label: "energy_items", dimensions: [("id", "\(index)")], factory: registry).increment(
                    by: round + 1)
            }
        }
        let lines = registry.render().split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("energy_items_total{") }.count == 10)
        #expect(lines.contains(#"energy_items_total{id="3"} 3"#))
        #expect(lines.contains(#"energy_metrics_observations_dropped_total{metric="energy_items_total"} 30"#))
    }

    @Test("one name has one kind: the second kind is dropped and counted")
    func kinds() {
        let registry = PrometheusRegistry()
        Meter(label: "energy_load", factory: registry).set(4)
        Recorder(label: "energy_load", factory: registry).record(9)
        let page = registry.render()
        #expect(page.contains("energy_load 4\n"))
        #expect(page.contains(#"dropped_total{metric="energy_load"} 1"#))
    }

    @Test("a destroyed series leaves the page, and its place is free")
    func destroyed() {
        let registry = PrometheusRegistry(seriesLimit: 1)
        let first = Meter(label: "energy_load", dimensions: [("f", "1")], factory: registry)
        first.set(1)
        first.destroy()
        Meter(label: "energy_load", dimensions: [("f", "2")], factory: registry).set(2)
        #expect(registry.render().contains("energy_load{f=\"2\"} 2\n"))
        #expect(!registry.render().contains("f=\"1\""))
    }

    @Test("no increment is lost between eight writers")
    func concurrent() async {
        let registry = PrometheusRegistry()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let timer = CoreMetrics.Timer(label: "energy_waits", factory: registry)
                    for _ in 0..<5000 {
                        Counter(label: "energy_items", factory: registry).increment()
                        FloatingPointCounter(label: "energy_sum", factory: registry).increment(by: 0.5)
                        timer.recordNanoseconds(1)
                    }
                }
            }
        }
        let page = registry.render()
        #expect(page.contains("energy_items_total 40000\n"))
        #expect(page.contains("energy_sum_total 20000\n"))
        #expect(page.contains("energy_waits_seconds_count 40000\n"))
    }

    @Test("what a counter or histogram cannot hold is left out")
    func impossible() {
        let registry = PrometheusRegistry()
        let sum = FloatingPointCounter(label: "energy_sum", factory: registry)
        for value in [Double.nan, -1, .infinity, 2] { sum.increment(by: value) }
        Recorder(label: "energy_size", factory: registry).record(Double.nan)
        Meter(label: "energy_level", factory: registry).set(-Double.infinity)
        let page = registry.render()
        #expect(page.contains("energy_sum_total 2\n"))
        #expect(page.contains("energy_size_count 0\n"))
        #expect(page.contains("energy_level -Inf\n"))
    }

    @Test("promtool finds nothing to say about a page with everything on it", .timeLimit(.minutes(5)))
    func promtool() async throws {
        let page = try await withGateway(health: FixedHealth(ready: false)) { house in
            for path in ["/healthz", "/ready", "/startup", "/nowhere", "/metrics"] {
                _ = try await ask(house.port, request("GET", path))
            }
            let post = request("POST", "/api/ingest/readings", type: "application/json", body: "[]")
            #expect(try await ask(house.port, post).status == 202)
            Recorder(label: "energy_batch_readings", factory: house.registry).record(7)
            Counter(label: "kafka_poison_messages", dimensions: [("topic", "sensor-readings")], factory: house.registry)
                .increment()
            house.registry.describe([
                MetricDescription("energy_batch_readings", "Readings a batch."),
                MetricDescription("kafka_poison_messages_total", "Messages that could not be processed, by topic."),
            ])
            let answer = try await ask(house.port, request("GET", "/metrics"))
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            return answer.body
        }
        let text = String(decoding: page, as: UTF8.self)
        for name in [
            "energy_api_request_duration_seconds_bucket", "energy_api_connections",
            "process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds",
        ] {
            #expect(text.contains(name))
        }
        #expect(text.contains(#"{method="POST",route="/api/ingest/readings",status="202",le="60"} 1"#))
        let verdict = try runPromtool(on: page)
        #expect(verdict.status == 0, "promtool check metrics: \(verdict.said)")
        #expect(verdict.said.isEmpty)
    }
}

private struct PromtoolMissing: Error, CustomStringConvertible {
    let description = "promtool is not installed; install it with `apt-get install prometheus`"
}

/// `promtool check metrics` with the page on its input.
private func runPromtool(on page: [UInt8]) throws -> (status: Int32, said: String) {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
    guard let path = folders.map({ "\($0)/promtool" }).first(where: FileManager.default.isExecutableFile(atPath:))
    else {
        throw PromtoolMissing()
    }
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("page-\(UUID().uuidString).prom")
    try Data(page).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = ["check", "metrics"]
    process.standardInput = try FileHandle(forReadingFrom: file)
    let said = Pipe()
    process.standardOutput = said
    process.standardError = said
    try process.run()
    let text = said.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
}
