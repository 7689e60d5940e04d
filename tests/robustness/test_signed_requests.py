"""Changed requests are refused where the signature covers the change, and every answer keeps its vendor's form.

`VISAVIS_FUZZ_COUNT` says how many are tried of each way of signing.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.robustness.signed_answers import parse
from tests.robustness.signed_bench import Bench, BreachError
from tests.robustness.signed_corpus import FAMILIES, Family
from tests.robustness.signed_mutations import Mutant, flip_each_byte, mutate_request
from tests.robustness.signed_run import run_family
from visavis.protocols.base import WireRequest, WireResponse

_SEED = 20261122
_DEFAULT_COUNT = 1000
_BY_NAME = {family.name: family for family in FAMILIES}

each_family = pytest.mark.parametrize("family", FAMILIES, ids=[family.name for family in FAMILIES])


@each_family
def test_changed_requests_are_refused_where_they_are_signed(
    family: Family, record_property: Callable[[str, object], None]
) -> None:
    count = int(os.environ.get("VISAVIS_FUZZ_COUNT", _DEFAULT_COUNT))
    summary = asyncio.run(run_family(family, _SEED, 0, count))
    record_property("outcomes", dict(summary.outcomes))
    assert not summary.failures
    assert sum(summary.outcomes.values()) == count
    # Neither so coarse that nothing is believed any more, nor so harmless that nothing is refused.
    assert summary.outcomes["served"] > count / 20
    assert summary.outcomes["refused"] > count / 20


@each_family
def test_no_flipped_bit_gets_by(family: Family) -> None:
    async def judge_all() -> None:
        bench = Bench(family)
        await bench.check_originals()
        outcomes = Counter(
            [await bench.judge(mutant) for original in bench.originals for mutant in flip_each_byte(original)]
        )
        assert outcomes["refused"] > 30

    asyncio.run(judge_all())


@each_family
def test_mutants_are_reproducible(family: Family) -> None:
    originals = Bench(family).originals
    assert mutate_request(family, originals, _SEED, 17) == mutate_request(family, originals, _SEED, 17)
    assert len({mutate_request(family, originals, _SEED, index) for index in range(100)}) > 80


@each_family
def test_a_server_that_believes_anybody_is_found_out(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hmac, "compare_digest", lambda one, other: True)
    summary = asyncio.run(run_family(family, _SEED, 0, 300))
    assert summary.outcomes["failed"] > 0
    assert all(BreachError.__name__ in what for what in summary.failures.values())


@each_family
def test_answers_in_another_form_are_found_out(family: Family) -> None:
    bench = Bench(family)
    answer = bench._answer

    async def spoil(request: WireRequest) -> WireResponse:
        return replace(await answer(request), content_type="text/html")

    async def crash(request: WireRequest) -> WireResponse:
        raise KeyError("x")

    for broken, error in ((spoil, AssertionError), (crash, KeyError)):
        bench._answer = broken
        with pytest.raises(error):
            asyncio.run(bench.judge(Mutant(bench.originals[0], 0.0, ())))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("alibaba-v1", {"path": "/elsewhere", "headers": ()}),
        ("tencent-unsigned-payload", {"body": b'{"ImageA": "AAAA", "ImageB": "BBBB"}'}),
        ("baidu-bce", {"body": b"[]"}),
        ("baidu-match", {"body": b"{}", "headers": ()}),
        ("baidu-token", {"headers": ((b"x", b"y"),)}),
        ("native", {"body": b"{}", "query": b"a=b"}),
    ],
)
def test_what_is_not_covered_may_change(name: str, change: dict[str, object]) -> None:
    bench = Bench(_BY_NAME[name])
    asyncio.run(bench.check_originals())
    for original in bench.originals:
        request = replace(original, **change)  # type: ignore[arg-type]
        assert asyncio.run(bench.judge(Mutant(request, 0.0, ()))) == "served"


@pytest.mark.parametrize("name", ["alibaba-v1", "alibaba-acs3"])
def test_a_nonce_counts_once(name: str) -> None:
    bench = Bench(_BY_NAME[name])
    for original in bench.originals:
        first = asyncio.run(bench.send(original))
        again = asyncio.run(bench.send(original, keep_nonces=True))
        assert (first.error_code, again.error_code) == (None, "SignatureNonceUsed")
        assert bench.service.callers == []


@pytest.mark.parametrize("name", ["alibaba-v1", "alibaba-acs3"])
def test_who_cannot_sign_cannot_use_up_a_nonce(name: str) -> None:
    bench = Bench(_BY_NAME[name])
    original = bench.originals[0]
    forged = replace(original, body=original.body.replace(b"FacePic", b"IDPic"))
    assert asyncio.run(bench.send(forged)).error_code == "SignatureDoesNotMatch"
    assert asyncio.run(bench.send(original, keep_nonces=True)).error_code is None


@pytest.mark.parametrize("name", ["tencent-tc3", "tencent-form", "baidu-bce"])
def test_the_same_request_is_served_twice_where_there_is_no_nonce(name: str) -> None:
    bench = Bench(_BY_NAME[name])
    for original in bench.originals:
        for _ in range(2):
            assert asyncio.run(bench.send(original, keep_nonces=True)).error_code is None


@pytest.mark.parametrize(
    ("name", "earliest", "latest", "code"),
    [
        ("alibaba-v1", -900, 900, "InvalidTimeStamp.Expired"),
        ("alibaba-acs3", -900, 900, "InvalidTimeStamp.Expired"),
        ("tencent-tc3", -300, 300, "AuthFailure.SignatureExpire"),
        ("tencent-form", -300, 300, "AuthFailure.SignatureExpire"),
        ("baidu-bce", -900, 1800, "14"),
        ("baidu-match", None, 2_592_000, "111"),
    ],
)
def test_signatures_have_their_time(name: str, earliest: int | None, latest: int, code: str) -> None:
    bench = Bench(_BY_NAME[name])
    for original in bench.originals:
        edges = [(latest, 1)] + ([(earliest, -1)] if earliest is not None else [])
        for edge, outwards in edges:
            assert asyncio.run(bench.send(original, edge)).error_code is None
            late = asyncio.run(bench.send(original, edge + outwards))
            assert late.error_code == code
            assert bench.service.callers == []


@pytest.mark.parametrize("name", ["kuaidi100", "native"])
def test_keys_without_a_time_are_good_at_any_time(name: str) -> None:
    bench = Bench(_BY_NAME[name])
    for shift in (-(10**9), 10**9):
        assert asyncio.run(bench.send(bench.originals[0], shift)).error_code is None


@each_family
def test_another_key_is_another_caller(family: Family) -> None:
    bench = Bench(family)
    requests = [signed.request for signed in family.make(family.other)]
    for request in requests:
        response = asyncio.run(bench.send(request))
        assert response.error_code is None
        if request.path == "/oauth/2.0/token":
            assert parse(response)["access_token"].endswith(family.other.key_id.encode().hex())
        else:
            assert bench.service.callers == [family.other.key_id]


def test_format_of_a_refusal_is_what_was_asked_for() -> None:
    bench = Bench(_BY_NAME["alibaba-v1"])
    for original in bench.originals:
        forged = replace(original, method="PUT")
        response = asyncio.run(bench.send(forged))
        wants_json = b"Format=JSON" in original.query + original.body
        assert (response.body[:1] == b"{") is wants_json
        if wants_json:
            assert json.loads(response.body)["Code"]
