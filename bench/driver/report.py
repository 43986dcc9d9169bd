"""Results as text and as markdown."""
from .workers import OURS, OWN_LAYOUT, TITLES


def time_text(ns):
    for limit, divisor, unit in ((1e3, 1, "ns"), (1e6, 1e3, "us"), (1e9, 1e6, "ms")):
        if ns < limit * 0.99995:
            value = ns / divisor
            return f"{value:.0f} {unit}" if value >= 99.95 else f"{value:.1f} {unit}" if value >= 9.995 else f"{value:.2f} {unit}"
    return f"{ns / 1e9:.2f} s"


def speed(result, name=OURS):
    """GB/s, or None where bytes do not matter"""
    return result["bytes"] / result["peers"][name]["ns"] if "limit" in result and name in result["peers"] else None


def share(result, name=OURS):
    gbs = speed(result, name)
    return gbs / result["limit"] if gbs else None


def ratio_text(result):
    if "ratio" not in result:
        return "-"
    return "{:.2f}x [{:.2f}-{:.2f}]".format(result["ratio"], result["ratio_lower"], result["ratio_upper"])


def verdict(result):
    if OURS not in result["peers"]:
        return "not yet"
    if "ratio" not in result:
        return "alone"
    target_ratio, target_share = result["target_ratio"], result["target_share"]
    if result["ratio"] < 1:
        return "behind"
    if result["ratio_lower"] < 0.95:
        return "unsure"
    if target_ratio and result["ratio"] < target_ratio:
        return "below target"
    if target_share and "limit" in result and 100 * share(result) < target_share:
        return "below limit"
    return "won"


def target_text(result):
    ratio = f"{result['target_ratio']:g}x" if result["target_ratio"] else "-"
    return ratio + (f", {result['target_share']:g} %" if result["target_share"] else "")


def algorithm(result):
    """"forward: row (...) on avx512" -> "row"; the direction that was measured"""
    parts = result["algorithm"].split("; ")
    return parts[-1].split(": ")[-1].split(" (")[0] if parts[0] else "-"


COLUMNS = (
    ("row", lambda r: r["name"]),
    ("MB", lambda r: f"{r['bytes'] / 1e6:.3g}"),
    ("time", lambda r: time_text(r["peers"][OURS]["ns"]) if OURS in r["peers"] else "not yet"),
    ("GB/s", lambda r: f"{speed(r):.1f}" if speed(r) else "-"),
    ("limit", lambda r: f"{r['limit']:.0f}" if "limit" in r else "-"),
    ("share", lambda r: f"{100 * share(r):.0f} %" if share(r) else "-"),
    ("best rival", lambda r: TITLES[r["best"]] if "best" in r else "-"),
    ("its time", lambda r: time_text(r["peers"][r["best"]]["ns"]) if "best" in r else "-"),
    ("ratio", ratio_text),
    ("target", target_text),
    ("verdict", verdict),
    ("algorithm", algorithm),
)


def cells(results, columns=COLUMNS):
    return [[heading for heading, _ in columns]] + [[value(r) for _, value in columns] for r in results]


def text_table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    ends = (0, len(widths) - 1)

    def line(row):
        return "  ".join(c.ljust(w) if i in ends else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))).rstrip()

    return "\n".join([line(rows[0]), "  ".join("-" * w for w in widths)] + [line(row) for row in rows[1:]])


def markdown_table(rows):
    head = "| " + " | ".join(rows[0]) + " |\n|" + "|".join(["---"] + ["--:"] * (len(rows[0]) - 1)) + "|"
    return "\n".join([head] + ["| " + " | ".join(row) + " |" for row in rows[1:]])


def peer_cells(results):
    """Every peer's median in microseconds, the best rival's in bold in markdown."""
    names = [name for name in TITLES if any(name in r["peers"] for r in results)]
    rows = [["us a call"] + [TITLES[name] for name in names]]
    for r in results:
        row = [r["name"]]
        for name in names:
            peer = r["peers"].get(name)
            text = "-" if peer is None else f"{peer['ns'] / 1e3:.3g}" if peer["ns"] < 1e5 else f"{peer['ns'] / 1e3:.0f}"
            mark = {"DIFFERS": " (differs)", "other NaN rule": " (NaN)"}.get(peer and peer["check"], "")
            row.append(f"**{text}**{mark}" if r.get("best") == name else text + mark)
        rows.append(row)
    return rows


def network_sums(results):
    """One entry per network, batch, layout and threads: the time of all its layers, by peer that has them all."""
    groups = {}
    for r in results:
        groups.setdefault((r["family"], r["batch"], r["layout"], r["threads"]), []).append(r)
    sums = []
    for (network, batch, layout, threads), layers in groups.items():
        total = {name: sum(layer["count"] * layer["peers"][name]["ns"] for layer in layers)
                 for name in TITLES if all(name in layer["peers"] for layer in layers)}
        rivals = {name: ns for name, ns in total.items() if name not in (OURS, OWN_LAYOUT)}
        each = sum(layer["count"] * min([p["ns"] for name, p in layer["peers"].items() if name not in (OURS, OWN_LAYOUT)], default=0)
                   for layer in layers)
        sums.append({"network": network, "batch": batch, "layout": layout, "threads": threads, "total": total,
                     "best": min(rivals, key=rivals.get) if rivals else None, "best_each": each})
    return sums


def network_cells(results):
    rows = [["network", "batch", "layout", "threads", "poolpack", "best rival", "its time", "ratio", "best of each layer", "ratio"]]
    for s in network_sums(results):
        ours, best = s["total"].get(OURS), s["best"]
        theirs = s["total"].get(best)
        rows.append([s["network"], str(s["batch"]), s["layout"], str(s["threads"]), time_text(ours) if ours else "not yet",
                     TITLES.get(best, "-"), time_text(theirs) if theirs else "-", f"{theirs / ours:.2f}x" if ours and theirs else "-",
                     time_text(s["best_each"]), f"{s['best_each'] / ours:.2f}x" if ours else "-"])
    return rows


def by_threads(results):
    for threads in sorted({r["threads"] for r in results}):
        yield threads, [r for r in results if r["threads"] == threads]


def worst_first(results):
    return sorted((r for r in results if "ratio" in r), key=lambda r: r["ratio"])


def summary(results):
    counts = {}
    for r in results:
        counts[verdict(r)] = counts.get(verdict(r), 0) + 1
    return ", ".join(f"{count} {word}" for word, count in sorted(counts.items(), key=lambda item: -item[1]))


def machine_lines(run):
    m = run["machine"]
    yield (f"{m['cpu']} (family {m['family']}, model {m['model']}; {', '.join(m['features'])}), {m['cpus']} CPUs"
           + (", virtual" if m["virtual"] else ""))
    yield f"caches {', '.join(f'{k} {v}' for k, v in m['caches'].items())}; {m['memory_gib']} GiB; {m['system']}; {' '.join(m['compiler'])}"
    yield f"poolpack {run['versions'].get(OURS, '?')}, commit {m['commit']}; {run['settings']}"
    yield "rivals: " + "; ".join(f"{TITLES[name]} {version}" for name, version in run["versions"].items() if name != OURS)
    for name, reason in run["missing"].items():
        yield f"missing: {TITLES[name]}: {reason}"


def as_text(run):
    parts = ["\n".join(machine_lines(run))]
    for threads, results in by_threads(run["rows"]):
        parts += [f"{threads} thread(s): {summary(results)}", text_table(cells(results))]
    if run["networks"]:
        parts += ["networks: all pooling layers together", text_table(network_cells(run["networks"]))]
    return "\n\n".join(parts) + "\n"


def as_markdown(run):
    parts = ["\n".join("- " + line for line in machine_lines(run))]
    for threads, results in by_threads(run["rows"]):
        title = "One thread" if threads == 1 else f"{threads} threads"
        parts += [f"## {title}", f"{len(results)} rows: {summary(results)}.", markdown_table(cells(results))]
    if run["networks"]:
        parts += ["## Networks", markdown_table(network_cells(run["networks"]))]
    parts.append("## Every rival")
    for threads, results in by_threads(run["rows"]):
        parts += [f"### {threads} thread{'s' if threads > 1 else ''}, microseconds a call", markdown_table(peer_cells(results))]
    return "\n\n".join(parts) + "\n"
