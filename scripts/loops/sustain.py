#!/usr/bin/env python3
"""usage: sustain.py [--seconds N] [--rate READINGS_PER_SECOND] [--over both|mqtt]
Holds a rate, half over MQTT QoS 1 (a message a reading) and half over REST (batches), or all over MQTT on two connections, and
watches lag and memory: lag stays below 10,000, memory below 300 MB and flat. Broker and simulators share the machine with the engine."""
import argparse, time
from rig import Rig, acknowledged, fail, invariants, resident, same, stored, until

parser = argparse.ArgumentParser()
parser.add_argument("--seconds", type=float, default=60)
parser.add_argument("--rate", type=int, default=20_000)
parser.add_argument("--over", choices=["both", "mqtt"], default="both")
options = parser.parse_args()

with Rig("sustain") as rig:
    rig.fleet(128, 2000)
    rig.broker()
    engine = rig.engine()
    half = options.rate // 2
    broker = f"mqtt://127.0.0.1:{rig.mqtt}"
    other = broker if options.over == "mqtt" else f"http://127.0.0.1:{rig.http}"
    simulators = [
        rig.simulator("first", broker, half, 128, 2000, "--only-meters", "1-1000"),
        rig.simulator("second", other, half, 128, 2000, "--only-meters", "1001-2000"),
    ]
    until(lambda: (rig.status() or {}).get("freshMeters", 0) >= 2000, 30, "2,000 fresh meters")
    # A window keeps its readings for its minute and the grace of another: until both are full, memory grows by design.
    time.sleep(130 if options.seconds >= 30 else 0)
    samples = []
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        time.sleep(1)
        status = rig.status() or {}
        rate = next((r["perSecond"] for r in status.get("rates", []) if r["name"] == "readings.accepted"), 0)
        samples.append((resident(engine), status.get("lag", 0), rate))
    for simulator in simulators:
        rig.stop(simulator, 60)
    rig.drained(120)
    rig.stop(engine)
    truth = acknowledged(rig.path("first.acknowledged"), rig.path("second.acknowledged"))
    same(truth, stored(rig))
    invariants(rig)
    quarter = max(1, len(samples) // 4)
    early = sum(s[0] for s in samples[quarter:2 * quarter]) / quarter
    late = sum(s[0] for s in samples[-quarter:]) / quarter
    rate = sum(s[2] for s in samples[quarter:]) / len(samples[quarter:])
    print(f"over {options.over}: {rate:.0f} readings/s of {options.rate} for {options.seconds:.0f} s: memory {early:.0f} MB early, {late:.0f} MB late, "
          f"{max(s[0] for s in samples):.0f} MB at most; lag {max(s[1] for s in samples)} at most; {len(truth)} acknowledged, 0 lost")
    if max(s[0] for s in samples) > 300:
        fail("memory is above 300 MB")
    # A short run has not warmed up.
    if options.seconds >= 30 and late > early * 1.25 + 10:
        fail("memory is not flat")
