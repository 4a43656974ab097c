#!/usr/bin/env python3
"""usage: prometheus.py
A real Prometheus scrapes a running engine with the shipped rules, and one of them fires; promtool finds nothing wrong with the page
or the rules; a trace goes from a request to the local store and, as OTLP, to a collector (ledger SLO-07, SLO-10, TRACE-05)."""
import http.server, json, os, shutil, subprocess, threading, time, urllib.request
from rig import ROOT, Rig, fail, free_port, until

RULES = os.path.join(ROOT, "scripts", "deploy", "prometheus", "rules.yml")
TRACE = "0af7651916cd43dd8448eb211c80319c"


class Collector(http.server.BaseHTTPRequestHandler):
    spans = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path != "/v1/traces" or self.headers["authorization"] != "Bearer of-the-collector":
            return self.send_error(401)
        for resource in body["resourceSpans"]:
            assert any(item["key"] == "service.name" for item in resource["resource"]["attributes"])
            for scope in resource["scopeSpans"]:
                assert scope["scope"]["name"].startswith("switchyard.")
                self.spans.extend(scope["spans"])
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def promtool(*arguments, text=None):
    done = subprocess.run([shutil.which("promtool"), "check", *arguments], input=text, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        fail(f"promtool check {' '.join(arguments)}: {done.stdout}{done.stderr}")


def alerts(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/alerts", timeout=5) as answer:
            return {item["labels"]["alertname"]: item for item in json.load(answer)["data"]["alerts"] if item["state"] == "firing"}
    except OSError:
        return {}


def send(rig, reading, trace):
    request = urllib.request.Request(
        f"http://127.0.0.1:{rig.http}/api/ingest/readings", json.dumps([reading]).encode(),
        {"content-type": "application/json", "traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers["traceparent"]


promtool("rules", RULES)
with Rig("prometheus") as rig:
    collector = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    rig.fleet(2, 4)
    rig.broker()
    engine = rig.engine(
        "--set", "trace.sample=1", "--set", f"trace.otlp_url=http://127.0.0.1:{collector.server_port}/v1/traces",
        "--set", "trace.otlp_allow=127.0.0.0/8",
        environment={"SWITCHYARD_TRACE_OTLP_HEADERS": "authorization=Bearer of-the-collector"})
    port = free_port()
    open(rig.path("prometheus.yml"), "w").write(
        f"global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: ['{RULES}']\nscrape_configs:\n"
        f"  - job_name: switchyard\n    static_configs: [{{targets: ['127.0.0.1:{rig.http}']}}]\n")
    rig.spawn("prometheus", [
        shutil.which("prometheus"), f"--config.file={rig.path('prometheus.yml')}", f"--storage.tsdb.path={rig.path('tsdb')}",
        f"--web.listen-address=127.0.0.1:{port}"])

    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    here = send(rig, {"meter_id": "M-00001", "facility_id": "F-001", "ts": now, "kw": 12.5}, TRACE)
    if TRACE not in here:
        fail(f"the answer's traceparent {here} is of another trace")
    wanted = {"POST /api/ingest/readings", "ingest.accept", "log.append", "aggregate.step", "series.write"}
    until(lambda: {s["name"] for s in Collector.spans if s["traceId"] == TRACE} >= wanted, 20, "the trace's way to the collector")
    for span in Collector.spans:
        if not (len(span["traceId"]) == 32 and len(span["spanId"]) == 16 and span["startTimeUnixNano"].isdigit()
                and int(span["endTimeUnixNano"]) >= int(span["startTimeUnixNano"]) and span["status"]["code"] in (1, 2)):
            fail(f"no OTLP span: {span}")
    until(lambda: len(json.loads(rig.run("trace", TRACE, "--json", "--data", rig.data))) >= len(wanted), 10, "the trace's way to the store")
    if "aggregate.step" not in rig.run("trace", TRACE, "--data", rig.data):
        fail("the tree lacks a span")
    if TRACE not in rig.run("traces", "--slow", "--data", rig.data):
        fail("the trace is not listed")

    status, page = rig.get("/metrics")
    if status != 200 or "No description is registered" in page:
        fail("a metric has no description: " + next((line for line in page.splitlines() if "No description" in line), str(status)))
    promtool("metrics", text=page)

    # Prometheus must have seen the counter before it rises.
    def scraped():
        try:
            query = f"http://127.0.0.1:{port}/api/v1/query?query=energy_dead_letters_total"
            with urllib.request.urlopen(query, timeout=5) as answer:
                return json.load(answer)["data"]["result"]
        except OSError:
            return None

    until(scraped, 30, "the first scrape")
    time.sleep(2)
    if "DeadLettersGrow" in alerts(port):
        fail("the alert fires without a reason")
    began = time.monotonic()
    subprocess.run(
        ["mosquitto_pub", "-p", str(rig.mqtt), "-q", "1", "-t", "energy/F-001/M-00001/readings", "-l"],
        input="garbage\n" * 60, text=True, check=True, timeout=20)
    fired = until(lambda: alerts(port).get("DeadLettersGrow"), 60, "the alert")
    took = time.monotonic() - began
    if fired["labels"]["level"] != "L1" or not fired["annotations"]["runbook_url"].startswith("switchyard://"):
        fail(f"the alert says too little: {fired}")

    rig.run("log", "level", "engine.ingest", "debug", "--because", "the loop", "--data", rig.data)
    audit = rig.run("audit", "--from", "1h", "--data", rig.data)
    if "log engine.ingest from debug" not in rig.run("journal", "list", "--data", rig.data) + audit:
        fail("a log level set by hand is not in the audit trail")
    rig.run("log", "level", "gateway", "debug", "--because", "the loop", "--data", rig.data)
    rig.get("/nothing/here")
    rig.stop(engine)
    lines = [json.loads(line) for name in ("switchyard", "switchyard-debug")
             for line in open(rig.path(f"data/{name}.log"), encoding="utf-8")]
    if not any("trace_id" in line for line in lines):
        fail("no log line has a trace")
    print(f"alert fired {took:.1f} s after its cause; {len(Collector.spans)} spans exported; {page.count('# HELP')} metrics described")
