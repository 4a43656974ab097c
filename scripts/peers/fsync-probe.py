#!/usr/bin/env python3
"""Times appends of 4 KiB, each followed by fsync, in a directory. Prints one JSON line, in milliseconds.

usage: fsync-probe.py DIRECTORY [COUNT]
"""
import json
import os
import sys
import tempfile
import time

if len(sys.argv) < 2:
    sys.exit(__doc__)
count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
block = bytes(4096)
spans = []
handle, path = tempfile.mkstemp(dir=sys.argv[1], prefix="fsync-probe-")
try:
    for _ in range(count):
        began = time.perf_counter()
        os.write(handle, block)
        os.fsync(handle)
        spans.append((time.perf_counter() - began) * 1000)
finally:
    os.close(handle)
    os.unlink(path)
spans.sort()
print(json.dumps({
    "probe": "fsync 4 KiB appends", "count": count, "p50_ms": round(spans[count // 2], 3),
    "p99_ms": round(spans[min(count - 1, count * 99 // 100)], 3), "per_second": round(count * 1000 / sum(spans)),
}))
