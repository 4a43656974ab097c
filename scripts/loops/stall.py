#!/usr/bin/env python3
"""usage: stall.py [--seconds N] [--rate READINGS_PER_SECOND]
Locks the series store from outside for a while under load, lets go, and expects: lag back at 0, nothing lost, memory flat."""
import argparse, os, sqlite3, time
from rig import Rig, acknowledged, fail, invariants, resident, same, stored, until

parser = argparse.ArgumentParser()
parser.add_argument("--seconds", type=float, default=60)
parser.add_argument("--rate", type=int, default=10_000)
options = parser.parse_args()

with Rig("stall") as rig:
    rig.fleet(64, 1000)
    rig.broker()
    engine = rig.engine()
    simulator = rig.simulator("meters", f"mqtt://127.0.0.1:{rig.mqtt}", options.rate, 64, 1000)
    until(lambda: (rig.status() or {}).get("freshMeters", 0) >= 1000, 30, "1,000 fresh meters")
    before = resident(engine)
    lock = sqlite3.connect(os.path.join(rig.data, "series.sqlite"), isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    highest, peak = 0, 0
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        time.sleep(1)
        highest, peak = max(highest, (rig.status() or {}).get("lag", 0)), max(peak, resident(engine))
        if engine.poll() is not None:
            fail(f"the engine ended with {engine.returncode} while its sink was stalled")
    lock.execute("ROLLBACK")
    lock.close()
    rig.stop(simulator, 60)
    rig.drained(120)
    after = resident(engine)
    rig.stop(engine)
    truth = acknowledged(rig.path("meters.acknowledged"))
    same(truth, stored(rig))
    invariants(rig)
    print(f"stalled {options.seconds:.0f} s: lag rose to {highest}, back to 0; {len(truth)} acknowledged, 0 lost; "
          f"memory {before:.0f} MB before, {peak:.0f} MB at most, {after:.0f} MB after")
    if highest < options.rate * options.seconds / 4:
        fail("the sink was not stalled, so nothing was tested")
    if peak > before + 150:
        fail(f"memory grew by {peak - before:.0f} MB while the sink was stalled")
