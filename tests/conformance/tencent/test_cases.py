"""Runs `cases/*.json` against the adapter.

A case has `request`: `method`, `path`, `headers` and `form` that change the usual ones (null removes one), `json`,
`text` or `query`, `sign` (of a form: `HmacSHA1` or `HmacSHA256`), `secret`, `time_shift_s`, `is_enabled`;
`{"repeat": [text, count]}` stands for a long text. Then `result` (native score) or `error` (class, arguments, and `at`:
`admit`), and `response`: what is inside of `Response`, without the RequestId. `measures` says how the faces of the two
pictures differ from one without a flaw. `sources` say what the service was asked. `refusal` names why the server
does not let the adapter answer.
"""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.conformance.folding import unfold
from tests.conformance.tencent.signing import SECRET, SECRET_ID, sign_form, sign_headers
from tests.measured import read_measures
from tests.protocol_fakes import FakeKeys, FakeService, offload
from visavis import errors
from visavis.errors import VisavisError
from visavis.protocols.base import Refusal, WireRequest, header_list
from visavis.protocols.tencent.catalogue import CATALOGUE
from visavis.protocols.tencent.routes import TencentAdapter
from visavis.service.accounts import KeyKind
from visavis.service.orders import InlinePicture, PictureUrl, Subject

NOW = 1_795_305_729
HOST = "127.0.0.1:18080"
FORM = "application/x-www-form-urlencoded"
CASES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(Path(__file__).parent.glob("cases/*.json"))}

_REQUEST_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def _changed(values: dict[str, str], changes: dict[str, str | None]) -> dict[str, str]:
    merged = {**values, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def _build(asked: dict[str, Any]) -> WireRequest:
    build = _build_form if "form" in asked else _build_tc3
    query, headers, body = build(asked, asked.get("method", "POST"), str(NOW + asked.get("time_shift_s", 0)))
    path = asked.get("path", "/")
    return WireRequest(
        asked.get("method", "POST"), path, query.encode(), header_list(headers.items()), body, float(NOW)
    )


def _build_form(asked: dict[str, Any], method: str, timestamp: str) -> tuple[str, dict[str, str], bytes]:
    common = {"SecretId": SECRET_ID, "Timestamp": timestamp, "Nonce": "506", "SignatureMethod": asked["sign"]}
    form = _changed({"Action": "CompareMaskFace", "Version": "2020-03-03"} | common, unfold(asked["form"]))
    form["Signature"] = sign_form(method, HOST, form, asked.get("secret", SECRET))
    text = urlencode(form)
    headers = _changed({"Host": HOST, "Content-Type": FORM}, asked.get("headers", {}))
    return (text, headers, b"") if method == "GET" else ("", headers, text.encode())


def _build_tc3(asked: dict[str, Any], method: str, timestamp: str) -> tuple[str, dict[str, str], bytes]:
    query = urlencode(unfold(asked["query"])) if "query" in asked else ""
    body = json.dumps(unfold(asked["json"])).encode() if "json" in asked else unfold(asked.get("text", "")).encode()
    tc = {"X-TC-Action": "CompareMaskFace", "X-TC-Version": "2020-03-03", "X-TC-Timestamp": timestamp}
    full = {"Host": HOST, "Content-Type": FORM if method == "GET" else "application/json"} | tc
    headers = _changed(full, asked.get("headers", {}))
    if "Authorization" not in asked.get("headers", {}):
        secret = asked.get("secret", SECRET)
        headers["Authorization"] = sign_headers(method, query, full | headers, body, secret)
    return query, headers, body


def _service(case: dict[str, Any]) -> FakeService:
    service = FakeService(score=case.get("result", 0.45), measures=read_measures(case.get("measures", [{}, {}])))
    if "error" in case:
        error: VisavisError = getattr(errors, case["error"]["class"])(*case["error"].get("arguments", ["why"]))
        if case["error"].get("at") == "admit":
            service.admit_error = error
        else:
            service.error = error
    return service


def _source(subject: Subject | None) -> str:
    assert subject is not None
    if isinstance(subject.source, InlinePicture):
        return subject.source.content.hex()
    assert isinstance(subject.source, PictureUrl)
    return subject.source.url


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_case(case: dict[str, Any]) -> None:
    service, keys = _service(case), FakeKeys()
    keys.add(KeyKind.TENCENT, SECRET_ID, SECRET, is_enabled=case["request"].get("is_enabled", True))
    adapter = TencentAdapter(service=service, keys=keys, offload=offload, clock=lambda: float(NOW))
    request = _build(case["request"])
    refused = adapter.refuse(request, Refusal[case["refusal"]]) if "refusal" in case else None
    response = refused or asyncio.run(adapter.answer(request))
    assert (response.status, response.content_type) == (200, "application/json")
    document = json.loads(response.body)
    assert _REQUEST_ID.fullmatch(document["Response"].pop("RequestId"))
    assert document == {"Response": case["response"]}
    assert response.error_code == case["response"].get("Error", {}).get("Code")
    if "sources" in case:
        ((reference, probe, _, _),) = service.orders
        assert [_source(reference), _source(probe)] == case["sources"]


def test_every_case_is_whole() -> None:
    known = {"description", "request", "refusal", "result", "error", "response", "measures", "sources"}
    for name, case in CASES.items():
        assert {"description", "request", "response"} <= set(case) <= known, name


def test_cases_show_every_code_that_is_sent_and_no_other() -> None:
    shown = {case["response"]["Error"]["Code"] for case in CASES.values() if "Error" in case["response"]}
    assert shown == {code for code, row in CATALOGUE.items() if row.is_sent}
