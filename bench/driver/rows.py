"""The files of rows and networks."""
import re
from dataclasses import dataclass
from pathlib import Path

from . import case as notation

HERE = Path(__file__).resolve().parent.parent
TARGET = r"(-|[0-9.]+)"
ROW = re.compile(rf"(\S+)\s+{TARGET}\s+{TARGET}\s+((?:(?:how|threads)=\S+\s+)*)(.*)")
BATCHES = (1, 16)
LAYOUTS = {"nchw": ("ncw", "nchw", "ncdhw"), "nhwc": ("nwc", "nhwc", "ndhwc")}


@dataclass
class Row:
    family: str
    name: str
    case: notation.Case
    how: str = "warm"
    threads: tuple = (1, 2)
    target_ratio: float = None
    target_share: float = None
    count: int = 1  # networks: how often the layer occurs

    def matches(self, patterns):
        return not patterns or any(re.match(p, self.name) or p == self.family for p in patterns)


def lines(path):
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()


def number(text):
    return None if text == "-" else float(text)


def read_rows(path):
    for line in lines(path):
        match = ROW.fullmatch(line)
        if not match:
            raise ValueError(f"{path.name}: {line}")
        name, ratio, share, options, text = match.groups()
        words = dict(word.split("=") for word in options.split())
        row = Row(path.stem, name, notation.parse(text), target_ratio=number(ratio), target_share=number(share))
        row.how = words.get("how", "warm")
        if "threads" in words or row.case.bytes < 1_000_000:
            row.threads = (1,)
        yield row


def read_network(path, batch, layout):
    for line in lines(path):
        count, name, text = line.split(maxsplit=2)
        operator, rest = text.split(maxsplit=1)
        rank = int(operator[-2])
        case = notation.parse(f"{operator} {LAYOUTS[layout][rank - 1]} f32 {rest.replace('n*', f'n{batch}')}")
        yield Row(path.stem, f"{path.stem}-{name}-n{batch}-{layout}", case, count=int(count))


def all_rows():
    return [row for path in sorted((HERE / "rows").glob("*.txt")) for row in read_rows(path)]


def all_networks():
    """(network, batch, layout) -> its rows"""
    return {(path.stem, batch, layout): list(read_network(path, batch, layout))
            for path in sorted((HERE / "networks").glob("*.txt")) for layout in LAYOUTS for batch in BATCHES}
