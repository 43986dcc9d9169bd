#!/usr/bin/env python3
"""damage.py POOLPACK FILE...: cuts and corrupts each file in many ways; the command must take it or refuse it with one sentence.

Prints a line for each file; exit status 1 if the command crashed, hung, or said anything else.
"""
import os
import random
import subprocess
import sys


def variants(data, count):
    rng = random.Random(len(data))
    head = min(len(data), 200)
    for _ in range(count):
        yield data[:rng.randrange(len(data))]
    for _ in range(count):
        changed = bytearray(data)
        for _ in range(rng.choice((1, 1, 2, 8))):
            changed[rng.randrange(rng.choice((head, len(data))))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        yield bytes(changed)
    yield data + data


def check(poolpack, data):
    """None, or what was wrong."""
    command = [poolpack, "run", "max2d", "k1", "-", "-o", os.devnull]
    result = subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    lines = result.stderr.decode(errors="replace").splitlines()
    if result.returncode == 0 and not lines:
        return None
    if result.returncode == 1 and len(lines) == 1 and lines[0].startswith("poolpack: "):
        return None
    return "exit status %d: %s" % (result.returncode, " / ".join(lines[:3]))


def main():
    poolpack, paths, count = sys.argv[1], sys.argv[2:], int(os.environ.get("DAMAGE_COUNT", "30"))
    failed = False
    for path in paths:
        with open(path, "rb") as file:
            data = file.read()
        problems = [p for p in (check(poolpack, v) for v in variants(data, count)) if p]
        failed = failed or bool(problems)
        print("%-6s %s%s" % ("FAILED" if problems else "ok", os.path.basename(path), ": " + problems[0] if problems else ""))
    return failed


if __name__ == "__main__":
    sys.exit(main())
