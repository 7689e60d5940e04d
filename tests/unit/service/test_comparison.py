"""Who pays, what is kept, and whose fault it is: the use cases, with an engine and a store of dictionaries."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from tests.measured import FLAWLESS, changed
from tests.protocol_fakes import FACE, OTHER_FACE, LinearScores, account, offload
from visavis.errors import (
    AccountStateError,
    ControlUnavailableError,
    DeadlineExceededError,
    FaceTokenNotFoundError,
    ImageDownloadError,
    ImageTooLargeError,
    MeasuresMissingError,
    NoFaceError,
    NotGrantedError,
    QualityRefusedError,
    QuotaExhaustedError,
    RateLimitedError,
    TemplateMismatchError,
    VisavisError,
)
from visavis.measures import FaceMeasures
from visavis.service.accounts import AccountState, Interface, Limits
from visavis.service.admission import Admission
from visavis.service.comparison import FACE_TOKEN_LIFETIME_S, FaceService, NoAnalyser, PictureJob
from visavis.service.orders import (
    Caller,
    Control,
    FaceTokenReference,
    InlinePicture,
    PictureRules,
    PictureUrl,
    ScoredPair,
    ServedFace,
    Subject,
)
from visavis.service.ports import Reservation, StoredFace
from visavis.service.quality import QualityLevel, QualityRule
from visavis.types import AcquiredFace, FaceChoice, FoundFace, ImageFormat, Template, Timings

RULES = PictureRules(max_bytes=100)
SHARP = QualityLevel("sharp", (QualityRule({}, max_blur=0.2, max_angle=20),))
NOW = 1_000_000.0


@dataclass
class Books:
    """Rates, quotas and face tokens in memory."""

    is_exhausted: bool = False
    rate_error: VisavisError | None = None
    reserved: int = 0
    given_back: int = 0
    faces: dict[tuple[str, str], StoredFace] = field(default_factory=dict)

    def count_call(self, account_id: str, per_second: int) -> None:
        if self.rate_error:
            raise self.rate_error

    def reserve_call(self, account_id: str, limits: Limits, now: float) -> Reservation:
        if self.is_exhausted:
            raise QuotaExhaustedError("none left")
        self.reserved += 1
        return Reservation(account_id, "2026-11-22", None)

    def give_back_call(self, reservation: Reservation) -> None:
        self.given_back += 1

    def put_faces(self, faces: Sequence[StoredFace]) -> None:
        self.faces |= {(face.account_id, face.token): face for face in faces}

    def get_face(self, account_id: str, token: str, now: float) -> StoredFace | None:
        face = self.faces.get((account_id, token))
        return face if face and (face.expires_at is None or face.expires_at > now) else None

    def delete_face(self, account_id: str, token: str) -> bool:
        return self.faces.pop((account_id, token), None) is not None

    def purge_faces(self, now: float) -> int:
        return 0


class Workshop:
    """A picture's template points along its first byte; `-` has no face, `~` a blurred one."""

    def __init__(self) -> None:
        self.jobs: list[PictureJob] = []

    async def acquire(self, account_id: str, jobs: Sequence[PictureJob], deadline: float) -> list[AcquiredFace]:
        self.jobs += jobs
        for job in jobs:
            if job.content.startswith(b"-"):
                error = NoFaceError("no face")
                error.side = job.side
                raise error
        return [self._face(job) for job in jobs]

    async def detect(self, account_id: str, job: PictureJob, deadline: float) -> AcquiredFace:
        return (await self.acquire(account_id, [job], deadline))[0]

    def _face(self, job: PictureJob) -> AcquiredFace:
        vector = np.zeros(4, np.float32)
        vector[job.content[0] % 4] = 1
        choice = FACE if job.choice is FaceChoice.LARGEST else replace(FACE, probability=0.7)
        measures = measures_of(job.content) if job.is_measured else None
        points = np.zeros((468, 3)) if job.is_measured else None
        other = FoundFace(OTHER_FACE, Template(-vector, "m"), measures, points)
        return AcquiredFace(
            100,
            120,
            ImageFormat.PNG,
            (choice,),
            Template(vector, "m"),
            Timings({"template": 0.1}),
            (other,) * min(job.others, 1),
            measures,
            points,
        )


def measures_of(content: bytes) -> FaceMeasures:
    return changed(blur=0.5) if content.startswith(b"~") else FLAWLESS


@dataclass
class Fetcher:
    """Serves one page."""

    timeouts_s: list[float] = field(default_factory=list)

    async def fetch_picture(self, url: str, max_bytes: int, timeout_s: float) -> bytes:
        self.timeouts_s.append(timeout_s)
        if url != "http://here/":
            raise ImageDownloadError("not there")
        return b"a picture"


@dataclass
class Bench:
    """A service with its parts."""

    books: Books = field(default_factory=Books)
    workshop: Workshop = field(default_factory=Workshop)
    fetcher: Fetcher = field(default_factory=Fetcher)
    now: float = NOW

    @property
    def service(self) -> FaceService:
        return FaceService(
            workshop=self.workshop,
            scores=LinearScores(),
            admission=Admission(self.books, self.books, offload, lambda: self.now),
            tokens=self.books,
            fetcher=self.fetcher,
            analyser=NoAnalyser(),
            offload=offload,
            token_key=b"k" * 32,
            clock=lambda: self.now,
        )

    def compare(
        self, reference: Subject, probe: Subject, keep_tokens: bool = False, owner: str = "a1", measure: bool = False
    ) -> ScoredPair:
        caller = Caller(account(account_id=owner), Interface.BAIDU_MATCH, 1e12)
        called = self.service.compare(caller, reference, probe, RULES, keep_tokens=keep_tokens, measure=measure)
        return asyncio.run(called)

    def detect(
        self, subject: Subject, keep_token: bool = False, other_tokens: int = 0, measure: bool = False
    ) -> ServedFace:
        caller = Caller(account(), Interface.BAIDU_DETECT, 1e12)
        called = self.service.detect(
            caller, subject, RULES, keep_token=keep_token, other_tokens=other_tokens, measure=measure
        )
        return asyncio.run(called)[0]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def picture(content: bytes) -> Subject:
    return Subject(InlinePicture(content))


def token(text: str) -> Subject:
    return Subject(FaceTokenReference(text))


def url(text: str) -> Subject:
    return Subject(PictureUrl(text, 1))


def sharp(content: bytes, **others: str) -> Subject:
    return Subject(InlinePicture(content), quality=SHARP, controls={Control(name): at for name, at in others.items()})


def sharp_token(text: str) -> Subject:
    return Subject(FaceTokenReference(text), quality=SHARP)


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
        (
            Subject(InlinePicture(b"a"), controls={Control.LIVENESS: "HIGH"}),
            picture(b"a"),
            ControlUnavailableError,
            "reference",
        ),
        (
            picture(b"a"),
            Subject(InlinePicture(b"a"), controls={Control.SPOOFING: "LOW"}),
            ControlUnavailableError,
            "probe",
        ),
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


@pytest.mark.parametrize(
    ("reference", "probe", "error", "side"),
    [
        (sharp(b"~"), picture(b"-"), NoFaceError, "probe"),
        (sharp(b"~"), url("http://gone/"), ImageDownloadError, "probe"),
        (sharp(b"~"), sharp(b"~"), QualityRefusedError, "reference"),
        (
            Subject(InlinePicture(b"a"), controls={Control.LIVENESS: "LOW"}),
            sharp(b"~"),
            QualityRefusedError,
            "probe",
        ),
        (sharp(b"a", **{Control.LIVENESS: "LOW"}), sharp(b"a"), ControlUnavailableError, "reference"),
    ],
    ids=["face", "download", "quality, first", "quality of both", "other controls"],
)
def test_quality_comes_after_the_faces_of_both_and_before_other_controls(
    bench: Bench, reference: Subject, probe: Subject, error: type[VisavisError], side: str
) -> None:
    with pytest.raises(error) as caught:
        bench.compare(reference, probe, keep_tokens=True)
    assert caught.value.side == side
    assert (bench.books.reserved, bench.books.given_back, bench.books.faces) == (1, 1, {})


def test_quota_comes_before_quality(bench: Bench) -> None:
    bench.books.is_exhausted = True
    with pytest.raises(QuotaExhaustedError):
        bench.compare(sharp(b"~"), sharp(b"~"))


def test_refusal_names_every_flaw(bench: Bench) -> None:
    strict = QualityLevel("strict", (QualityRule({}, max_blur=0.2, illumination=(140, 255)),))
    with pytest.raises(QualityRefusedError) as caught:
        bench.compare(Subject(InlinePicture(b"~"), quality=strict), picture(b"a"))
    assert caught.value.flaws == ("blurred", "too_dark")


def test_good_faces_pass_and_are_charged(bench: Bench) -> None:
    assert bench.compare(sharp(b"a"), sharp(b"a")).score == 1.0
    assert (bench.books.reserved, bench.books.given_back) == (1, 0)


def test_faces_are_measured_only_where_their_quality_matters_or_the_caller_asks(bench: Bench) -> None:
    def measured() -> list[bool]:
        asked = [job.is_measured for job in bench.workshop.jobs]
        bench.workshop.jobs.clear()
        return asked

    plain = bench.compare(picture(b"a"), picture(b"b"), keep_tokens=True)
    assert measured() == [False, False]
    assert plain.reference.subject is not None
    assert (plain.reference.subject.measures, plain.reference.subject.points) == (None, None)
    assert {face.measures for face in bench.books.faces.values()} == {"{}"}
    bench.compare(picture(b"a"), sharp(b"b"))
    assert measured() == [False, True]
    asked = bench.compare(picture(b"a"), picture(b"b"), measure=True)
    assert measured() == [True, True]
    assert asked.probe.subject is not None
    assert asked.probe.subject.measures == FLAWLESS


@pytest.mark.parametrize(
    ("asked", "is_measured"),
    [({}, False), ({"other_tokens": 1}, False), ({"keep_token": True}, True), ({"measure": True}, True)],
)
def test_detection_measures_what_it_keeps(bench: Bench, asked: dict[str, bool | int], is_measured: bool) -> None:
    caller = Caller(account(), Interface.BAIDU_DETECT, 1e12)
    served, _ = asyncio.run(bench.service.detect(caller, picture(b"a"), RULES, **asked))  # type: ignore[arg-type]
    assert bench.workshop.jobs[-1].is_measured is is_measured
    assert served.subject is not None
    assert (served.subject.measures == FLAWLESS) is is_measured
    assert (served.subject.points is not None) is is_measured


def test_detection_refuses_a_face_of_poor_quality_and_charges_nothing(bench: Bench) -> None:
    with pytest.raises(QualityRefusedError) as caught:
        bench.detect(sharp(b"~"), keep_token=True)
    assert (caught.value.flaws, caught.value.side) == (("blurred",), None)
    assert (bench.books.reserved, bench.books.given_back, bench.books.faces) == (1, 1, {})
    assert bench.detect(sharp(b"a")).face == FACE


def test_measures_are_kept_with_every_face_of_a_detection(bench: Bench) -> None:
    bench.detect(picture(b"~"), keep_token=True, other_tokens=1)
    kept = [FaceMeasures.from_json(face.measures) for face in bench.books.faces.values()]
    assert kept == [changed(blur=0.5)] * 2


def test_quality_of_a_token_is_that_of_its_picture(bench: Bench) -> None:
    blurred = bench.detect(picture(b"~1"), keep_token=True).token or ""
    good = bench.compare(sharp(b"a"), picture(b"b"), keep_tokens=True).reference.token or ""
    with pytest.raises(QualityRefusedError) as caught:
        bench.compare(sharp_token(good), sharp_token(blurred))
    assert (caught.value.side, caught.value.flaws) == ("probe", ("blurred",))
    assert bench.compare(sharp_token(good), token(blurred)).reference.token == good
    assert bench.books.given_back == 1


def test_token_without_measures_passes_no_quality_control(bench: Bench) -> None:
    plain = bench.compare(picture(b"a"), picture(b"b"), keep_tokens=True).reference.token or ""
    with pytest.raises(MeasuresMissingError) as caught:
        bench.compare(picture(b"a"), sharp_token(plain))
    assert caught.value.side == "probe"
    assert bench.books.given_back == 1
    assert bench.compare(sharp(b"a"), token(plain)).score == 1.0


def test_measures_of_another_version_count_as_none(bench: Bench) -> None:
    kept = bench.compare(sharp(b"a"), picture(b"b"), keep_tokens=True).reference.token or ""
    bench.books.faces["a1", kept] = replace(bench.books.faces["a1", kept], measures='{"version":0,"blur":0}')
    with pytest.raises(MeasuresMissingError):
        bench.compare(sharp_token(kept), picture(b"a"))
