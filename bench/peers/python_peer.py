"""The line protocol of peer.h for rivals that are Python: the same commands, the same values."""
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from driver import case as notation  # noqa: E402

PERIOD = 65521
LONG_CALL = 0.1
TYPES = {"f32": np.float32, "f64": np.float64, "u8": np.uint8, "int8": np.int8, "f16": np.float16}


class Missing(Exception):
    """The rival has no such operator."""


def table(type_name, with_nan):
    x = np.arange(PERIOD, dtype=np.uint64)
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        x = (x ^ (x >> np.uint64(33))) * np.uint64(factor)
    x = (x ^ (x >> np.uint64(33))) & np.uint64(0xFFFFFFFF)
    byte = (x & np.uint64(255)).astype(np.int64)
    if type_name in ("u8", "int8"):
        return (byte - (0 if type_name == "u8" else 128)).astype(TYPES[type_name])
    values = ((byte - 128) / 128).astype(TYPES[type_name])
    if with_nan:
        values[(x >> np.uint64(8)) % np.uint64(100) == 0] = np.nan
    return values


class Job:
    """A case with its arrays, in the case's layout; "spatial" are the numbers of their spatial axes."""

    def __init__(self, case):
        self.case = case
        self.spatial = tuple(range(1, case.rank + 1) if case.channels_last else range(2, case.rank + 2))
        values = np.resize(table(case.type, case.with_nan), case.input_elements)
        values = values.reshape(case.batch, case.channels, *case.input)
        self.input = np.ascontiguousarray(np.moveaxis(values, 1, -1)) if case.channels_last else values
        self.output = np.zeros(self.shape(case.output), TYPES[case.type])

    def shape(self, spatial):
        case = self.case
        middle = (*spatial, case.channels) if case.channels_last else (case.channels, *spatial)
        return (case.batch, *middle)

    def sums(self):
        result = np.moveaxis(self.output, -1, 1) if self.case.channels_last else self.output
        values = np.ascontiguousarray(result).reshape(-1).astype(np.float64)
        nan = np.isnan(values)
        values = np.where(nan, 0.0, values)
        weights = np.arange(values.size, dtype=np.int64) % 1021
        return values.size, int(nan.sum()), float(values.sum()), float(np.abs(values).sum()), float((values * weights).sum())


def measure(run, milliseconds):
    start = time.perf_counter()
    run()
    samples = [time.perf_counter() - start]
    if samples[0] < LONG_CALL:
        batch = int(20e-6 / samples[0]) + 1
        samples = []
        end = time.perf_counter() + milliseconds / 1e3
        while time.perf_counter() < end or len(samples) < 3:
            start = time.perf_counter()
            for _ in range(batch):
                run()
            samples.append((time.perf_counter() - start) / batch)
    samples.sort()
    n = len(samples)
    return samples[n // 2] * 1e9, samples[n // 4] * 1e9, samples[n - 1 - n // 4] * 1e9, samples[0] * 1e9, n


def answer(line, state, version, make_run):
    command, _, rest = line.strip().partition(" ")
    if command == "V":
        return f"V {version}"
    if command == "S":
        threads, _, text = rest.partition(" ")
        state.clear()
        if int(threads) > 1:
            return "NA one thread only"
        case = notation.parse(text)
        if case.backward or case.index_size or case.type not in TYPES:
            return "NA no such operator"
        job = Job(case)
        state.update(job=job, run=make_run(job))
        return "OK "
    if command == "R" and state and rest.split()[1:] in ([], ["warm"]):
        return "T {:.1f} {:.1f} {:.1f} {:.1f} {}".format(*measure(state["run"], float(rest.split()[0])))
    if command == "C" and state:
        return "C {} {} {!r} {!r} {!r}".format(*state["job"].sums())
    if command == "F":
        state.clear()
        return "OK"
    return "NA cannot be measured so"


def main(version, make_run):
    state = {}
    for line in sys.stdin:
        if line.startswith("Q"):
            break
        try:
            reply = answer(line, state, version, make_run)
        except (Missing, ValueError, RuntimeError) as error:  # SciPy has no f16, says so when it runs
            reply = f"NA {error}"
        print(reply, flush=True)
