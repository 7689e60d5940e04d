"""What a client raises when the server refuses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RefusedCheck:
    """What liveness or synthesis control refused a face for.

    Attributes:
        score: the check's score; None: it cannot tell.
        threshold: at which the control decides.
        non_response: why the check cannot tell, e.g. `face_too_small`; None where it can.
    """

    score: float | None
    threshold: float
    non_response: str | None


class ApiError(Exception):
    """The server's answer is not a success.

    Attributes:
        status: HTTP status.
        code: stable name, e.g. `no_face`; `unexpected_answer` where the answer is none of visavis's.
        message: for people, in the client's language.
        side: `reference` or `probe`, where it is about one of them.
        field: dotted path of the request's field that it is about.
        limit: the limit that was not kept.
        flaws: what is wrong with the face, e.g. `blurred`, where its quality was refused; empty otherwise.
        check: what refused the face, where liveness or synthesis control did; None otherwise.
        request_id: to be told to who runs the server.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        side: str | None = None,
        field: str | None = None,
        limit: int | None = None,
        flaws: tuple[str, ...] = (),
        check: RefusedCheck | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.side = side
        self.field = field
        self.limit = limit
        self.flaws = flaws
        self.check = check
        self.request_id = request_id
