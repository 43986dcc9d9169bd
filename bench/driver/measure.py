"""Measures one row: every worker on the same problem, in turn, in random order, round after round."""
import random
import statistics
import time

from .workers import OURS, OWN_LAYOUT, SETUP_SECONDS, Refused

SLOW_NS = 1e9  # a peer whose call takes longer is measured once
HOPELESS = 6  # a peer that many times slower than the fastest after two rounds is not measured further


class Settings:
    def __init__(self, rounds=5, milliseconds=40, seed=1):
        self.rounds, self.milliseconds = rounds, milliseconds
        self.random = random.Random(seed)


class Limits:
    """The limit of a working set, measured once in a run for each size (two digits) and number of threads."""

    def __init__(self, worker, milliseconds):
        self.worker, self.milliseconds, self.known = worker, milliseconds, {}

    def ways(self, size, threads):
        key = (float(f"{max(size, 4096):.1e}"), threads)
        if key not in self.known:
            reply = self.worker.ask(f"L {threads} {key[0]:.0f} {self.milliseconds * 3}")
            self.known[key] = {name: float(value) for name, value in (entry.split("=") for entry in reply.split())}
        return self.known[key]

    def best(self, case, threads):
        """(GB/s, way).  Only rows that write more than they read are compared with writing four lines for each one read."""
        writes = case.backward and case.output_elements < case.input_elements
        ways = {name: value for name, value in self.ways(case.bytes, threads).items() if writes or not name.startswith("1:4")}
        name = max(ways, key=ways.get)
        return ways[name], name


def spread(values):
    """median, lower and upper quartile"""
    if len(values) == 1:
        return values[0], values[0], values[0]
    lower, middle, upper = statistics.quantiles(values, n=4, method="inclusive")
    return middle, lower, upper


def set_up(row, threads, workers, shuffle):
    ready, refused = {}, {}
    names = list(workers)
    shuffle(names)
    for name in names:
        try:
            ready[name] = workers[name].ask(f"S {threads} {row.case.text}", SETUP_SECONDS)
        except Refused as reason:
            refused[name] = str(reason)
    return ready, refused


def still_worth(times):
    """The peers that another round is spent on."""
    best = min((min(t) for t in times.values() if t), default=0)
    return [name for name, t in times.items()
            if not t or name == OURS or (min(t) < SLOW_NS and (len(t) < 2 or min(t) < HOPELESS * best))]


def run_rounds(row, threads, workers, ready, refused, settings):
    """name -> nanoseconds a call, by round: the median of the round's calls.  With more threads it is the best: where another
    process takes one CPU for a moment, all threads wait for it, which on a small machine hits any call but the luckiest."""
    place = 0 if threads == 1 else 3
    times = {name: [] for name in ready}
    for _ in range(settings.rounds):
        names = still_worth(times)
        settings.random.shuffle(names)
        for name in names:
            try:
                reply = workers[name].ask(f"R {settings.milliseconds} {row.how}", 4 * SETUP_SECONDS)
                times[name].append(float(reply.split()[place]))
            except Refused as reason:
                refused[name] = str(reason)
                del times[name]
            time.sleep(0.002)  # threads that spin after their work fall asleep
    return times


def same(case, ours, other):
    """Whether two lines of sums are those of the same tensor, up to rounding."""
    a, b = ([float(word) for word in line.split()] for line in (ours, other))
    if a[0] != b[0] or a[1] != b[1]:
        return False
    exact = case.op == "max" and not case.backward
    one = {"u8": 0.51, "int8": 0.51}.get(case.type)  # averages of bytes: rounding is each library's own
    allowed = a[0] * one if one and not exact else a[3] * (1e-9 if exact else 2e-2 if "16" in case.type else 1e-5)
    return abs(a[2] - b[2]) <= allowed + 1e-9 and abs(a[4] - b[4]) <= 1021 * allowed + 1e-9


def compare(row, workers, times):
    """name -> "same", "other NaN rule" or "DIFFERS", against poolpack (or the textbook loop where that has no such case)."""
    if row.how in ("plan", "once"):
        return {}
    sums = {}
    for name in list(times):
        try:
            sums[name] = workers[name].ask("C", 4 * SETUP_SECONDS)
        except Refused:
            pass
    reference = sums.get(OURS) or sums.get("naive")
    if reference is None:
        return {}
    word = "other NaN rule" if row.case.with_nan else "DIFFERS"
    return {name: "same" if same(row.case, reference, line) else word for name, line in sums.items()}


def measure_row(row, threads, workers, limits, settings):
    ready, refused = set_up(row, threads, workers, settings.random.shuffle)
    times = run_rounds(row, threads, workers, ready, refused, settings)
    checks = compare(row, workers, times)
    for name in ready:
        if workers[name].process is not None:
            try:
                workers[name].ask("F")
            except Refused:
                pass
    result = {"family": row.family, "name": row.name, "case": row.case.text, "how": row.how, "threads": threads,
              "bytes": row.case.bytes, "target_ratio": row.target_ratio, "target_share": row.target_share, "count": row.count,
              "peers": {}, "missing": refused, "algorithm": ready.get(OURS, "")}
    for name, values in times.items():
        if values:
            median, lower, upper = spread(values)
            result["peers"][name] = {"ns": median, "lower": lower, "upper": upper, "rounds": values, "check": checks.get(name, ""),
                                     "info": ready[name]}
    if row.how in ("warm", "cold", "consumer") and row.case.bytes >= 4096:
        result["limit"], result["limit_way"] = limits.best(row.case, threads)
    judge(result)
    return result


def judge(result):
    """Adds the best rival and how many times its time is ours, by round."""
    peers = result["peers"]
    rivals = {name: p for name, p in peers.items() if name not in (OURS, OWN_LAYOUT) and p["check"] != "DIFFERS"}
    if not rivals:
        return
    best = min(rivals, key=lambda name: rivals[name]["ns"])
    result["best"] = best
    if OURS not in peers:
        return
    pairs = list(zip(rivals[best]["rounds"], peers[OURS]["rounds"]))
    result["ratio"], result["ratio_lower"], result["ratio_upper"] = spread([theirs / ours for theirs, ours in pairs])
