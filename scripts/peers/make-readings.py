#!/usr/bin/env python3
"""Writes readings as NDJSON, the same bytes for the same arguments.

usage: make-readings.py FILE [--meters 2000] [--slots 240] [--seed 1]

A slot is 15 s; the default is 2,000 meters for one hour: 480,000 readings of 128 facilities, in the order of time.
"""
import argparse
import datetime
import random


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("file")
    options.add_argument("--meters", type=int, default=2000)
    options.add_argument("--slots", type=int, default=240)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()

    draw = random.Random(given.seed)
    start = datetime.datetime(2026, 11, 2, 8, tzinfo=datetime.timezone.utc)
    base = [draw.uniform(5, 400) for _ in range(given.meters)]
    register = [draw.uniform(1e4, 1e6) for _ in range(given.meters)]
    with open(given.file, "w", encoding="ascii", buffering=1 << 20) as out:
        for slot in range(given.slots):
            stamp = (start + datetime.timedelta(seconds=15 * slot)).strftime("%Y-%m-%dT%H:%M:%SZ")
            for meter in range(given.meters):
                kilowatts = round(base[meter] * draw.uniform(0.9, 1.1), 3)
                register[meter] += kilowatts / 240
                out.write(
                    f'{{"meter_id":"M-{meter:05d}","facility_id":"F-{meter % 128:03d}","ts":"{stamp}",'
                    f'"kw":{kilowatts},"kwh":{register[meter]:.3f},"voltage":{draw.uniform(228, 233):.1f},"quality":"raw"}}\n'
                )


main()
