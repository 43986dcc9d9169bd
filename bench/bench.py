#!/usr/bin/env python3
"""Measures poolpack and every rival that is installed, side by side: docs/performance.md says how and why.

    bench.py                          everything, one and two threads: about half an hour
    bench.py --rows stem 'spp19.*'    families (files of rows/), or patterns of names
    bench.py --quick                  one short round of what is below 8 MB: does everything work?
    bench.py --isa avx2               all capped alike
    bench.py --peers naive,onednn     poolpack and these only
    bench.py --case 'max2d nhwc f32 n1c64 i56x56 k3 s2 p1'      one problem, without a row

Writes report.txt, report.md, results.json and the pictures into --out; shows report.txt.
"""
import argparse
import json
import sys
import time
from pathlib import Path

from driver import machine, measure, pictures, report, rows, workers
from driver import case as notation

QUICK_BYTES = 8e6
ROOT = Path(__file__).resolve().parent.parent


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="*", default=[], metavar="PATTERN")
    parser.add_argument("--case", help="measure this one problem")
    parser.add_argument("--networks", choices=("yes", "no", "only"), default="yes")
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ms", type=float, default=40, help="length of one measurement")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--isa", choices=("native", "avx2"), default="native")
    parser.add_argument("--peers", help="only these rivals, comma separated")
    parser.add_argument("--build", default=ROOT / "build/bench", type=Path)
    parser.add_argument("--rivals", default=ROOT / "build/rivals", type=Path)
    parser.add_argument("--out", default=ROOT / "build/bench/report", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batches", type=int, nargs="*", default=list(rows.BATCHES), help="of the networks")
    parser.add_argument("--again", type=Path, nargs="+", metavar="results.json",
                        help="measure nothing: write the reports of that run, or of several parts of a run as one")
    return parser.parse_args()


def chosen_rows(options):
    if options.case:
        try:
            return [rows.Row("case", "case", notation.parse(options.case))]
        except (ValueError, IndexError) as reason:
            sys.exit(f"bench: --case '{options.case}': {reason} (docs/notation.md; the rivals know only a part of it)")
    if options.networks == "only":
        return []
    return [row for row in rows.all_rows() if row.matches(options.rows) and (row.case.bytes < QUICK_BYTES or not options.quick)]


def chosen_networks(options):
    if options.case or options.networks == "no":
        return {}
    wanted = {key: value for key, value in rows.all_networks().items()
              if (not options.rows or key[0] in options.rows) and key[1] in options.batches}
    return {key: value for key, value in wanted.items() if key[1:] == (1, "nchw")} if options.quick else wanted


def note(result):
    row = dict(zip([name for name, _ in report.COLUMNS], report.cells([result])[1]))
    wrong = [name for name, peer in result["peers"].items() if peer["check"] == "DIFFERS"]
    print(f"{result['threads']}T {row['row']:<34} {row['time']:>10} {row['share']:>6}  {row['ratio']:>22} {row['best rival']:<16} "
          + row["verdict"] + (f"  DIFFERS: {', '.join(wrong)}" if wrong else ""), file=sys.stderr, flush=True)


def measure_all(options, found, limits, settings, results, networks):
    """Rows with one thread, networks, then rows with more."""
    chosen = chosen_rows(options)
    hopeless = set()  # (row, peer) that took a second with one thread is not asked again with two
    for threads in sorted(options.threads):
        for row in (row for row in chosen if threads in row.threads):
            active = {name: worker for name, worker in found.items() if (row.name, name) not in hopeless}
            result = measure.measure_row(row, threads, active, limits, settings)
            hopeless |= {(row.name, name) for name, peer in result["peers"].items() if peer["ns"] > measure.SLOW_NS}
            hopeless |= {(row.name, name) for name, why in result["missing"].items() if why.startswith("over ")}
            results.append(result)
            note(result)
        if threads > 1:
            continue
        for (_, batch, layout), layers in chosen_networks(options).items():
            for row in layers:
                networks.append({**measure.measure_row(row, 1, found, limits, settings), "batch": batch, "layout": layout})
                note(networks[-1])


def joined(paths):
    """The first run with the rows, networks and seconds of all."""
    runs = [json.loads(path.read_text()) for path in paths]
    for other in runs[1:]:
        runs[0]["rows"] += other["rows"]
        runs[0]["networks"] += other["networks"]
        runs[0]["seconds"] += other["seconds"]
    return runs[0]


def write_reports(run, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.md").write_text(report.as_markdown(run))
    (folder / "report.txt").write_text(report.as_text(run))
    pictures.draw_all(run, folder)
    print(report.as_text(run))


def main():
    options = arguments()
    if options.again:
        write_reports(joined(options.again), options.out)
        return
    if options.quick:
        options.rounds, options.ms = 1, 2
    settings = measure.Settings(options.rounds, options.ms, options.seed)
    wanted = set(options.peers.split(",")) if options.peers else None
    unknown = sorted((wanted or set()) - set(workers.TITLES))
    if unknown:
        sys.exit(f"bench: --peers {unknown[0]}: no such rival; there are {', '.join(workers.TITLES)}")
    if not chosen_rows(options) and not chosen_networks(options):
        sys.exit(f"bench: --rows {' '.join(options.rows)}: no family, network or name of a row matches (bench/rows, bench/networks)")
    found, missing = workers.start_all(options.build, options.rivals, options.isa == "avx2", wanted)
    if workers.OURS not in found:
        sys.exit(f"bench: no program {options.build}/peer_poolpack: run scripts/bench.sh")
    for name, reason in missing.items():
        print(f"bench: {workers.TITLES[name]} is skipped: {reason}", file=sys.stderr)
    limits = measure.Limits(workers.Worker("bandwidth", [str(options.build / "bandwidth")], None), options.ms)
    start = time.monotonic()
    results, networks = [], []
    try:
        measure_all(options, found, limits, settings, results, networks)
    except KeyboardInterrupt:
        print("bench: interrupted; what was measured is reported", file=sys.stderr)
    run = {"machine": machine.describe(ROOT, "cc"), "versions": {name: worker.version for name, worker in found.items()},
           "missing": missing,
           "settings": f"{options.rounds} rounds of {options.ms:g} ms, random order, instruction sets: "
                       + ("capped at AVX2" if options.isa == "avx2" else "all"),
           "seconds": round(time.monotonic() - start),
           "limits": {f"{size:.0f} {threads}": ways for (size, threads), ways in limits.known.items()},
           "rows": results, "networks": networks}
    for worker in [*found.values(), limits.worker]:
        worker.stop()
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "results.json").write_text(json.dumps(run, indent=1) + "\n")
    write_reports(run, options.out)
    print(f"bench: {run['seconds']} s; also {options.out}/results.json, report.md and pictures", file=sys.stderr)


if __name__ == "__main__":
    main()
