"""The contract between the server and an adapter: raw requests in, raw responses out."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from visavis.errors import ParameterError
from visavis.service.accounts import AccessKey, Account, Interface, KeyKind
from visavis.service.admission import Offload
from visavis.service.controls import ControlPolicy
from visavis.service.orders import Caller, PictureRules, ScoredPair, ServedFace, Subject
from visavis.service.ports import KeyFinder, ScoreCalibration
from visavis.types import FaceCheck, Timings


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A request exactly as it came: several signatures are over raw bytes.

    Attributes:
        method: upper case.
        path: raw, percent-encoded as it came, without the query.
        query: raw, without the question mark.
        headers: names in lower case, values raw, in their order.
        body: raw; transfer coding removed.
        received_at: when it arrived, `time.monotonic()` seconds: its head, or a second before the end of its body if
            that came later. Deadlines count from it.
    """

    method: str
    path: str
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    received_at: float

    def header(self, name: str) -> str | None:
        """The first value of a header, Latin-1; None where it is absent. `name` in lower case."""
        wanted = name.encode("latin-1")
        return next((value.decode("latin-1") for key, value in self.headers if key == wanted), None)


@dataclass(frozen=True, slots=True)
class WireResponse:
    """What goes back. The server adds Content-Length.

    Attributes:
        status: HTTP status.
        body: UTF-8, no BOM.
        content_type: the whole value of the header, exactly.
        headers: others.
        error_code: the vendor's code for metrics and the log, or None after a success.
        request_id: by which the body names the request; None where it does not.
    """

    status: int
    body: bytes
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()
    error_code: str | None = None
    request_id: str | None = None


class FaceUseCases(Protocol):
    """What adapters ask of the service; `visavis.service.comparison.FaceService` says what each does and raises."""

    @property
    def scores(self) -> ScoreCalibration:
        """What native scores mean."""
        ...

    @property
    def policy(self) -> ControlPolicy:
        """What it takes to pass the controls."""
        ...

    async def admit(self, account: Account, interface: Interface, deadline: float, /) -> Caller:
        """Let an authenticated call in that is worth answering until then; `time.monotonic()` seconds."""
        ...

    async def compare(
        self,
        caller: Caller,
        reference: Subject,
        probe: Subject,
        rules: PictureRules,
        *,
        keep_tokens: bool = False,
        checks: frozenset[FaceCheck] = frozenset(),
    ) -> ScoredPair:
        """Compare two subjects."""
        ...

    async def detect(
        self,
        caller: Caller,
        subject: Subject,
        rules: PictureRules,
        *,
        keep_token: bool = False,
        other_tokens: int = 0,
        checks: frozenset[FaceCheck] = frozenset(),
    ) -> tuple[ServedFace, Timings]:
        """Find every face of a picture."""
        ...

    async def inspect(
        self,
        caller: Caller,
        subjects: Sequence[Subject],
        rules: PictureRules,
        checks: frozenset[FaceCheck],
        *,
        keep_tokens: bool = False,
    ) -> tuple[list[ServedFace], Timings]:
        """Find out more about the subjects of some pictures."""
        ...


class Refusal(enum.Enum):
    """Why the server answers without the adapter's `answer`."""

    BODY_TOO_LARGE = enum.auto()
    BAD_REQUEST = enum.auto()
    NOT_FOUND = enum.auto()
    STOPPING = enum.auto()
    INTERNAL = enum.auto()


class Adapter(Protocol):
    """Speaks one API."""

    name: str
    body_limit_bytes: int

    async def answer(self, request: WireRequest) -> WireResponse:
        """Authenticate, translate, serve, translate back. Errors that visavis raises on purpose become responses."""
        ...

    def refuse(self, request: WireRequest, refusal: Refusal) -> WireResponse:
        """The API's own words for what never reached `answer`; the body may be missing or cut off."""
        ...


_SMALL_BYTES = 4 * 1024 * 1024


async def parse(offload: Offload, size_bytes: int, call: Callable[..., Any], /, *arguments: Any) -> Any:
    """The result of parsing a body of so many bytes.

    That takes milliseconds, and a thread would cost more than it saves; only large bodies get one, so that they do not
    hold up everybody else.
    """
    return call(*arguments) if size_bytes <= _SMALL_BYTES else await offload(call, *arguments)


async def look_up(keys: KeyFinder, offload: Offload, kind: KeyKind, key_id: str) -> AccessKey | None:
    """The key pair, at once where it is remembered."""
    known = keys.known_key(kind, key_id)
    if known is not None:
        return known
    found: AccessKey | None = await offload(keys.find_key, kind, key_id)
    return found


def check_hosts(public_hosts: Sequence[str]) -> tuple[str, ...]:
    """Names under which clients know the server where a proxy hides them, with their port where it is not the usual.

    Raises:
        ParameterError: one is no ASCII text.
    """
    if not all(host.isascii() for host in public_hosts):
        raise ParameterError(f"public hosts must be ASCII: {list(public_hosts)}")
    return tuple(public_hosts)


def header_list(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[bytes, bytes], ...]:
    """Headers of a `WireRequest` from text; for tests and for signing requests of one's own."""
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs)
