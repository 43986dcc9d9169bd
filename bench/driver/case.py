"""The part of docs/notation.md that benchmarks need (peers/case.c is the same in C)."""
from dataclasses import dataclass, field
from math import prod

TYPE_SIZE = {"f32": 4, "f64": 8, "u8": 1, "int8": 1, "bf16": 2, "f16": 2}
LAYOUTS = ("ncw", "nchw", "ncdhw", "nwc", "nhwc", "ndhwc")


@dataclass
class Case:
    text: str
    op: str = "max"  # max, avg
    mode: str = "sliding"  # sliding, adaptive, global
    rank: int = 2
    type: str = "f32"
    channels_last: bool = False
    include_pad: bool = False
    ceil: bool = False
    index_size: int = 0
    backward: bool = False
    with_nan: bool = False
    batch: int = 1
    channels: int = 1
    input: list = field(default_factory=list)
    output: list = field(default_factory=list)
    kernel: list = field(default_factory=list)
    stride: list = field(default_factory=list)
    pad_begin: list = field(default_factory=list)
    pad_end: list = field(default_factory=list)

    @property
    def input_elements(self):
        return self.batch * self.channels * prod(self.input)

    @property
    def output_elements(self):
        return self.batch * self.channels * prod(self.output)

    @property
    def bytes(self):
        """What must be read and written at least: one tensor in, one out, and indices that forward writes."""
        size = TYPE_SIZE[self.type]
        indices = 0 if self.backward else self.index_size
        return self.input_elements * size + self.output_elements * (size + indices)


def parse(text):
    words = text.split()
    case = Case(text)
    name = words[0]
    for mode in ("adaptive", "global"):
        if name.startswith(mode + "_"):
            case.mode, name = mode, name[len(mode) + 1 :]
    case.op, case.rank = name[:3], int(name[3])
    if case.op not in ("max", "avg") or name[4:] != "d":
        raise ValueError(f"no such operator: {words[0]}")
    for name in ("pad_begin", "pad_end"):
        setattr(case, name, [0] * case.rank)
    for word in words[1:]:
        read_word(case, word)
    complete(case)
    return case


def read_word(case, word):
    flags = {"incpad": ("include_pad", True), "excpad": ("include_pad", False), "ceil": ("ceil", True), "idx": ("index_size", 8),
             "idx32": ("index_size", 4), "idx8": ("index_size", 1), "bwd": ("backward", True), "fill=nan": ("with_nan", True)}
    lists = {"i": "input", "k": "kernel", "s": "stride", "o": "output"}
    if word in flags:
        setattr(case, *flags[word])
    elif word in TYPE_SIZE:
        case.type = word
    elif word in LAYOUTS:
        case.channels_last = word.endswith("c")
    elif word[0] == "n" and "c" in word:
        case.batch, case.channels = (int(part) for part in word[1:].split("c"))
    elif word[0] in lists:
        setattr(case, lists[word[0]], numbers(word[1:], case.rank))
    elif word[0] == "p":
        begin, _, end = word[1:].partition(":")
        case.pad_begin = numbers(begin, case.rank)
        case.pad_end = numbers(end or begin, case.rank)
    else:
        raise ValueError(f"not understood: {word}")


def numbers(text, rank):
    values = [int(part) for part in text.split("x")]
    if len(values) not in (1, rank):
        raise ValueError(f"{text}: one number or {rank}")
    return values * rank if len(values) == 1 else values


def complete(case):
    """Output sizes, and pad_end so that the last window ends where the padded input does."""
    if case.mode == "adaptive":
        case.kernel = case.stride = []
        return
    if case.mode == "global":
        case.kernel = case.stride = list(case.input)
    case.stride = case.stride or list(case.kernel)
    case.output, end = [], []
    for i, k, s, before, after in zip(case.input, case.kernel, case.stride, case.pad_begin, case.pad_end):
        free = i + before + after - k
        o = (free + s - 1 if case.ceil else free) // s + 1
        if case.ceil and (o - 1) * s >= i + before:
            o -= 1
        case.output.append(o)
        end.append((o - 1) * s + k - i - before)
    case.pad_end = end
