#!/usr/bin/env python3
"""InfluxDB 1.x on private ports: line protocol in batches of 10,000, then SELECT INTO for three windows."""
import http.client
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse
from datetime import datetime

import orjson
from peer import WINDOWS, Stopwatch, readings_file

BATCH = 10_000
file = readings_file()
folder = tempfile.mkdtemp(prefix="peer-influxdb-", dir=os.environ.get("PEER_WORK"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


port, rpc_port = free_port(), free_port()
with open(f"{folder}/influxdb.conf", "w", encoding="ascii") as out:
    out.write(
        f'reporting-disabled = true\nbind-address = "127.0.0.1:{rpc_port}"\n[meta]\ndir = "{folder}/meta"\n'
        f'[data]\ndir = "{folder}/data"\nwal-dir = "{folder}/wal"\nquery-log-enabled = false\n'
        f'[http]\nbind-address = "127.0.0.1:{port}"\nlog-enabled = false\n[monitor]\nstore-enabled = false\n')
log = open(f"{folder}/influxd.log", "wb")
server = subprocess.Popen(["influxd", "-config", f"{folder}/influxdb.conf"], stdout=log, stderr=log)


def ask(method: str, path: str, body: bytes | None = None) -> bytes:
    link.request(method, path, body)
    answer = link.getresponse()
    said = answer.read()
    if answer.status >= 300:
        raise SystemExit(f"influxd answered {answer.status} to {path}: {said[:300]!r}")
    return said


def query(text: str) -> dict:
    said = orjson.loads(ask("POST", "/query?db=bench&" + urllib.parse.urlencode({"q": text})))
    if error := said["results"][0].get("error"):
        raise SystemExit(f"influxd refused {text}: {error}")
    return said["results"][0]


def line(text: bytes) -> str:
    item = orjson.loads(text)
    stamp = stamps.get(item["ts"])
    if stamp is None:
        stamp = stamps[item["ts"]] = int(datetime.fromisoformat(item["ts"]).timestamp())
    return (f'readings,meter={item["meter_id"]},facility={item["facility_id"]} kw={item["kw"]},kwh={item["kwh"]},'
            f'voltage={item["voltage"]} {stamp}')


try:
    for _ in range(300):
        try:
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            ask("GET", "/ping")
            break
        except OSError:
            time.sleep(0.1)
    else:
        raise SystemExit(f"influxd did not start within 30 s; see {folder}/influxd.log")
    version = subprocess.run(["influxd", "version"], capture_output=True, text=True, check=True).stdout.split()[1]
    query("CREATE DATABASE bench")
    stamps: dict = {}
    count = 0
    watch = Stopwatch()
    with open(file, "rb") as lines:
        while batch := [line(text) for text in itertools.islice(lines, BATCH)]:
            ask("POST", "/write?db=bench&precision=s", "\n".join(batch).encode())
            count += len(batch)
    rows = {}
    for name, _ in WINDOWS:
        written = query(
            f"SELECT mean(kw) AS mean, min(kw) AS low, max(kw) AS high, count(kw) AS readings, sum(kw) AS sum "
            f'INTO "rollup_{name}" FROM readings WHERE time >= \'2000-01-01T00:00:00Z\' AND time < \'2100-01-01T00:00:00Z\' '
            f"GROUP BY time({name}), meter, facility fill(none)")
        rows[name] = written["series"][0]["values"][0][1]
    watch.report(f"influxdb {version}, write and SELECT INTO", count, rows)
finally:
    server.terminate()
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    log.close()
    shutil.rmtree(folder)
