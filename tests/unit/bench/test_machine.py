from __future__ import annotations

from pathlib import Path

from visavis.bench import machine
from visavis.bench.machine import count_cores, describe_machine, read_cpu


def test_the_first_processor_of_the_list_is_described(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(
        "processor\t: 0\nmodel name\t: First: the CPU\nflags\t\t: fpu avx2 amx_bf16\n\n"
        "processor\t: 1\nmodel name\t: Second\nflags\t: fpu\n"
    )
    assert read_cpu(path) == ("First: the CPU", frozenset({"fpu", "avx2", "amx_bf16"}))


def test_where_there_is_no_list_the_platform_is_asked(tmp_path: Path) -> None:
    name, flags = read_cpu(tmp_path / "absent")
    assert name
    assert flags == frozenset()


def test_this_machine_can_be_described() -> None:
    found = describe_machine()
    assert found.cores == count_cores() >= 1
    # Any machine that can run this lies between an eighth of a single core of 2005 and a hundred of today's.
    assert 0.5 < found.sgemm_gflops < 20_000
    assert set(found.extensions) <= set(machine._MATRIX_EXTENSIONS)
