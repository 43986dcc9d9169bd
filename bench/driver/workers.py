"""The programs that are measured, and the one that measures the limit: started once, spoken to line by line."""
import os
import select
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
OURS = "poolpack"
OWN_LAYOUT = "onednn16c"  # another problem: the data are in oneDNN's own layout; shown, but no rival
TITLES = {"poolpack": "poolpack", "naive": "textbook C loop", "onednn": "oneDNN", "onednn16c": "oneDNN, nChw16c",
          "xnnpack": "XNNPACK", "onnxruntime": "ONNX Runtime", "torch": "PyTorch", "opencv": "OpenCV", "scipy": "SciPy",
          "numpy": "NumPy"}
PYTHON = {"scipy", "numpy"}
SETUP_SECONDS = 10
AVX2_ONLY = {
    "POOLPACK_ISA": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "DNNL_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "OPENCV_CPU_DISABLE": "AVX512F,AVX512_COMMON,AVX512_SKX,AVX512_CNL,AVX512_CLX,AVX512_ICL",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL",
}


class Worker:
    def __init__(self, name, command, environment):
        self.name, self.command, self.environment = name, command, environment
        self.process = None
        self.version = None

    def start(self):
        self.process = subprocess.Popen(self.command, env=self.environment, text=True, bufsize=1, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.process = None

    def ask(self, line, seconds=60):
        """The reply's words after the first; raises Refused with the reason."""
        if self.process is None:
            self.start()
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            readable, _, _ = select.select([self.process.stdout], [], [], seconds)
            reply = self.process.stdout.readline().strip() if readable else None
        except BrokenPipeError:
            reply = ""
        if not reply:
            self.stop()
            raise Refused(f"over {seconds} s" if reply is None else "it crashed")
        word, _, rest = reply.partition(" ")
        if word == "NA":
            raise Refused(rest)
        return rest


class Refused(Exception):
    pass


def python_with(module):
    for program in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([program, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0:
            return program
    return None


def command_of(name, build, avx2):
    if name in PYTHON:
        program = python_with(name)
        return program and [program, str(HERE / "peers" / f"{name}_peer.py")]
    path = Path(build) / f"peer_{name}{'_avx2' if avx2 and name == 'naive' else ''}"
    return [str(path)] if path.exists() else None


def environment_of(avx2, rivals):
    environment = dict(os.environ)
    environment.update(AVX2_ONLY if avx2 else {})
    found = sorted(Path(rivals).glob(f"node_modules/onnxruntime-node/bin/napi-v*/linux/{node_architecture()}/libonnxruntime.so.1"))
    if found:
        environment["BENCH_ONNXRUNTIME"] = str(found[-1])
    return environment


def node_architecture():
    return {"x86_64": "x64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)


def start_all(build, rivals, avx2, wanted):
    """The workers that are there, by name, and why the others are not."""
    environment = environment_of(avx2, rivals)
    found, missing = {}, {}
    for name in TITLES:
        if wanted and name not in wanted and name != OURS:
            continue
        command = command_of(name, build, avx2)
        if command is None:
            missing[name] = "not installed (make bench-rivals)"
            continue
        worker = Worker(name, command, environment)
        try:
            worker.version = worker.ask("V")
            if worker.version == "none":
                raise Refused("not installed (make bench-rivals)")
            found[name] = worker
        except (OSError, Refused) as reason:
            missing[name] = str(reason)
    return found, missing
