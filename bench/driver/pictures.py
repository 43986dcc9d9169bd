"""The pictures of a run: share of the limit, cost against k, threads, and the one of the README."""
import math
import re
import statistics
from collections import Counter

from .report import share, time_text
from .svg import FAINT, GRID, INK, Svg, spread_labels
from .workers import OURS, TITLES

COLOURS = {"poolpack": "#d1495b", "naive": "#8d99ae", "onednn": "#00798c", "onednn16c": "#66b2be", "xnnpack": "#edae49",
           "onnxruntime": "#5b5f97", "torch": "#e07a3f", "opencv": "#4f9d69", "scipy": "#b284be", "numpy": "#4d6fbd"}
RIVAL = "#9aa5b4"
GROUPS = (  # title, pattern of the rows' names
    ("stem 3x3 s2, channels first", r"stem-max-nchw-f32$"),
    ("stem 3x3 s2, channels last", r"stem-max-nhwc-f32$"),
    ("stem, bytes", r"stem-max-n\w+-u8$"),
    ("stem, bf16", r"stem-max-n\w+-bf16$"),
    ("VGG 2x2, channels first", r"vgg-\w+-nchw"),
    ("VGG 2x2, channels last", r"vgg-\w+-nhwc"),
    ("Inception 3x3, channels first", r"inception-\w+-nchw-f32"),
    ("Inception 3x3, channels last", r"inception-\w+-nhwc-f32"),
    ("global", r"global"),
    ("YOLO k 5 to 13", r"spp"),
    ("windows of 7 to 63", r"big-\w+-\w+-k(7|15|31|63)"),
    ("adaptive, divisible", r"adaptive-(224to7|14to1|14to2)"),
    ("adaptive, overlapping", r"adaptive-(14to4|13to5)"),
    ("1-D", r"1d-"),
    ("3-D", r"3d-"),
    ("batch 1", r"batch1"),
    ("backward, maximum", r"bwd-\w+-(max|k)"),
    ("backward, average", r"bwd-\w+-avg"),
    ("photographs", r"image-"),
    ("64 megapixels", r"giga-"),
)

README_GROUPS = (  # title, pattern of the rows' names
    ("3x3, stride 2 (ResNet)", r"stem-"),
    ("2x2 (VGG)", r"vgg-"),
    ("3x3, stride 1 (Inception)", r"inception-"),
    ("one image, 3x3, stride 2", r"batch1-"),
    ("global", r"global"),
    ("adaptive", r"adaptive-"),
    ("5x5 to 13x13 (YOLO)", r"spp"),
    ("7x7 to 63x63", r"big-\w+-\w+-k(7|15|31|63)"),
    ("1-D", r"1d-"),
    ("3-D", r"3d-"),
    ("gradient of the maximum", r"bwd-\w+-(max|k)"),
    ("gradient of the average", r"bwd-\w+-avg"),
    ("photographs", r"image-"),
    ("one plane of 8192x8192", r"giga-"),
    ("4x4 (what a call costs)", r"tiny-"),
)
MIDDLE = "#737b86"  # as readable on a light page as on a dark one
LAYOUTS = (("channels first", "#d1495b"), ("channels last", "#2a8ca0"))


def mean(values):
    """geometric: one very good row does not hide the others"""
    return math.exp(statistics.fmean(math.log(v) for v in values))


def groups_of(run, threads):
    for title, pattern in GROUPS:
        rows = [r for r in run["rows"] if r["threads"] == threads and re.match(pattern, r["name"]) and share(r) and "best" in r]
        if rows:
            yield title, mean([share(r) for r in rows]), mean([share(r, r["best"]) for r in rows])


def draw_shares(run, path, threads=1):
    groups = list(groups_of(run, threads))
    if not groups:
        return
    left, top, step, width = 230, 100, 34, 640
    svg = Svg(left + width + 70, top + step * len(groups) + 50)
    svg.heading("How near to the limit of memory",
                f"GB/s as a share of the best that this machine does on as many bytes; {threads} thread{'s' if threads > 1 else ''}; "
                "geometric mean of a family's rows")
    svg.legend(left, 80, (("poolpack", COLOURS[OURS]), ("best rival of each row", RIVAL)))
    bottom = top + step * len(groups)
    for percent in range(0, 101, 20):
        x = left + width * percent / 100
        svg.line(x, top - 6, x, bottom, INK if percent == 0 else GRID)
        svg.text(x, bottom + 18, f"{percent} %", 11, "middle", FAINT)
    for i, (title, ours, rival) in enumerate(groups):
        y = top + step * i
        svg.text(left - 10, y + 17, title, 12, "end")
        for offset, value, colour in ((2, ours, COLOURS[OURS]), (14, rival, RIVAL)):
            svg.bar(left, y + offset, width * min(value, 1), 11, colour)
            label = f"{100 * value:.0f} %" if value >= 0.01 else f"{100 * value:.1f} %"
            svg.text(left + width * min(value, 1) + 5, y + offset + 9.5, label, 10, colour=FAINT)
    svg.write(path)


def draw_cost(run, path, op, layout):
    rows = {}
    for r in run["rows"]:
        match = re.fullmatch(rf"big-{op}-{layout}-k(\d+)", r["name"])
        if match and r["threads"] == 1:
            rows[int(match.group(1))] = r
    ks = sorted(rows)
    if len(ks) < 2:
        return
    times = [p["ns"] for r in rows.values() for p in r["peers"].values()]
    low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
    left, top, width, height = 70, 80, 560, 400
    svg = Svg(left + width + 190, top + height + 60)
    word = {"max": "maximum", "avg": "average"}[op]
    svg.heading(f"What a larger window costs: {word}, {'channels first' if layout == 'nchw' else 'channels last'}",
                "16 planes of 512x512 f32, stride 1, one thread; time of a call (both axes logarithmic)")
    x_of = lambda k: left + width * math.log(k / ks[0]) / math.log(ks[-1] / ks[0])  # noqa: E731
    y_of = lambda ns: top + height * (high - math.log10(ns)) / (high - low)  # noqa: E731
    for decade in range(low, high + 1):
        svg.line(left, y_of(10**decade), left + width, y_of(10**decade))
        svg.text(left - 8, y_of(10**decade) + 4, time_text(10**decade), 11, "end", FAINT)
    for k in ks:
        svg.line(x_of(k), top, x_of(k), top + height)
        svg.text(x_of(k), top + height + 20, str(k), 12, "middle", FAINT)
    svg.text(left + width / 2, top + height + 44, "window k x k", 12, "middle", FAINT)
    names = [n for n in TITLES if sum(n in rows[k]["peers"] for k in ks) > 1]
    ends = []
    for name in reversed(names):
        points = [(x_of(k), y_of(rows[k]["peers"][name]["ns"])) for k in ks if name in rows[k]["peers"]]
        svg.curve(points, COLOURS[name], 3.5 if name == OURS else 1.8)
        ends.append((name, points[-1]))
    for (name, (x, _)), y in zip(ends, spread_labels([point[1] for _, point in ends], 15)):
        svg.text(x + 12, y + 4, TITLES[name], 12, colour=COLOURS[name], bold=name == OURS)
    svg.write(path)


def draw_threads(run, path):
    one = {r["name"]: r for r in run["rows"] if r["threads"] == 1}
    gains = {}
    for r in run["rows"]:
        before = one.get(r["name"])
        if r["threads"] != 2 or before is None or r["how"] != "warm":
            continue
        for name, peer in r["peers"].items():
            if name in before["peers"]:
                gains.setdefault(name, []).append(before["peers"][name]["ns"] / peer["ns"])
    gains = {name: sorted(values) for name, values in gains.items() if len(values) > 3}
    if not gains:
        return
    left, top, step, width, most = 150, 90, 34, 560, 2.5
    names = [name for name in TITLES if name in gains]
    svg = Svg(left + width + 150, top + step * len(names) + 55)
    svg.heading("What a second thread brings",
                "time with one thread / time with two, rows above 1 MB: median, and the middle half of the rows")
    bottom = top + step * len(names)
    for tenths in range(0, int(most * 10) + 1, 5):
        x = left + width * tenths / 10 / most
        svg.line(x, top - 6, x, bottom, INK if tenths in (0, 10) else GRID, dash="4 3" if tenths == 10 else None)
        svg.text(x, bottom + 18, f"{tenths / 10:g}x", 11, "middle", FAINT)
    for i, name in enumerate(names):
        values, y = gains[name], top + step * i
        lower, middle, upper = statistics.quantiles(values, n=4, method="inclusive")
        at = lambda value: left + width * min(value, most) / most  # noqa: E731
        svg.text(left - 10, y + 16, TITLES[name], 12, "end", bold=name == OURS)
        svg.bar(left, y + 4, at(middle) - left, 16, COLOURS[name])
        svg.line(at(lower), y + 12, at(upper), y + 12, INK, 1.5)
        svg.line(at(lower), y + 8, at(lower), y + 16, INK, 1.5)
        svg.line(at(upper), y + 8, at(upper), y + 16, INK, 1.5)
        svg.text(left + width + 12, y + 16, f"{middle:.2f}x of {len(values)} rows", 11, colour=FAINT)
    svg.write(path)


def readme_groups(run):
    """title, and for each layout (median ratio to the best rival of each row, who that is most often) or None"""
    rows = [r for r in run["rows"] if r["threads"] == 1 and r["how"] == "warm" and "ratio" in r
            and " f32 " in r["case"] and "fill=" not in r["case"]]
    for title, pattern in README_GROUPS:
        found = [r for r in rows if re.match(pattern, r["name"])]
        layouts = [[r for r in found if re.match(r"\S+ nc?d?h?w(c?) ", r["case"]).group(1) == end] for end in ("", "c")]
        if found:
            yield title, [(statistics.median(r["ratio"] for r in part), Counter(r["best"] for r in part).most_common(1)[0][0])
                          if part else None for part in layouts]


def draw_readme(run, path):
    """As wide as a README's column.  One bar a family and layout, to the right of 1 where poolpack is faster."""
    groups = list(readme_groups(run))
    if not groups:
        return
    left, top, bar, gap, width = 178, 84, 14, 8, 400
    ratios = [entry[0] for _, entries in groups for entry in entries if entry]
    low, high = min(-1, math.floor(math.log2(min(ratios)))), max(2, math.ceil(math.log2(max(ratios))))
    heights = [bar * sum(e is not None for e in entries) + gap for _, entries in groups]
    bottom = top + sum(heights)
    svg = Svg(700, bottom + 34, None)
    svg.text(10, 22, "How many times as fast as the best other library", 16, colour=MIDDLE, bold=True)
    svg.text(10, 42, "f32, one thread; median of each family's rows, against the fastest rival of each row (named: who that is most often)",
             11, colour=MIDDLE)
    svg.legend(left, 64, LAYOUTS, MIDDLE)
    at = lambda ratio: left + width * (math.log2(ratio) - low) / (high - low)  # noqa: E731
    for power in range(low, high + 1, 2 if high - low > 9 else 1):
        svg.line(at(2**power), top, at(2**power), bottom, MIDDLE, 0.3)
        svg.text(at(2**power), bottom + 16, f"{2**power}x" if power >= 0 else f"1/{2**-power}", 11, "middle", MIDDLE)
    y = top
    for (title, entries), height in zip(groups, heights):
        svg.text(left - 10, y + (height - gap) / 2 + 8, title, 12, "end", MIDDLE)
        y += gap / 2
        for entry, (_, colour) in zip(entries, LAYOUTS):
            if entry is None:
                continue
            ratio, rival = entry
            svg.bar(min(at(1), at(ratio)), y + 1, abs(at(ratio) - at(1)), bar - 2, colour)
            svg.text(max(at(1), at(ratio)) + 5, y + bar - 3.5, f"{ratio:.{2 if ratio < 9.95 else 0}f}x  {TITLES[rival]}", 10.5, colour=MIDDLE)
            y += bar
        y += gap / 2
    svg.line(at(1), top - 4, at(1), bottom + 4, MIDDLE, 1.5)
    svg.write(path)


def draw_all(run, folder):
    draw_readme(run, folder / "readme.svg")
    draw_shares(run, folder / "share.svg")
    draw_shares(run, folder / "share-2.svg", 2)
    for op in ("max", "avg"):
        for layout in ("nchw", "nhwc"):
            draw_cost(run, folder / f"cost-{op}-{layout}.svg", op, layout)
    draw_threads(run, folder / "threads.svg")
