from __future__ import annotations

import pytest

from visavis.bench.http import engine_shares


def test_each_slice_is_compared_with_the_engine_just_before_and_after() -> None:
    rates = [("engine", 100.0), ("baidu", 90.0), ("engine", 80.0), ("native", 60.0), ("engine", 40.0), ("baidu", 45.0)]
    slices = [{"api": api, "adjusted": rate} for api, rate in [*rates, ("engine", 50.0)]]
    assert engine_shares(slices, "baidu") == [pytest.approx(1.0), pytest.approx(1.0)]
    assert engine_shares(slices, "native") == [pytest.approx(1.0)]
    assert engine_shares(slices, "tencent") == []
