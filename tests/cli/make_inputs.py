#!/usr/bin/env python3
"""make_inputs.py FOLDER: small files of every format that the command reads, well-formed and not (Python's library alone).

data/ holds what it cannot make: grey.jpg, rgb.jpg (progressive), cmyk.jpg, all 16x12 blocks, and interlaced.png, whose
sample i is i (9x7 pixels RGB, Adam7).
"""
import gzip
import os
import struct
import sys
import zlib


def npy(descr, shape, data, order="False", version=1, header=None):
    text = header or "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }" % (descr, order, shape)
    size = struct.Struct("<H" if version == 1 else "<I")
    text += " " * (-(8 + size.size + len(text) + 1) % 64) + "\n"
    return b"\x93NUMPY" + bytes([version, 0]) + size.pack(len(text)) + text.encode() + data


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, depth, color, rows, *extra):
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    body = b"".join(b"\0" + row for row in rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunk(*e) for e in extra)
            + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b""))


def idx(code, shape, data):
    return bytes([0, 0, code, len(shape)]) + b"".join(struct.pack(">I", n) for n in shape) + data


def floats(*values, order="<", kind="f"):
    return struct.pack("%s%d%s" % (order, len(values), kind), *values)


SIX = (1, 2, 3, 4, 5, 6)
BYTES = bytes(range(24))
PLANES = idx(8, (2, 3, 4), BYTES)
GREY = png(2, 2, 8, 0, [b"\x00\x40", b"\x80\xff"])

FILES = {
    # .npy: every one of these is [[1,2,3],[4,5,6]]
    "f4.npy": npy("<f4", "(2, 3)", floats(*SIX)),
    "f8.npy": npy("<f8", "(2, 3)", floats(*SIX, kind="d")),
    "u1.npy": npy("|u1", "(2, 3)", bytes(SIX)),
    "bf16.npy": npy("<V2", "(2, 3)", b"".join(floats(v)[2:] for v in SIX)),
    "f2.npy": npy("<f2", "(2, 3)", floats(*SIX, kind="e")),
    "f2-big.npy": npy(">f2", "(2, 3)", floats(*SIX, order=">", kind="e")),
    "i1.npy": npy("|i1", "(2, 3)", bytes(SIX)),
    "big.npy": npy(">f4", "(2, 3)", floats(*SIX, order=">")),
    "v2.npy": npy("<f4", "(2, 3)", floats(*SIX), version=2),
    "v3.npy": npy("<f4", "(2, 3)", floats(*SIX), version=3),
    "fortran.npy": npy("<f4", "(2, 3)", floats(1, 4, 2, 5, 3, 6), order="True"),
    "f4.npy.gz": gzip.compress(npy("<f4", "(2, 3)", floats(*SIX))),
    "two-members.npy.gz": gzip.compress(npy("<f4", "(2, 3)", b"")) + gzip.compress(floats(*SIX)),
    # .npy of other shapes
    "hwc.npy": npy("|u1", "(2, 4, 3)", BYTES),
    "nchw.npy": npy("<f4", "(2, 3, 2, 2)", floats(*range(24))),
    "nchw-fortran.npy": npy("<f4", "(2, 3, 2, 2)", order="True", data=floats(
        *(n * 12 + c * 4 + h * 2 + w for w in (0, 1) for h in (0, 1) for c in (0, 1, 2) for n in (0, 1)))),
    "none.npy": npy("<f4", "(0, 3, 4, 4)", b""),
    "image.npy": npy("|u1", "(4, 4)", bytes(range(16))),
    # indices that no plane of 2x2 has
    "wild.npy": npy("<i8", "(1, 1)", floats(99, kind="q")),
    # .npy that must be refused
    "i2.npy": npy("<i2", "(2, 3)", bytes(12)),
    "i8.npy": npy("<i8", "(2, 3)", floats(*SIX, kind="q")),
    "scalar.npy": npy("<f4", "()", floats(1)),
    "five.npy": npy("<f4", "(1, 1, 1, 1, 1, 1)", floats(1)),
    "nine-axes.npy": npy("<f4", "(1, 1, 1, 1, 1, 1, 1, 1, 1)", floats(1)),
    "records.npy": npy("", "", b"", header="{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }"),
    "huge.npy": npy("<f4", "(4294967296, 4294967296, 4)", floats(1)),
    "huge-bytes.npy": npy("<f8", "(2305843009213693951, 1)", floats(1)),
    "huge-number.npy": npy("<f4", "(99999999999999999999, 1)", floats(1)),
    "negative.npy": npy("<f4", "(-1, 1)", floats(1)),
    "short.npy": npy("<f4", "(2, 4)", floats(*SIX)),
    "no-shape.npy": npy("", "", b"", header="{'descr': '<f4', 'fortran_order': False, }"),
    "no-end.npy": npy("", "", b"", header="{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), "),
    "v9.npy": npy("<f4", "(2, 3)", floats(*SIX), version=2).replace(b"NUMPY\2", b"NUMPY\x09"),
    "long-header.npy": b"\x93NUMPY\1\0\xff\xff{}",
    # PNG: all but the last three can be read
    "grey.png": GREY,
    "grey1.png": png(8, 1, 1, 0, [b"\xa5"]),
    "grey-alpha.png": png(2, 1, 8, 4, [b"\x01\x02\x03\x04"]),
    "rgb.png": png(2, 1, 8, 2, [b"\x01\x02\x03\x04\x05\x06"]),
    "rgba.png": png(1, 1, 8, 6, [b"\x01\x02\x03\x04"]),
    "palette.png": png(4, 1, 2, 3, [b"\x1b"], (b"PLTE", bytes(range(12)))),
    "palette-alpha.png": png(2, 1, 8, 3, [b"\0\1"], (b"PLTE", bytes(range(6))), (b"tRNS", b"\x07")),
    "grey16.png": png(2, 1, 16, 0, [b"\x01\x02\xff\xff"]),
    "rgb16.png": png(1, 1, 16, 2, [b"\x01\x02\x03\x04\x05\x06"]),
    "wide.png": png(1000000, 1000000, 8, 6, [b""]),
    "wider.png": png(2147483647, 2147483647, 16, 6, [b""]),
    "crc.png": GREY.replace(b"IHDR\0\0\0\2", b"IHDR\0\0\0\3"),
    # IDX
    "planes.idx": PLANES,
    "planes.idx.gz": gzip.compress(PLANES),
    "vector.idx": idx(0x0D, (3,), floats(1, 2, 3, order=">")),
    "double.idx": idx(0x0E, (2, 2), floats(1, 2, 3, 4, order=">", kind="d")),
    "signed.idx": idx(0x09, (2,), b"\1\xff"),
    "shorts.idx": idx(0x0B, (2,), b"\0\1\0\2"),
    "no-axes.idx": bytes([0, 0, 8, 0]),
    "huge.idx": idx(8, (0xFFFFFFFF,) * 4, b"x"),
    "long.idx": idx(8, (2,), b"123"),
    # neither
    "empty": b"",
    "zeros": bytes(100),
    "text.txt": b"hello\n",
    "list.txt": b"[[1, 2],\n [3, 4]]\n",
    "archive.npz": b"PK\3\4" + bytes(30),
    "truncated.gz": gzip.compress(PLANES)[:-9],
    "damaged.gz": gzip.compress(PLANES)[:20] + b"\xff" * 100,
    "garbage.gz": gzip.compress(PLANES) + b"garbage",
}

if __name__ == "__main__":
    for name, data in FILES.items():
        with open(os.path.join(sys.argv[1], name), "wb") as file:
            file.write(data)
