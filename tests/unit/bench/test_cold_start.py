from __future__ import annotations

import sys
from pathlib import Path

import pytest

from visavis.bench.cold_start import measure_cold_start
from visavis.bench.workload import PhotoPair
from visavis.errors import BenchError

PAIR = PhotoPair(Path("a.jpg"), Path("b.jpg"), True)


def test_one_run_before_those_that_count(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = (
        "import os, sys\n"
        f"open({str(log)!r}, 'a').write(' '.join(sys.argv[1:]) + ' ' + os.environ['VISAVIS_PRECISION'] + '\\n')\n"
    )
    seconds = measure_cold_start(PAIR, {"precision": "fp32"}, 2, (sys.executable, "-c", code))
    assert log.read_text() == "compare a.jpg b.jpg fp32\n" * 3
    assert 0 < seconds < 60


@pytest.mark.parametrize("status", [1, 2])
def test_a_start_without_a_match_is_an_error(status: int) -> None:
    code = f"import sys; sys.stderr.write('it broke'); sys.exit({status})"
    with pytest.raises(BenchError, match=f"status {status}: it broke"):
        measure_cold_start(PAIR, {}, 1, (sys.executable, "-c", code))
