#!/usr/bin/env python3
"""usage: peer-lightgbm.py SERIES.csv...
LightGBM (L1, direct: one model for all horizons; calendar, lags, recent levels, temperature) on the bench's facilities: a year
to learn from, the week after it to be forecast. Prints one JSON line: seconds of a fit, of a day's 96 steps, the error."""
import csv
import datetime
import json
import statistics
import sys
import time

import lightgbm
import numpy as np

DAY, YEAR = 96, 365 * 96
if len(sys.argv) < 2:
    sys.exit(__doc__)


def series(path: str) -> tuple:
    rows = list(csv.DictReader(open(path, encoding="utf-8")))
    first = datetime.datetime.fromisoformat(rows[0]["utc"].replace("Z", "+00:00"))
    load = np.array([float(row["load"]) for row in rows])
    return load, np.array([float(row["temp"]) for row in rows]), first.weekday()


def features(load: np.ndarray, degrees: np.ndarray, weekday: int, origin: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """All known at the origin; the temperature of the target is the forecast of the weather."""
    target = origin + ahead
    lag = np.where(target - DAY < origin, target - DAY, target - 2 * DAY)
    total = np.concatenate([[0], np.cumsum(load)])
    warm = np.concatenate([[0], np.cumsum(degrees)])
    mean = lambda hours: (total[origin] - total[origin - 4 * hours]) / (4 * hours)
    return np.column_stack([
        target % DAY, (target // DAY + weekday) % 7, ahead, load[lag], load[lag - DAY], load[target - 7 * DAY],
        load[target - 14 * DAY], load[target - 21 * DAY], load[origin - 1], mean(1), mean(3), mean(12), mean(24), mean(168),
        degrees[target], (warm[target + 1] - warm[target + 1 - DAY]) / DAY, degrees[target] - degrees[lag],
    ])


fits, days, misses, loads = [], [], 0.0, 0.0
for path in sys.argv[1:]:
    load, degrees, weekday = series(path)
    random = np.random.default_rng(1)
    origin = random.integers(28 * DAY, YEAR - DAY, 40_000)
    ahead = random.integers(0, DAY, 40_000)
    began = time.perf_counter()
    model = lightgbm.LGBMRegressor(
        objective="l1", n_estimators=300, num_leaves=31, learning_rate=0.06, min_child_samples=40, subsample=0.8,
        subsample_freq=1, colsample_bytree=0.8, verbose=-1)
    model.fit(features(load, degrees, weekday, origin, ahead), load[origin + ahead])
    fits.append(time.perf_counter() - began)
    for start in range(YEAR, YEAR + 7 * DAY, DAY):
        began = time.perf_counter()
        ahead = np.arange(DAY)
        said = model.predict(features(load, degrees, weekday, np.full(DAY, start), ahead))
        days.append(time.perf_counter() - began)
        misses += np.abs(said - load[start:start + DAY]).sum()
        loads += load[start:start + DAY].sum()
print(json.dumps({
    "peer": f"LightGBM {lightgbm.__version__}", "fit_seconds": statistics.median(fits),
    "day_seconds": statistics.median(days), "error_percent": 100 * misses / loads,
}))
