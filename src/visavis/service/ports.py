"""What the use cases need from the outside, as Protocols; engine, storage and server satisfy them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from visavis.service.accounts import AccessKey, KeyKind, Limits
from visavis.types import AcquiredFace, AnalyzedFace, EngineIdentity, FaceChoice


class FaceAcquirer(Protocol):
    """Turns an encoded picture into the template of its subject."""

    @property
    def identity(self) -> EngineIdentity:
        """What produces the templates."""
        ...

    def acquire(self, picture: bytes, choice: FaceChoice = FaceChoice.LARGEST) -> AcquiredFace:
        """Find the subject of an encoded picture and make its template.

        Raises:
            ImageError: the picture cannot be used.
            AcquisitionError: it has no usable face.
        """
        ...


class FaceAnalyst(FaceAcquirer, Protocol):
    """Measures the subject of an encoded picture, too."""

    def analyze(self, picture: bytes, choice: FaceChoice = FaceChoice.LARGEST) -> AnalyzedFace:
        """Find the subject of an encoded picture, make its template, and measure it.

        Raises:
            ImageError: the picture cannot be used.
            AcquisitionError: it has no usable face.
        """
        ...


class ScoreCalibration(Protocol):
    """Native score ↔ false match rate."""

    @property
    def calibration_id(self) -> str:
        """Names the file that it came from."""
        ...

    def fmr_at(self, score: float) -> float:
        """How often two strangers score at least `score`, 0..1."""
        ...

    def threshold_at(self, fmr: float) -> float:
        """The native score at which that happens."""
        ...


class KeyFinder(Protocol):
    """Looks up key pairs."""

    def find_key(self, kind: KeyKind, key_id: str) -> AccessKey | None:
        """The key pair with its account, decrypted; None where there is none. Blocking."""
        ...

    def known_key(self, kind: KeyKind, key_id: str) -> AccessKey | None:
        """What is remembered of an earlier `find_key` and still good; None says nothing. Does not block."""
        ...


class NonceLog(Protocol):
    """Remembers which nonces were used."""

    def remember_nonce(self, kind: KeyKind, key_id: str, nonce: str, now: float, lifetime_s: float) -> bool:
        """True the first time; False while it is remembered, by any worker. Blocking."""
        ...


class RateCounter(Protocol):
    """Counts calls by the second."""

    def count_call(self, account_id: str, per_second: int) -> None:
        """Admit one call, or not. Blocking.

        Raises:
            RateLimitedError: more than `per_second` calls within a second, all workers together.
        """
        ...


@dataclass(frozen=True, slots=True)
class Reservation:
    """A call that is set aside until it is known whether it will be charged.

    Attributes:
        account_id: whose.
        day: the UTC day that it counts for, `YYYY-MM-DD`.
        package_id: out of which package; None: of none.
    """

    account_id: str
    day: str
    package_id: str | None


class QuotaBook(Protocol):
    """Counts charged calls by day, in total, and by package."""

    def reserve_call(self, account_id: str, limits: Limits, now: float) -> Reservation:
        """Set one call aside. It counts against the limits at once: workers together never exceed them. Blocking.

        Of several packages the one that expires first pays; an account that never had a package pays with none.

        Raises:
            DailyLimitError: `limits.per_day` is reached.
            QuotaExhaustedError: `limits.total` is reached, or all packages are used up or expired.
        """
        ...

    def give_back_call(self, reservation: Reservation) -> None:
        """Undo it: the call got no score. Blocking."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class StoredFace:
    """What is kept of a face behind a face token: numbers, never a picture.

    Attributes:
        token: 32 lower-case hexadecimal digits.
        account_id: owner.
        model_id: recogniser that made `vector`.
        vector: the template, float32, little endian.
        condition: of the picture, e.g. `live`; which calibration applies.
        findings: what was found out about the face, a JSON object; `{}` where nothing was.
        expires_at: Unix seconds; None: never.
    """

    token: str
    account_id: str
    model_id: str
    vector: bytes
    condition: str
    findings: str
    expires_at: float | None


class FaceTokenStore(Protocol):
    """Keeps faces by token, templates and findings encrypted."""

    def put_faces(self, faces: Sequence[StoredFace]) -> None:
        """Keep them all, or none. Blocking.

        Of those that are kept already under their token the expiry is put off, and findings are
        added or renewed, member by member.
        """
        ...

    def get_face(self, account_id: str, token: str, now: float) -> StoredFace | None:
        """The face, or None where this account has none or it has expired. Blocking."""
        ...

    def delete_face(self, account_id: str, token: str) -> bool:
        """Delete it for good; False where there is none. Blocking."""
        ...

    def purge_faces(self, now: float) -> int:
        """Delete all expired faces for good; how many. Blocking."""
        ...


class PictureFetcher(Protocol):
    """Downloads pictures from URLs that callers name, and goes nowhere it must not."""

    async def fetch_picture(self, url: str, max_bytes: int, timeout_s: float) -> bytes:
        """The body of the answer.

        Raises:
            UrlError: malformed, or another scheme than http and https.
            UrlForbiddenError: it leads where this server must not go, or downloads are off.
            ImageTooLargeError: more than `max_bytes`.
            ImageFormatError: it begins like no JPEG, PNG or BMP.
            DeadlineExceededError: no time is left, or too many other downloads ran to begin in time.
            ImageDownloadError: anything else: no answer in time, an error status, too many redirects.
        """
        ...
