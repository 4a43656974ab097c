#!/usr/bin/env python3
"""usage: edges.py
What comes in at the edges of a real engine: protobuf over MQTT by topic, bodies that are refused and why (ledger ING-01, ING-04), and the
marks of the queue: 503 with Retry-After from 80 % of the cap, taken again below 60 % (ING-08); breakers at /metrics (RES-05); a backup
taken beside the running engine that is whole (BAK-02)."""
import http.client, json, os, re, sqlite3, struct, subprocess, time
from rig import Rig, fail, until

PATH = "/api/ingest/readings"
CAP = 400_000


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def protobuf(milliseconds, kilowatts):
    """A batch of one reading without ids: the topic has them."""
    reading = b"\x18" + varint(2 * milliseconds) + b"\x21" + struct.pack("<d", kilowatts)
    return b"\x12" + varint(len(reading)) + reading


def post(rig, body, type="application/x-ndjson", chunked=False, headers=()):
    connection = http.client.HTTPConnection("127.0.0.1", rig.http, timeout=10)
    try:
        connection.request("POST", PATH, iter([body[:5], body[5:]]) if chunked else body,
                           {"Content-Type": type, **dict(headers)}, encode_chunked=chunked)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def lines(count, start):
    """Readings of the past hour, each (meter, ts) once."""
    stamp = lambda n: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start - 15 * n))
    return "".join(json.dumps({"meter_id": f"M-0000{1 + n % 8}", "facility_id": facility(n % 8), "ts": stamp(n // 8), "kw": n % 97 + 0.5,
                               "kwh": 1000.0 + n, "voltage": 230}) + "\n" for n in range(count)).encode()


def facility(meter):
    return f"F-00{1 + meter // 2}"


def log_queue(rig):
    return next((queue for queue in (rig.status() or {}).get("queues", []) if queue["name"] == "event-log"), {"bytes": 0})


def gauge(rig):
    found = re.search(r'^energy_queue_bytes{queue="event-log"} (\S+)', rig.get("/metrics")[1], re.M)
    return float(found.group(1)) if found else float("inf")


def refusals(rig):
    good = lines(8, int(time.time()))
    for what, answer, status, reason in [
        ("a text", post(rig, good, "text/plain"), 415, "unsupported-media-type"),
        ("gzip", post(rig, good, headers=[("Content-Encoding", "gzip")]), 415, "unsupported-encoding"),
        ("an empty body", post(rig, b""), 400, "empty-body"),
        ("9 MiB", post(rig, b" " * (9 << 20)), 413, "body-too-large"),
        ("a bad item", post(rig, good + b'{"meter_id":"M-00001","facility_id":"F-001","ts":"yesterday","kw":1}\n'), 400, "rejected-readings"),
    ]:
        if answer[0] != status or reason not in answer[2]:
            fail(f"{what} was answered {answer[0]} {answer[2][:200]}, expected {status} {reason}")
    rejected = json.loads(post(rig, b"{}\n" * 5000)[2])
    if len(rejected["rejected"]) != 1000 or rejected["rejected_not_listed"] != 4000:
        fail("the list of reasons is not bounded")
    if post(rig, good, chunked=True)[0] != 202:
        fail("a chunked body was not taken")
    print("refusals: 415, 415, 400, 413, 400 with reasons of which 1,000 of 5,000 are listed; chunked is taken")


def binary(rig):
    moment = int(time.time()) // 15 * 15_000 - 30_000
    subprocess.run(["mosquitto_pub", "-p", str(rig.mqtt), "-q", "1", "-t", "energy/F-001/M-00001/readings.pb", "-s"],
                   input=protobuf(moment, 77.125), check=True, timeout=10)

    def stored():
        out = rig.run("readings", "export", "--from", "10m", "--meter", "M-00001", "--data", rig.data)
        return any(json.loads(line)["kw"] == 77.125 for line in out.splitlines())

    until(stored, 20, "a protobuf reading from MQTT in the store")
    print("protobuf over MQTT: stored, its ids taken from the topic")


def marks(rig):
    lock = sqlite3.connect(os.path.join(rig.data, "series.sqlite"), isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    start, sent = int(time.time()) - 120, 0
    while True:
        status, headers, text = post(rig, lines(400, start - sent))
        if status == 503 and "above its mark" in text:
            break
        if status != 202 or sent > 10_000_000:
            fail(f"while the queue filled: {status} {text[:200]}")
        sent += 750
    full = until(lambda: log_queue(rig).get("isRefusing") and log_queue(rig), 10, "the queue's mark in the status")
    if int(headers.get("Retry-After", 0)) < 1 or not 0.8 <= full["bytes"] / CAP < 1:
        fail(f"refused with Retry-After {headers.get('Retry-After')} at {full['bytes']} of {CAP} bytes")
    if rig.get("/ready")[0] != 503:
        fail("/ready passes while senders are refused")
    lock.execute("ROLLBACK")
    lock.close()
    until(lambda: post(rig, lines(1, start))[0] == 202, 90, "a body taken again")
    # the gauge follows the measurement that let the body in by a moment
    after = until(lambda: gauge(rig) <= 0.6 * CAP and gauge(rig) + 1, 2, f"a queue below 60 % of {CAP} bytes when bodies are taken again") - 1
    print(f"marks: 503 with Retry-After {headers['Retry-After']} at {full['bytes'] / CAP:.0%} of the cap, taken again at {after / CAP:.0%}")


def copies(rig):
    page = rig.get("/metrics")[1]
    for line in ['energy_breaker_state{dependency="event-log",state="closed"} 1', 'energy_breaker_failures_total{dependency="series-store"}']:
        if line not in page:
            fail(f"/metrics has no {line}")
    rig.run("backup", rig.path("copy"), "--data", rig.data)
    rig.run("doctor", "--data", rig.path("copy"))
    if "77.125" not in rig.run("readings", "export", "--from", "10m", "--meter", "M-00001", "--data", rig.path("copy")):
        fail("the backup lacks a reading that was stored before")
    print("breakers show at /metrics; a backup beside the running engine is whole")


with Rig("edges") as rig:
    rig.fleet(4, 8)
    rig.broker()
    engine = rig.engine("--set", f"ingest.queue_cap={CAP}")
    refusals(rig)
    binary(rig)
    copies(rig)
    marks(rig)
    rig.stop(engine)
