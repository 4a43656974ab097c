import CoreMetrics
import Engine
import Foundation
import Gateway
import PrometheusExporter
import Testing
import Yams

@testable import Switchyard

@Suite("Metrics, rules and manifests")
struct MetricTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    private static let names = Set(MetricTable.all.map(\.name))

    @Test("every metric is described once, in a sentence, with a name that follows the rules (SLO-07)")
    func table() {
        #expect(Self.names.count == MetricTable.all.count)
        for metric in MetricTable.all {
            #expect(metric.name.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "_") }, "\(metric)")
            #expect(metric.help.hasSuffix("."), "\(metric.name)")
        }
    }

    @Test("what the engine counts and times is described")
    func engine() {
        for name in EngineMetricNames.all { #expect(Self.names.contains(name), "\(name) has no description") }
    }

    @Test("the ledger's names exist verbatim (section 23)")
    func ledger() {
        let wanted = [
            "operation_timeout_seconds", "webhook_rate_limit_rejections_total", "kafka_poison_messages_total",
            "dependency_health_check_failures_total", "energy_api_request_duration_seconds",
            "energy_trace_span_over_budget_total", "energy_log_lag_readings", "energy_queue_items",
            "energy_series_write_errors_total", "energy_breaker_state",
        ]
        for name in wanted { #expect(Self.names.contains(name), "\(name)") }
    }

    @Test("METRICS.md lists every metric with its meaning: SWITCHYARD_RECORD=1 writes it anew")
    func page() throws {
        let rows = MetricTable.all.sorted { $0.name < $1.name }.map { "| `\($0.name)` | \($0.help) |" }
        let page =
            "# Metrics\n\nAt `/metrics` in Prometheus text format. Histograms have `_bucket`, `_sum` and `_count`.\n\n"
            + "| metric | meaning |\n|---|---|\n" + rows.joined(separator: "\n") + "\n"
        let file = Self.root.appending(path: "scripts/deploy/METRICS.md")
        if ProcessInfo.processInfo.environment["SWITCHYARD_RECORD"] != nil {
            try page.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == page)
    }

    /// Names of metrics in a PromQL expression: identifiers with an underscore that are followed by no parenthesis, outside
    /// braces and `by (…)`.
    private static func metrics(in expression: String) -> Set<String> {
        var text = expression
        for pattern in [#"\{[^}]*\}"#, #"\b(by|without|on|ignoring)\s*\([^)]*\)"#, #"\[[^\]]*\]"#] {
            text = text.replacingOccurrences(of: pattern, with: " ", options: .regularExpression)
        }
        var found: Set<String> = []
        var word = ""
        for character in text + " " {
            if character.isASCII, character.isLetter || character.isNumber || character == "_" {
                word.append(character)
                continue
            }
            if word.contains("_"), word.first?.isLetter == true, character != "(" { found.insert(word) }
            word = ""
        }
        return found
    }

    private static func isKnown(_ metric: String) -> Bool {
        let suffixes = ["_bucket", "_sum", "_count"]
        return names.contains(metric)
            || suffixes.contains { metric.hasSuffix($0) && names.contains(String(metric.dropLast($0.count))) }
    }

    @Test("every alert names metrics that exist, whom it calls, and where to look (SLO-10, SLO-13)")
    func rules() throws {
        let page = try #require(
            try Yams.load(yaml: try Self.text("scripts/deploy/prometheus/rules.yml")) as? [String: Any])
        let groups = try #require(page["groups"] as? [[String: Any]])
        let rules = groups.flatMap { $0["rules"] as? [[String: Any]] ?? [] }
        #expect(rules.count > 30)
        for rule in rules {
            let name = rule["alert"] as? String ?? "?"
            let expression = try #require(rule["expr"] as? String)
            let metrics = Self.metrics(in: expression)
            #expect(!metrics.isEmpty, "\(name): \(expression)")
            for metric in metrics { #expect(Self.isKnown(metric), "\(name) asks for \(metric)") }
            let labels = try #require(rule["labels"] as? [String: String])
            #expect(["info", "warning", "critical"].contains(labels["severity"] ?? ""), "\(name)")
            #expect(["L1", "L2", "L3"].contains(labels["level"] ?? ""), "\(name)")
            let notes = try #require(rule["annotations"] as? [String: String])
            #expect(notes["summary"] != nil && notes["description"] != nil, "\(name)")
            #expect(notes["runbook_url"]?.hasPrefix("switchyard://") == true, "\(name)")
        }
    }

    @Test("the dashboard is JSON, and every panel asks for metrics that exist")
    func dashboard() throws {
        let data = Data(try Self.text("scripts/deploy/grafana/dashboard.json").utf8)
        let page = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let panels = try #require(page["panels"] as? [[String: Any]])
        #expect(panels.count > 10)
        for panel in panels {
            for target in try #require(panel["targets"] as? [[String: Any]]) {
                let metrics = Self.metrics(in: try #require(target["expr"] as? String))
                #expect(!metrics.isEmpty)
                for metric in metrics { #expect(Self.isKnown(metric), "\(panel["title"] ?? "") asks for \(metric)") }
            }
        }
    }

    @Test("the manifests hold what was asked of roll-outs, evictions and stops (FLAG-07, SLO-08, HEALTH-01..03)")
    func manifests() throws {
        let documents = try Yams.load_all(yaml: try Self.text("scripts/deploy/kubernetes/switchyard.yaml"))
            .compactMap { $0 as? [String: Any] }
        func document(_ kind: String) throws -> [String: Any] {
            try #require(documents.first { $0["kind"] as? String == kind })
        }
        func value(_ node: [String: Any], _ path: String) -> Any? {
            path.split(separator: ".").reduce(node as Any?) { ($0 as? [String: Any])?[String($1)] }
        }
        let engine = try document("StatefulSet")
        #expect(value(engine, "spec.replicas") as? Int ?? 0 >= 3)
        #expect(value(engine, "spec.minReadySeconds") as? Int == 30)
        #expect(value(engine, "spec.updateStrategy.rollingUpdate.maxUnavailable") as? Int == 1)
        #expect(value(engine, "spec.template.spec.terminationGracePeriodSeconds") as? Int == 30)
        #expect(value(try document("PodDisruptionBudget"), "spec.minAvailable") as? String == "50%")
        let annotations = value(engine, "spec.template.metadata.annotations") as? [String: String]
        #expect(annotations?["prometheus.io/scrape"] == "true" && annotations?["prometheus.io/path"] == "/metrics")
        let container = try #require((value(engine, "spec.template.spec.containers") as? [[String: Any]])?.first)
        #expect(value(container, "lifecycle.preStop") != nil)
        let probes = [("startupProbe", "/startup"), ("livenessProbe", "/healthz"), ("readinessProbe", "/ready")]
        for (probe, path) in probes { #expect(value(container, "\(probe).httpGet.path") as? String == path) }
        #expect(value(container, "livenessProbe.failureThreshold") as? Int == 3)
        let begins = (value(container, "startupProbe.periodSeconds") as? Int ?? 0)
        #expect(begins * (value(container, "startupProbe.failureThreshold") as? Int ?? 0) == 60)
    }

    @Test("the unit runs without privileges and leaves a stop its time")
    func unit() throws {
        let lines = Set(
            try Self.text("scripts/deploy/systemd/switchyard.service").split(separator: "\n").map(String.init))
        for line in [
            "NoNewPrivileges=yes", "ProtectSystem=strict", "PrivateTmp=yes", "CapabilityBoundingSet=",
            "Restart=always", "User=switchyard", "MemoryDenyWriteExecute=yes", "TimeoutStopSec=30",
        ] { #expect(lines.contains(line), "\(line)") }
    }
}
