"""Who pays, what is kept, and whose fault it is: the use cases, with an engine and a store of dictionaries."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from tests.protocol_fakes import FACE, OTHER_FACE, LinearScores, account
from tests.unit.service.bench import (
    NOW,
    RULES,
    Bench,
    controlled,
    picture,
    sharp,
    token,
    url,
)
from visavis.errors import (
    AccountStateError,
    DeadlineExceededError,
    FaceTokenNotFoundError,
    ImageDownloadError,
    ImageTooLargeError,
    LivenessRefusedError,
    NoFaceError,
    NotGrantedError,
    QualityRefusedError,
    QuotaExhaustedError,
    RateLimitedError,
    SynthesisRefusedError,
    TemplateMismatchError,
    VisavisError,
)
from visavis.service.accounts import AccountState, Interface, Limits
from visavis.service.comparison import FACE_TOKEN_LIFETIME_S
from visavis.service.orders import (
    Caller,
    InlinePicture,
    PictureUrl,
    Subject,
)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_pair_is_scored_and_charged(bench: Bench) -> None:
    same, other = bench.compare(picture(b"a"), picture(b"a")), bench.compare(picture(b"a"), picture(b"b"))
    assert (same.score, other.score) == (1.0, 0.0)
    assert same.fmr.value == LinearScores().fmr_at(1.0)
    assert same.timings.stages == {"template": pytest.approx(0.2)}
    assert (same.reference.image_width, same.reference.token) == (100, None)
    assert (bench.books.reserved, bench.books.given_back) == (2, 0)
    assert bench.books.faces == {}


@pytest.mark.parametrize(
    ("reference", "probe", "error", "side"),
    [
        (picture(b"-"), picture(b"a"), NoFaceError, "reference"),
        (picture(b"a"), picture(b"-"), NoFaceError, "probe"),
        (picture(b"a"), picture(b"x" * 101), ImageTooLargeError, "probe"),
        (
            Subject(PictureUrl("http://there/", 1)),
            Subject(PictureUrl("http://gone/", 1)),
            ImageDownloadError,
            "reference",
        ),
        (picture(b"-"), Subject(PictureUrl("http://gone/", 1)), ImageDownloadError, "probe"),
        (picture(b"a"), token("0" * 32), FaceTokenNotFoundError, "probe"),
        (controlled(b"p", liveness="HIGH"), picture(b"a"), LivenessRefusedError, "reference"),
        (picture(b"a"), controlled(b"g", synthesis="LOW"), SynthesisRefusedError, "probe"),
        (sharp(b"~"), picture(b"a"), QualityRefusedError, "reference"),
        (picture(b"~"), sharp(b"~"), QualityRefusedError, "probe"),
    ],
)
def test_what_fails_names_its_side_and_costs_nothing(
    bench: Bench, reference: Subject, probe: Subject, error: type[VisavisError], side: str
) -> None:
    with pytest.raises(error) as caught:
        bench.compare(reference, probe)
    assert caught.value.side == side
    assert (bench.books.reserved, bench.books.given_back) == (1, 1)
    assert bench.books.faces == {}


def test_exhausted_quota_is_found_before_anything_is_looked_at(bench: Bench) -> None:
    bench.books.is_exhausted = True
    with pytest.raises(QuotaExhaustedError):
        bench.compare(picture(b"a"), picture(b"a"))
    assert bench.workshop.jobs == []
    assert bench.books.given_back == 0


def test_downloaded_picture_is_compared(bench: Bench) -> None:
    assert bench.compare(Subject(PictureUrl("http://here/", 1)), picture(b"a")).score == 1.0


def test_kept_faces_have_tokens_that_stand_for_them(bench: Bench) -> None:
    kept = bench.compare(picture(b"a1"), picture(b"b2"), keep_tokens=True)
    first, second = kept.reference.token, kept.probe.token
    assert first and second and first != second
    assert len(first) == 32
    again = bench.compare(token(first), token(second))
    assert again.score == kept.score
    assert (again.reference.face, again.reference.token) == (None, first)
    assert bench.compare(token(first), picture(b"a9")).score == 1.0
    assert bench.books.faces["a1", first].expires_at == NOW + FACE_TOKEN_LIFETIME_S


def test_same_face_has_the_same_token_and_others_have_others(bench: Bench) -> None:
    def named(content: bytes, owner: str = "a1", condition: str = "live") -> str | None:
        subject = Subject(InlinePicture(content), condition=condition)
        return bench.compare(subject, picture(b"z"), keep_tokens=True, owner=owner).reference.token

    assert named(b"a") == named(b"a")
    assert named(b"a", condition="idcard") == named(b"a")
    assert len({named(b"a"), named(b"aa"), named(b"a", owner="a2")}) == 3


def test_token_of_another_model_is_not_compared(bench: Bench) -> None:
    kept = bench.compare(picture(b"a"), picture(b"b"), keep_tokens=True).reference.token or ""
    bench.books.faces["a1", kept] = replace(bench.books.faces["a1", kept], model_id="an older one")
    with pytest.raises(TemplateMismatchError):
        bench.compare(token(kept), picture(b"a"))


def test_token_is_worth_nothing_to_another_account_or_after_an_hour(bench: Bench) -> None:
    kept = bench.compare(picture(b"a"), picture(b"b"), keep_tokens=True).reference.token or ""
    with pytest.raises(FaceTokenNotFoundError):
        bench.compare(token(kept), picture(b"a"), owner="a2")
    bench.now += FACE_TOKEN_LIFETIME_S
    with pytest.raises(FaceTokenNotFoundError):
        bench.compare(token(kept), picture(b"a"))


def test_detection_is_charged_when_there_is_a_face(bench: Bench) -> None:
    caller = Caller(account(), Interface.BAIDU_DETECT, 1e12)
    served, timings = asyncio.run(bench.service.detect(caller, picture(b"a"), RULES, keep_token=True))
    assert served.token is not None
    assert served.faces == (FACE,)
    assert timings.stages == {"template": 0.1}
    with pytest.raises(NoFaceError):
        asyncio.run(bench.service.detect(caller, picture(b"-"), RULES))
    assert (bench.books.reserved, bench.books.given_back) == (2, 1)


def test_detection_keeps_other_faces_under_tokens_of_their_own_where_asked(bench: Bench) -> None:
    served = bench.detect(picture(b"a"), keep_token=True, other_tokens=2)
    (named,) = served.others
    other = named.token
    assert named.found.face == OTHER_FACE
    assert bench.workshop.jobs[-1].others == 2
    assert {kept.token for kept in bench.books.faces.values()} == {served.token, other}
    assert served.token != other
    assert bench.compare(token(served.token or ""), picture(b"a")).score == 1
    assert bench.compare(token(other), picture(b"a")).score == -1
    alone = bench.detect(picture(b"b"), other_tokens=1)
    assert alone.token is None
    assert len(alone.others) == 1


@pytest.mark.parametrize(
    ("changes", "rate_error", "error"),
    [
        ({"limits": Limits(per_second=1)}, RateLimitedError(2, 1), RateLimitedError),
        ({"state": AccountState.FROZEN}, None, AccountStateError),
        ({"interfaces": frozenset({Interface.BAIDU_DETECT})}, None, NotGrantedError),
        ({"limits": Limits(per_second=1), "state": AccountState.FROZEN}, RateLimitedError(2, 1), RateLimitedError),
    ],
)
def test_call_is_let_in_or_not(
    bench: Bench, changes: dict[str, object], rate_error: VisavisError | None, error: type[VisavisError]
) -> None:
    bench.books.rate_error = rate_error
    with pytest.raises(error):
        asyncio.run(bench.service.admit(account(**changes), Interface.BAIDU_MATCH, 1e12))


def test_call_that_took_too_long_to_arrive_is_not_let_in(bench: Bench) -> None:
    """Nor is it counted: it is too late for that, too."""
    bench.books.rate_error = RateLimitedError(2, 1)
    late = bench.service.admit(account(limits=Limits(per_second=1)), Interface.BAIDU_MATCH, time.monotonic() - 0.001)
    with pytest.raises(DeadlineExceededError):
        asyncio.run(late)


def test_download_has_at_most_the_time_that_the_call_has(bench: Bench) -> None:
    caller = Caller(account(), Interface.BAIDU_MATCH, time.monotonic() + 0.25)
    asyncio.run(bench.service.compare(caller, url("http://here/"), picture(b"a"), RULES))
    assert 0 < bench.fetcher.timeouts_s[0] <= 0.25
    bench.compare(url("http://here/"), picture(b"a"))
    assert bench.fetcher.timeouts_s[1] == 1


def test_account_without_a_rate_is_not_counted(bench: Bench) -> None:
    bench.books.rate_error = RateLimitedError(2, 1)
    caller = asyncio.run(bench.service.admit(account(), Interface.BAIDU_MATCH, 1e12))
    assert caller.interface is Interface.BAIDU_MATCH
