"""What the numbers were measured on: nothing that names one machine."""
import os
import platform
import re
import subprocess
from pathlib import Path

FEATURES = ("avx2", "avx512f", "avx512bw", "avx512_vbmi", "avx512_bf16", "avx512_fp16", "amx_tile", "asimd", "sve")


def output_of(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def processor():
    text = Path("/proc/cpuinfo").read_text(errors="replace") if Path("/proc/cpuinfo").exists() else ""
    def field(name):
        match = re.search(rf"^{name}\s*:\s*(.*)$", text, re.MULTILINE)
        return match.group(1) if match else ""
    flags = set((field("flags") or field("Features")).split())
    return {"cpu": field("model name") or platform.processor(), "family": field("cpu family"), "model": field("model"),
            "stepping": field("stepping"), "features": [f for f in FEATURES if f in flags]}


def caches():
    found = {}
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        read = lambda name: (index / name).read_text().strip()  # noqa: E731
        if read("type") != "Instruction":
            found[f"L{read('level')}"] = read("size")
    if not found:
        for line in output_of("lscpu").splitlines():
            match = re.match(r"(L\w+) cache:\s+(.*)", line)
            if match and match.group(1) != "L1i":
                found[match.group(1)] = match.group(2)
    return found


def describe(root, compiler):
    commit = output_of("git", "-C", str(root), "rev-parse", "--short=10", "HEAD")
    changed = output_of("git", "-C", str(root), "status", "--porcelain", "--", "src", "include", "bench")
    release = platform.freedesktop_os_release() if hasattr(platform, "freedesktop_os_release") else {}
    return {**processor(), "cpus": len(os.sched_getaffinity(0)), "caches": caches(),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
            "virtual": "hypervisor" in Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else None,
            "system": release.get("PRETTY_NAME", platform.system()),
            "compiler": output_of(compiler, "--version").splitlines()[:1],
            "commit": commit + (" with changes" if changed else "")}
