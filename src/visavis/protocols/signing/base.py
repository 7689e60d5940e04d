"""What signers of every API take and give."""

from __future__ import annotations

import base64
import contextlib
import json
import math
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from visavis.errors import ParameterError

MAX_ENDPOINT_CHARACTERS = 2048


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server is.

    Attributes:
        scheme: `http` or `https`.
        host: as in a Host header: with the port where one was given.
    """

    scheme: str
    host: str

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """From `http://host:port`; one slash at the end is allowed.

        Raises:
            ParameterError: it is anything else.
        """
        # A password may stand before an @: it is not repeated.
        refusal = ParameterError(
            f"{text.rpartition('@')[2][:80]!r} is not an endpoint; write it like http://127.0.0.1:8000"
        )
        if len(text) > MAX_ENDPOINT_CHARACTERS or not text.isascii() or not text.isprintable() or " " in text:
            raise refusal
        try:
            parts = urlsplit(text)
            is_usable = parts.port != 0 and bool(parts.hostname) and parts.username is None
        except ValueError:
            raise refusal from None
        if (
            not is_usable
            or parts.scheme not in ("http", "https")
            or text.rstrip("/") != f"{parts.scheme}://{parts.netloc}"
        ):
            raise refusal
        return cls(parts.scheme, parts.netloc)

    def url(self, target: str) -> str:
        """The whole URL of a path and query."""
        return f"{self.scheme}://{self.host}{target}"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs, for which server, and when.

    Attributes:
        endpoint: where the request goes.
        key: public half of the key pair.
        secret: the other half.
        now: Unix seconds.
        nonce: random text, different for every request, lower-case hexadecimal.
    """

    endpoint: Endpoint
    key: str
    secret: str = field(repr=False)
    now: float
    nonce: str


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request, ready to be sent.

    Attributes:
        method: upper case.
        url: the whole.
        headers: all but Content-Length, in the order in which the vendor's client sends them.
        body: raw.
        canonical: the text that was signed, without the secret; empty where nothing is signed.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    canonical: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a vendor's answer to a comparison says.

    Attributes:
        score: on the vendor's scale.
        threshold: the vendor's recommended one, on the same scale.
    """

    score: float
    threshold: float

    @property
    def is_match(self) -> bool:
        """Whether the score reaches the threshold."""
        return self.score >= self.threshold


class AnswerError(Exception):
    """No score came back; the message says why, in the vendor's code and words where there are any."""


def encode_picture(content: bytes) -> str:
    """Base64, as every vendor wants it."""
    return base64.b64encode(content).decode("ascii")


def read_object(body: bytes) -> dict[str, object]:
    """The JSON object that every API answers with.

    Raises:
        AnswerError: the body is something else.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise AnswerError("the answer is not a JSON object")
    return document


def member(document: object, *path: str) -> object:
    """What lies at a path of names in nested objects; None where it leads nowhere."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def number(value: object) -> float:
    """A finite number, or text that is one.

    Raises:
        AnswerError: it is neither.
    """
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        with contextlib.suppress(ValueError, OverflowError):
            found = float(value)
            if math.isfinite(found):
                return found
    raise AnswerError("the answer has no score")
