"""Every case of `cases/`: a request, what the service does with it, and the response.

`measures` says how the faces of the two pictures differ from one without a flaw; null: a token that bears no measures.
`liveness` and `spoofing` say what the checks found of each picture, see `tests.findings`.
`{token}` in a query stands for a fresh access token. Where a response names `patterns`, those members of its body are
matched instead of compared; `log_id` always is. `refusal` names why the server does not let the adapter answer.
"""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.folding import unfold
from tests.findings import read_pads, read_syntheses
from tests.measured import read_measures
from tests.protocol_fakes import FakeKeys, FakeService, offload
from visavis import errors
from visavis.errors import VisavisError
from visavis.protocols.baidu.access_token import issue_token
from visavis.protocols.baidu.routes import BaiduAdapter
from visavis.protocols.base import Refusal, WireRequest, header_list
from visavis.service.accounts import KeyKind

KEY_ID = "testApiKey24CharsABCDEFG"
SECRET = "testSecretKey32CharsABCDEFGHIJKL"
SERVER_KEY = b"k" * 32
NOW = 1_795_305_843
CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))


def make_request(asked: dict[str, Any]) -> WireRequest:
    token = issue_token(SERVER_KEY, KEY_ID, SECRET, asked.get("token_issued_at", NOW))
    body = asked["text"] if "text" in asked else json.dumps(asked["body"]) if "body" in asked else ""
    return WireRequest(
        asked.get("method", "POST"),
        asked["path"],
        asked.get("query", "").replace("{token}", token).encode(),
        header_list(tuple(pair) for pair in asked.get("headers", [])),
        body.encode(),
        NOW,
    )


def make_error(named: dict[str, Any]) -> VisavisError:
    kind = getattr(errors, named["class"])
    error: VisavisError = kind(*named.get("arguments", ["what went wrong"]))
    return error


def make_service(case: dict[str, Any]) -> FakeService:
    service = FakeService(score=case.get("result", {}).get("score", 0.45))
    service.measures = read_measures(case.get("measures", [{}, {}]))
    if "liveness" in case:
        service.pads = read_pads(case["liveness"])
    if "spoofing" in case:
        service.syntheses = read_syntheses(case["spoofing"])
    if "error" in case:
        error = make_error(case["error"])
        if case["error"].get("at") == "admission":
            service.admit_error = error
        else:
            service.error = error
    return service


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = unfold(json.loads(path.read_text("utf-8")))
    keys = FakeKeys()
    keys.add(KeyKind.BAIDU, KEY_ID, SECRET)
    keys.add(KeyKind.BAIDU, "disabledKey", SECRET, is_enabled=False)
    adapter = BaiduAdapter(
        service=make_service(case), keys=keys, offload=offload, token_key=SERVER_KEY, clock=lambda: NOW
    )
    request = make_request(case["request"])
    refused = adapter.refuse(request, Refusal[case["refusal"]]) if "refusal" in case else None
    response = refused or asyncio.run(adapter.answer(request))
    expected = case["response"]
    body = json.loads(response.body)
    patterns = expected.get("patterns", {})
    if case["request"]["path"].startswith("/rest/"):
        patterns |= {"log_id": "[1-9][0-9]{12,15}"}
    for member, pattern in patterns.items():
        assert re.fullmatch(pattern, str(body.pop(member))), member
    assert body == expected["body"]
    assert response.status == expected.get("status", 200)
    assert response.content_type == "application/json"
    assert bool(response.error_code) is bool(body.get("error_code") or body.get("error"))


def test_there_are_cases() -> None:
    assert len(CASES) > 50
