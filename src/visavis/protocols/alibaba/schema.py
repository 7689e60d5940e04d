"""The parts of a call, read from wherever a client put them: query, form body, headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from visavis.protocols.alibaba.body import BodyFormat
from visavis.protocols.alibaba.errors import UNKNOWN_ACTION, WRONG_METHOD, FaultError, invalid, missing
from visavis.protocols.base import WireRequest
from visavis.protocols.wire.form import decode_form

ACTION = "CompareFaces"
RESULT_OBJECT_VERSION = "2020-11-12"

_ANY_METHOD = frozenset({"GET", "POST"})
_POST_ONLY = frozenset({"POST"})
_METHODS = {
    "2017-09-12": _ANY_METHOD,
    "2017-10-10": _ANY_METHOD,
    "2018-09-16": _POST_ONLY,
    "2019-03-07": _POST_ONLY,
    RESULT_OBJECT_VERSION: _POST_ONLY,
}
_VERSIONS_WITHOUT_ACTION = frozenset({"2020-06-18", "2022-11-25"})
_NOT_FORMS = ("json", "xml", "octet-stream", "multipart/")
_V1_MARKS = ("AccessKeyId", "Signature", "Action", "Version")


@dataclass(frozen=True, slots=True)
class Call:
    """A request taken apart; nothing in it has been checked.

    Attributes:
        request: as it came.
        query: parameters of the query.
        parameters: all of them, the query's first, as signature v1 signs them.
        values: the first value of each.
        is_acs3: signed by headers, or meant to be.
        body_format: of the response.
    """

    request: WireRequest = field(repr=False)
    query: tuple[tuple[str, str], ...] = field(repr=False)
    parameters: tuple[tuple[str, str], ...] = field(repr=False)
    values: Mapping[str, str] = field(repr=False)
    is_acs3: bool
    body_format: BodyFormat

    def value(self, name: str) -> str:
        """The parameter, or empty text."""
        return self.values.get(name, "")

    def header(self, name: str) -> str:
        """The header without surrounding blanks, or empty text."""
        return (self.request.header(name) or "").strip()

    @property
    def action(self) -> str:
        """What is called. Only what the signature covers counts: headers for ACS3, parameters for v1."""
        return (self.is_acs3 and self.header("x-acs-action")) or self.value("Action")

    @property
    def version(self) -> str:
        """In which version."""
        return (self.is_acs3 and self.header("x-acs-version")) or self.value("Version")


def read_call(request: WireRequest) -> Call:
    """Take a request apart. Never fails: errors too need to know the format of the response."""
    query = tuple(decode_form(request.query))
    form = tuple(decode_form(request.body)) if _has_form(request) else ()
    parameters = query + form
    values: dict[str, str] = {}
    for name, value in parameters:
        values.setdefault(name, value)
    is_acs3 = (request.header("authorization") or "").strip().upper().startswith("ACS3-") or (
        request.header("x-acs-action") is not None and not any(mark in values for mark in _V1_MARKS)
    )
    return Call(request, query, parameters, values, is_acs3, _choose_format(values.get("Format", ""), is_acs3))


def check_operation(call: Call) -> None:
    """There is such an action, in that version, and it may be called by this HTTP method.

    Raises:
        FaultError: otherwise.
    """
    action, version = call.action, call.version
    if not action:
        raise missing("Action")
    if not version:
        raise missing("Version")
    if version not in _METHODS and version not in _VERSIONS_WITHOUT_ACTION:
        raise invalid("Version")
    if action != ACTION or version in _VERSIONS_WITHOUT_ACTION:
        raise FaultError(UNKNOWN_ACTION)
    if call.request.method not in _METHODS[version]:
        raise FaultError(WRONG_METHOD)


def _has_form(request: WireRequest) -> bool:
    """A Content-Type is a hint only: what does not claim to be something else is read as a form."""
    content_type = (request.header("content-type") or "").lower()
    return not any(mark in content_type for mark in _NOT_FORMS)


def _choose_format(wanted: str, is_acs3: bool) -> BodyFormat:
    """The platform's default is XML. ACS3 clients name no format and read JSON only."""
    named = {"JSON": BodyFormat.JSON, "XML": BodyFormat.XML}.get(wanted.upper())
    return named or (BodyFormat.JSON if is_acs3 else BodyFormat.XML)
