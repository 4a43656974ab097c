"""What the peers share: the windows, the clock and the one line that each prints."""
import json
import sys
import time

WINDOWS = (("1m", 60), ("15m", 900), ("1h", 3600))


def readings_file() -> str:
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} READINGS.ndjson")
    return sys.argv[1]


class Stopwatch:
    def __init__(self) -> None:
        self.began = time.perf_counter()

    def report(self, peer: str, readings: int, rows: dict) -> None:
        seconds = time.perf_counter() - self.began
        print(json.dumps({
            "peer": peer, "readings": readings, "seconds": round(seconds, 3),
            "readings_per_second": round(readings / seconds), "rows": rows,
        }), flush=True)
