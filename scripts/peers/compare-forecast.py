#!/usr/bin/env python3
"""usage: compare-forecast.py OURS.json PEER.json
The table of the forecast bench: targets, what a facility costs at 10 to 10,000, and LightGBM beside it."""
import json
import sys

if len(sys.argv) != 3:
    sys.exit(__doc__)
ours, peer = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:])
fleet = ours["facilities"]
print(f"\n{fleet} facilities, a year of quarter-hours each, {ours['cores']} cores\n")
targets = [
    ("a run: 96 steps with bands for all", f"{ours['runSeconds']:.3f} s", "< 1 s", ours["runSeconds"] < 1),
    ("daily refit of all", f"{ours['refitSeconds']:.1f} s", "< 60 s", ours["refitSeconds"] < 60),
    ("  of that CPU, shared by the cores", f"{ours['refitCPUSecondsEach'] * fleet / ours['cores']:.1f} s", "< 60 s",
     ours["refitCPUSecondsEach"] * fleet < 60 * ours["cores"]),
    ("memory of all", f"{ours['megabytes']:.1f} MB", "< 20 MB", ours["megabytes"] < 20),
]
each = [run["microsecondsEach"] for run in ours["runs"]]
targets.append(("cost a facility, largest over smallest run", f"{max(each) / min(each):.2f}", "< 2", max(each) < 2 * min(each)))
for name, value, target, met in targets:
    print(f"  {name:<46} {value:>12}   {target:<8} {'met' if met else 'MISSED'}")
print()
for run in ours["runs"]:
    print(f"  {run['facilities']:>6} facilities {run['microsecondsEach']:>10.0f} µs each")
print(f"\n  update with an interval {ours['updateMicroseconds']:.1f} µs; archive {ours['archiveKilobytes']:.0f} KB,"
      f" restored in {ours['restoreMicroseconds']:.0f} µs; from a history alone {ours['startSecondsEach']:.1f} CPU s\n")
fit = ours["refitCPUSecondsEach"]
day = ours["runSeconds"] / fleet
row = "  {:<24} {:>14} {:>14} {:>12}".format
print(row("", "fit, s", "a day, ms", "error, %"))
print(row("switchyard", f"{fit:.3f}", f"{1000 * day:.3f}", f"{ours['relativeErrorPercent']:.2f}"))
print(row(peer["peer"], f"{peer['fit_seconds']:.3f}", f"{1000 * peer['day_seconds']:.3f}", f"{peer['error_percent']:.2f}"))
print(row("the peer over ours", f"{peer['fit_seconds'] / fit:.2f}", f"{peer['day_seconds'] / day:.2f}",
          f"{peer['error_percent'] / ours['relativeErrorPercent']:.2f}"))
print("\n  ours: CPU seconds, with a band from its own errors; the peer: seconds with all cores, no band; both on the same three facilities")
