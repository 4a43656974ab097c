#!/usr/bin/env python3
"""usage: compare.py PEERS.jsonl OURS.json...
The table of the ingest bench: each peer's readings/s, ours (medians of the runs), the ratios and the targets. A peer that
could not be measured stands there with the reason."""
import json
import statistics
import sys

if len(sys.argv) < 3:
    sys.exit(__doc__)


def values(path: str) -> list:
    """The JSON values that stand one after another in a file."""
    text, found = open(path, encoding="utf-8").read().strip(), []
    while text:
        value, end = json.JSONDecoder().raw_decode(text)
        found.append(value)
        text = text[end:].lstrip()
    return found


lines = values(sys.argv[1])
probes = [line for line in lines if "probe" in line]
peers = [line for line in lines if "peer" in line]
missing = [line for line in lines if "missing" in line]
runs = [value for path in sys.argv[2:] for value in values(path)]
pure = [run["readingsPerCPUSecond"] for run in runs if "readingsPerCPUSecond" in run]
whole = [run for run in runs if "readingsPerSecond" in run]
if not pure or not whole or not probes:
    sys.exit("compare.py: not everything was measured; see above")
ours = [run["readingsPerSecond"] for run in whole]
median, cpu = statistics.median(ours), statistics.median(run["cpuMicrosecondsPerReading"] for run in whole)
memory = statistics.median(pure)
fsync = statistics.median(probe["p50_ms"] for probe in probes)
# The disk's moods are 0.2 and 4 ms; a good one asks for more.
good = fsync < 1
floor = 250_000 if good else 150_000

print(f"\n{whole[0]['readings']:,} JSON readings to 1-min, 15-min and hourly rollups; fsync p50 "
      + ", ".join(f"{probe['p50_ms']:.2f}" for probe in probes) + f" ms ({'good' if good else 'bad'} mood)\n")
row = "  {:<52} {:>12} {:>12} {:>12}".format
print(row("", "readings/s", "durable / it", "memory / it"))
print(row(f"switchyard, durable log, {cpu:.2f} µs CPU a reading", f"{median:,.0f}", "1.00", f"{memory / median:.2f}"))
print(row("  the same, best", f"{max(ours):,.0f}", "", ""))
print(row("switchyard, in memory, a CPU second", f"{memory:,.0f}", f"{median / memory:.2f}", "1.00"))
for peer in peers:
    rate = peer["readings_per_second"]
    print(row(peer["peer"], f"{rate:,.0f}", f"{median / rate:.2f}", f"{memory / rate:.2f}"))
for peer in missing:
    print(f"  {peer['missing']:<52} not measured: {peer['why']}")
print(f"\n  ours: medians of {len(ours)} runs; in memory is decode + aggregate alone, beside DuckDB and bytewax, which keep nothing either")


def beside(name: str, least: float) -> tuple:
    """Our durable rate as a multiple of a peer's, its target, and whether it is met; None when the peer is missing."""
    for peer in peers:
        if name in peer["peer"].lower():
            times = median / peer["readings_per_second"]
            return f"{times:.1f} ×", f"≥ {least:g} ×", times >= least
    return "not measured", f"≥ {least:g} ×", None


print()
for what, value, target, met in [
    ("decode + aggregate, readings a CPU second", f"{memory:,.0f}", "≥ 2,000,000", memory >= 2e6),
    (f"end to end, readings/s ({'good' if good else 'bad'} disk)", f"{median:,.0f}", f"≥ {floor:,}", median >= floor),
    ("CPU a reading, end to end", f"{cpu:.2f} µs", "≤ 6 µs", cpu <= 6),
    ("beside InfluxDB", *beside("influx", 3.5)),
    ("beside bytewax", *beside("bytewax", 7)),
]:
    print(f"  {what:<52} {value:>12} {target:>12}  {'not known' if met is None else 'met' if met else 'NOT MET'}")
if missing or len(peers) < 4:
    sys.exit("compare.py: not every peer was measured; see above")
