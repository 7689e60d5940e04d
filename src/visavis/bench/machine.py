"""What this machine is: its processor, how many cores we may use, and one plain measure of its speed."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from visavis.errors import BenchError

_MATRIX_EXTENSIONS = ("amx_bf16", "amx_int8", "avx512_bf16", "avx512_vnni", "avx512f", "avx2")
_THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_SIDE = 1024
_REPEATS = 15
_SGEMM = f"""
import time, numpy
a = numpy.random.default_rng(0).random(({_SIDE}, {_SIDE}), numpy.float32)
def once():
    started = time.perf_counter()
    a @ a
    return time.perf_counter() - started
print(sorted(once() for _ in range({_REPEATS}))[{_REPEATS // 2}])
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where figures were taken.

    Attributes:
        cpu: the processor's name for itself.
        extensions: the instruction sets that matter for networks.
        cores: how many this process may use.
        sgemm_gflops: single-precision matrix product, numpy, one thread, 10^9 operations a second, higher = faster.
    """

    cpu: str
    extensions: tuple[str, ...]
    cores: int
    sgemm_gflops: float


def describe_machine() -> Machine:
    """Look at this machine; takes about a second."""
    name, flags = read_cpu(Path("/proc/cpuinfo"))
    return Machine(name, tuple(x for x in _MATRIX_EXTENSIONS if x in flags), count_cores(), measure_sgemm())


def count_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_cpu(cpuinfo: Path) -> tuple[str, frozenset[str]]:
    """Name and flags of the first processor in Linux's list; the platform's own word where there is none."""
    if not cpuinfo.is_file():
        return platform.processor() or platform.machine(), frozenset()
    rows = (line.partition(":") for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines())
    fields: dict[str, str] = {}
    for key, _, value in rows:
        fields.setdefault(key.strip(), value.strip())
    return fields.get("model name", platform.machine()), frozenset(fields.get("flags", "").split())


def measure_sgemm() -> float:
    """Median over some products of two square matrices, 10^9 operations a second; in a process of its own, one thread.

    Raises:
        BenchError: the process failed.
    """
    environment = os.environ | dict.fromkeys(_THREAD_VARIABLES, "1")
    done = subprocess.run(
        [sys.executable, "-P", "-c", _SGEMM], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchError(f"the matrix product failed: {done.stderr.strip()[-200:]}")
    return float(2 * _SIDE**3 / float(done.stdout) / 1e9)
