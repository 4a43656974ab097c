#!/usr/bin/env python3
"""usage: compare.py PEERS.jsonl OURS.json...
The table of the ingest bench: each peer's readings/s, ours (median and best of the runs), the ratios and the targets."""
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
runs = [value for path in sys.argv[2:] for value in values(path)]
pure = [run["readingsPerCPUSecond"] for run in runs if "readingsPerCPUSecond" in run]
whole = [run for run in runs if "readingsPerSecond" in run]
if not pure or not whole or not peers or not probes:
    sys.exit("compare.py: not everything was measured; see above")
ours = [run["readingsPerSecond"] for run in whole]
median, cpu = statistics.median(ours), statistics.median(run["cpuMicrosecondsPerReading"] for run in whole)
fsync = statistics.median(probe["p50_ms"] for probe in probes)
# The disk's moods are 0.2 and 4 ms; a good one asks for more.
good = fsync < 1
floor = 250_000 if good else 150_000

print(f"\n{whole[0]['readings']:,} JSON readings to 1-min, 15-min and hourly rollups; fsync p50 "
      + ", ".join(f"{probe['p50_ms']:.2f}" for probe in probes) + f" ms ({'good' if good else 'bad'} mood)\n")
print(f"  {'':<52} {'readings/s':>12} {'ours / it':>10}")
print(f"  {f'switchyard, durable log, median of {len(ours)}':<52} {median:>12,.0f} {1:>10.2f}")
print(f"  {'switchyard, best':<52} {max(ours):>12,.0f}")
for peer in peers:
    rate = peer["readings_per_second"]
    print(f"  {peer['peer']:<52} {rate:>12,.0f} {median / rate:>10.2f}")


def ratio(name: str) -> float:
    return next((median / peer["readings_per_second"] for peer in peers if name in peer["peer"].lower()), float("nan"))


print()
for what, value, target, met in [
    ("decode + aggregate, readings a CPU second", f"{statistics.median(pure):,.0f}", "≥ 2,000,000", statistics.median(pure) >= 2e6),
    (f"end to end, readings/s ({'good' if good else 'bad'} disk)", f"{median:,.0f}", f"≥ {floor:,}", median >= floor),
    ("CPU a reading, end to end", f"{cpu:.2f} µs", "≤ 6 µs", cpu <= 6),
    ("beside InfluxDB", f"{ratio('influx'):.1f} ×", "≥ 3.5 ×", ratio("influx") >= 3.5),
    ("beside bytewax", f"{ratio('bytewax'):.1f} ×", "≥ 7 ×", ratio("bytewax") >= 7),
]:
    print(f"  {what:<52} {value:>12} {target:>12}  {'met' if met else 'NOT MET'}")
