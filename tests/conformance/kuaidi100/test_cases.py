"""Every file in `cases`: a request, what the service answers, and the exact bytes that must go back.

In a request, `form` is a list of [name, value], encoded as browsers do; `body` is raw text instead. A value that is an
object, {"text", "times"}, is that text repeated. An `error` is raised by the service, {"class", "arguments", "side"},
in `compare`, or in `admit` where `at` says so. `demand` is what the account demands of photos, `measures` how the faces
of the two pictures differ from one without a flaw; null: a token that bears no measures. `liveness` is what the check
found of each, see `tests.findings`. `asked` is what must reach the service. `refusal` names why the server does not let
the adapter answer.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.findings import read_pads
from tests.measured import read_measures
from tests.protocol_fakes import FakeKeys, FakeService, account, offload
from visavis import errors
from visavis.errors import VisavisError
from visavis.protocols.base import Refusal, WireRequest, header_list
from visavis.protocols.kuaidi100.routes import Kuaidi100Adapter
from visavis.service.accounts import AccessKey, KeyKind, QualityDemand
from visavis.service.orders import InlinePicture, Subject

CASES = sorted(Path(__file__).with_name("cases").glob("*.json"))
KEY, SECRET = "uRiXXzuw3333", "abcdef0123456789abcdef0123456789"


def expand(value: Any) -> str:
    return str(value["text"]) * int(value["times"]) if isinstance(value, dict) else str(value)


def read_request(it: dict[str, Any]) -> WireRequest:
    body = expand(it["body"]) if "body" in it else urlencode([(name, expand(value)) for name, value in it["form"]])
    headers = it.get("headers", {"Content-Type": "application/x-www-form-urlencoded"})
    return WireRequest(
        it.get("method", "POST"), it.get("path", "/api"), b"", header_list(headers.items()), body.encode(), 0.0
    )


def read_error(it: dict[str, Any]) -> VisavisError:
    error: VisavisError = getattr(errors, it["class"])(*it.get("arguments", ["as it happens"]))
    error.side = it.get("side")
    return error


def describe(subject: Subject) -> dict[str, Any]:
    source = subject.source
    picture = source.content.hex() if isinstance(source, InlinePicture) else getattr(source, "url", None)
    return {
        "picture": picture or getattr(source, "token", None),
        "condition": subject.condition,
        "controls": dict(subject.controls),
    }


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_case(path: Path) -> None:
    case = json.loads(path.read_text("utf-8"))
    keys = FakeKeys()
    owner = account(quality=QualityDemand(case.get("demand", "none")))
    keys.keys[KeyKind.KUAIDI100, KEY] = AccessKey(KEY, KeyKind.KUAIDI100, (SECRET,), True, owner)
    keys.add(KeyKind.KUAIDI100, "disabled", SECRET, is_enabled=False)
    service = FakeService(**case.get("result", {}), measures=read_measures(case.get("measures", [{}, {}])))
    service.pads = read_pads(case["liveness"]) if "liveness" in case else service.pads
    if "error" in case:
        setattr(service, "admit_error" if case["error"].get("at") == "admit" else "error", read_error(case["error"]))
    adapter = Kuaidi100Adapter(service=service, keys=keys, offload=offload)

    request = read_request(case["request"])
    refused = adapter.refuse(request, Refusal[case["refusal"]]) if "refusal" in case else None
    response = refused or asyncio.run(adapter.answer(request))

    expected = json.dumps(case["response"], ensure_ascii=False, separators=(",", ":"))
    assert response.body.decode() == expected
    assert (response.status, response.content_type) == (200, "application/json;charset=UTF-8")
    if "asked" in case:
        ((reference, probe, _, keep_tokens),) = service.orders
        assert probe is not None
        assert [describe(reference), describe(probe)] == case["asked"]
        assert keep_tokens


def test_there_are_cases() -> None:
    assert len(CASES) >= 30
