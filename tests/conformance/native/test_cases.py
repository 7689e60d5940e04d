"""Runs `cases/*.json` against the application.

A case has `request`: `method` (POST), `path`, `headers` that change the usual ones (null removes one), and `json`,
`text`, or `parts` with `fields` (files and texts of a form). Then `result` (`score`) or `error` (`class`, `arguments`,
`side`, and `at`: `admit`), and `response`: `status`, some `headers`, and the whole `body`, without the request id and
the total time; of `landmarks` their count, first and last. `sources` says what the service was asked for. `measures`
says what differs from a flawless face, on each side; null stands for a face token that bears none. `pads` and
`syntheses` have `score`, `native` and `non_response` of each side, or null likewise. `refusal` names why the server
does not ask the application.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from tests.conformance.folding import unfold
from tests.measured import FLAWLESS, changed, covered
from tests.protocol_fakes import LIVING, UNTOUCHED, FakeService
from tests.unit.protocols.native.calls import AUTHORISED, call, make_app, make_keys
from visavis import errors
from visavis.errors import VisavisError
from visavis.measures import FaceMeasures, HeadPose, Region
from visavis.presentation import NonResponse, PadResult, SynthesisResult
from visavis.protocols.base import Refusal, WireRequest, header_list
from visavis.protocols.native.envelope import refuse
from visavis.service.orders import FaceTokenReference, InlinePicture, PictureUrl, Subject

_Result = TypeVar("_Result", PadResult, SynthesisResult)
CASES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(Path(__file__).parent.glob("cases/*.json"))}


def _error(named: dict[str, Any]) -> VisavisError:
    error: VisavisError = getattr(errors, named["class"])(*named.get("arguments", ()))
    error.side = named.get("side")
    return error


def _measures(values: dict[str, Any] | None) -> FaceMeasures | None:
    if values is None:
        return None
    told = dict(values)
    if "pose" in told:
        told["pose"] = HeadPose(**({"yaw": 0.0, "pitch": 0.0, "roll": 0.0} | told["pose"]))
    if "hidden" in told:
        told["hidden"] = {**FLAWLESS.hidden, **{Region(name): share for name, share in told["hidden"].items()}}
    return changed(**{"occlusion": covered(**told.pop("occlusion", {})).occlusion, **told})


def _checked(kind: type[_Result], case: dict[str, Any], name: str, usual: _Result) -> tuple[_Result | None, ...]:
    told = case.get(name, ({}, {}))
    return tuple(values if values is None else _changed(kind, usual, values) for values in told)


def _changed(kind: type[_Result], usual: _Result, values: dict[str, Any]) -> _Result:
    reason = values.get("non_response")
    score, native = (values.get(name, getattr(usual, name)) for name in ("score", "native"))
    return kind(score, native, None if reason is None else NonResponse(reason))


def _service(case: dict[str, Any]) -> FakeService:
    one, other = (_measures(values) for values in case.get("measures", ({}, {})))
    service = FakeService(case.get("result", {}).get("score", 0.0), measures=(one, other))
    first_pad, second_pad = _checked(PadResult, case, "pads", LIVING)
    first_synthesis, second_synthesis = _checked(SynthesisResult, case, "syntheses", UNTOUCHED)
    service.pads, service.syntheses = (first_pad, second_pad), (first_synthesis, second_synthesis)
    if "error" in case:
        if case["error"].get("at") == "admit":
            service.admit_error = _error(case["error"])
        else:
            service.error = _error(case["error"])
    return service


def _send(case: dict[str, Any], service: FakeService) -> httpx.Response:
    asked = case["request"]
    keys = make_keys()
    if not asked.get("is_enabled", True):
        ((kind, key_id), key) = next(iter(keys.keys.items()))
        keys.add(kind, key_id, *key.secrets, is_enabled=False)
    changed = {**AUTHORISED, **asked.get("headers", {})}
    headers = {name: value for name, value in changed.items() if value is not None}
    content: dict[str, Any] = {}
    if "json" in asked:
        content = {"json": unfold(asked["json"])}
    elif "text" in asked:
        content = {"content": unfold(asked["text"]).encode()}
    elif "parts" in asked:
        files = {name: unfold(text).encode() for name, text in asked["parts"].items()}
        content = {"files": files, "data": unfold(asked.get("fields", {}))}
    app = make_app(service, keys, lambda: bool(case.get("is_ready", True)))
    return call(app, asked.get("method", "POST"), asked["path"], headers=headers, **content)


def _comparable(document: dict[str, Any], request_id: str) -> dict[str, Any]:
    """Without what differs each time, which must be well-formed."""
    inner = document.get("error", document)
    if "status" not in inner:
        assert inner.pop("request_id") == request_id
    if "timings_ms" in document:
        assert 0 <= document["timings_ms"].pop("total") < 60_000
    if document.get("landmarks"):
        points = document["landmarks"]
        document["landmarks"] = {"count": len(points), "first": points[0], "last": points[-1]}
    return document


def _described(subject: Subject) -> dict[str, str]:
    source, demand = subject.source, {"quality": subject.quality.name} if subject.quality else {}
    demand |= {control.value: level.value for control, level in subject.controls.items()}
    demand |= {} if subject.condition == "live" else {"condition": subject.condition}
    match source:
        case InlinePicture():
            return {"content": source.content.decode(), "choice": subject.choice.value} | demand
        case PictureUrl():
            return {"url": source.url, "choice": subject.choice.value} | demand
        case FaceTokenReference():
            return {"face_token": source.token, "choice": subject.choice.value} | demand


def _refuse(case: dict[str, Any]) -> None:
    asked = case["request"]
    headers = header_list(asked.get("headers", {}).items())
    request = WireRequest(asked.get("method", "POST"), asked["path"], b"", headers, b"", 0.0)
    response = refuse(request, Refusal[case["refusal"]])
    document = json.loads(response.body)
    assert document["error"].pop("request_id") == dict(response.headers)["X-Request-Id"]
    assert (document, response.status) == (case["response"]["body"], case["response"]["status"])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_case(case: dict[str, Any]) -> None:
    if "refusal" in case:
        return _refuse(case)
    service = _service(case)
    response = _send(case, service)
    expected = case["response"]
    assert _comparable(response.json(), response.headers["x-request-id"]) == expected["body"]
    assert response.status_code == expected["status"]
    assert response.headers["content-type"] == "application/json"
    assert {name: response.headers.get(name) for name in expected.get("headers", {})} == expected.get("headers", {})
    asked = [_described(subject) for order in service.orders for subject in order[:2] if subject is not None]
    assert asked == case.get("sources", asked)
    # A request that is refused before the service is asked must not have cost anything.
    assert bool(asked) == ("result" in case or ("error" in case and case["error"].get("at") != "admit"))


def test_there_are_cases() -> None:
    assert len(CASES) >= 40
