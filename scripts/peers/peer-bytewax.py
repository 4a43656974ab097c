#!/usr/bin/env python3
"""bytewax: one dataflow of three tumbling windows a meter, each fed by the shorter one, in memory. Not durable."""
import os
from datetime import datetime, timedelta, timezone
from importlib.metadata import version
from pathlib import Path

import orjson
import bytewax.operators as op
import bytewax.operators.windowing as windowing
from bytewax.connectors.files import FileSource
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main
from peer import WINDOWS, Stopwatch, readings_file

file = readings_file()
rows = {name: 0 for name, _ in WINDOWS}
readings = 0


def parse(line: str) -> tuple:
    global readings
    readings += 1
    item = orjson.loads(line)
    kilowatts = item["kw"]
    return item["meter_id"], (datetime.fromisoformat(item["ts"]), (kilowatts, kilowatts, kilowatts, 1))


def folded(state: tuple, item: tuple) -> tuple:
    return merged(state, item[1])


def merged(left: tuple, right: tuple) -> tuple:
    """Sum, lowest, highest and count of two parts of a window."""
    return left[0] + right[0], min(left[1], right[1]), max(left[2], right[2]), left[3] + right[3]


class Counting(StatelessSinkPartition):
    def __init__(self, name: str) -> None:
        self.name = name

    def write_batch(self, items: list) -> None:
        rows[self.name] += len(items)


class CountingSink(DynamicSink):
    def __init__(self, name: str) -> None:
        self.name = name

    def build(self, step_id: str, worker_index: int, worker_count: int) -> Counting:
        return Counting(self.name)


flow = Dataflow("rollups")
stream = op.map("parse", op.input("read", flow, FileSource(Path(file), batch_size=1000)), parse)
clock = windowing.EventClock(ts_getter=lambda item: item[0], wait_for_system_duration=timedelta(seconds=0))
align = datetime(2026, 1, 1, tzinfo=timezone.utc)
for name, seconds in WINDOWS:
    windower = windowing.TumblingWindower(length=timedelta(seconds=seconds), align_to=align)
    out = windowing.fold_window(
        f"window_{name}", stream, clock, windower, lambda: (0.0, float("inf"), float("-inf"), 0), folded, merged,
        ordered=False)
    op.output(f"out_{name}", out.down, CountingSink(name))
    stream = op.map(
        f"next_{name}", out.down,
        lambda item, seconds=seconds: (item[0], (align + timedelta(seconds=seconds * item[1][0]), item[1][1])))
watch = Stopwatch()
run_main(flow)
watch.report(f"bytewax {version('bytewax')}, three tumbling windows, in memory", readings, rows)
