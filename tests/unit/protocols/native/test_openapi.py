"""The OpenAPI document: true, whole, and with examples that work."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from pydantic import BaseModel

from tests.unit.protocols.native.calls import call, make_app
from visavis.measures import FaceMeasures, HeadPose, Region
from visavis.protocols.native import answers, examples
from visavis.protocols.native.answers import (
    AnalyzeAnswer,
    CalibrationAnswer,
    CompareAnswer,
    DetectAnswer,
    ErrorAnswer,
    LivenessAnswer,
)
from visavis.protocols.native.body import MAX_PARTS
from visavis.protocols.native.errors import Problem
from visavis.protocols.native.translate import QUALITY_LEVELS

API: dict[str, Any] = make_app().openapi()
OPERATIONS = [
    (path, method, operation) for path, methods in API["paths"].items() for method, operation in methods.items()
]


def references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in references(value)]
    return [found for value in node for found in references(value)] if isinstance(node, list) else []


def resolve(pointer: str) -> Any:
    node: Any = API
    for name in pointer.removeprefix("#/").split("/"):
        node = node[name]
    return node


def test_document_is_served_as_it_is() -> None:
    assert call(make_app(), "GET", "/openapi.json", headers={}).json() == json.loads(json.dumps(API))
    assert API["openapi"].startswith("3.1")


def test_operations() -> None:
    assert {(path, method, operation["operationId"]) for path, method, operation in OPERATIONS} == {
        ("/v1/compare", "post", "compare"),
        ("/v1/detect", "post", "detect"),
        ("/v1/analyze", "post", "analyze"),
        ("/v1/liveness", "post", "liveness"),
        ("/v1/calibration", "get", "calibration"),
        ("/v1/health/live", "get", "live"),
        ("/v1/health/ready", "get", "ready"),
    }


def test_every_reference_leads_somewhere() -> None:
    found = references(API)
    assert len(found) > 10
    assert all(resolve(pointer) for pointer in found)


def test_only_what_is_charged_needs_a_key() -> None:
    secured = {path for path, _, operation in OPERATIONS if operation.get("security") == [{"bearer": []}]}
    assert secured == {"/v1/compare", "/v1/detect", "/v1/analyze", "/v1/liveness"}
    assert API["components"]["securitySchemes"] == {"bearer": {"type": "http", "scheme": "bearer"}}


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=lambda value: str(value)[:20])
def test_every_answer_has_an_example_of_its_status(path: str, method: str, operation: dict[str, Any]) -> None:
    for status, answer in operation["responses"].items():
        content = answer["content"]["application/json"]
        assert "$ref" in content["schema"]
        if status == "200":
            assert content["example"]
        else:
            assert len(content["examples"]) == (8 if (method, status) == ("post", "422") else 2)
            for example in content["examples"].values():
                ErrorAnswer.model_validate(example["value"])


@pytest.mark.parametrize(
    ("model", "example"),
    [
        (CompareAnswer, examples.COMPARE_ANSWER),
        (DetectAnswer, examples.DETECT_ANSWER),
        (AnalyzeAnswer, examples.ANALYZE_ANSWER),
        (LivenessAnswer, examples.LIVENESS_ANSWER),
        (CalibrationAnswer, examples.CALIBRATION_ANSWER),
    ],
)
def test_example_of_an_answer_is_one(model: type[BaseModel], example: dict[str, Any]) -> None:
    assert json.loads(model.model_validate(example).model_dump_json()) == example


def test_measures_are_those_of_the_domain_and_what_follows_from_them() -> None:
    measured = [field.name for field in dataclasses.fields(FaceMeasures)]
    assert list(answers.Measures.model_fields) == [*measured, "is_complete", "is_colour"]
    assert list(answers.RegionShares.model_fields) == [region.value for region in Region]
    assert list(answers.Pose.model_fields) == [field.name for field in dataclasses.fields(HeadPose)]
    assert list(answers.FlawsByLevel.model_fields) == list(QUALITY_LEVELS)


def test_refused_quality_is_documented_with_its_flaws() -> None:
    for path in CHARGED:
        shown = API["paths"][path]["post"]["responses"]["422"]["content"]["application/json"]["examples"]
        assert shown["quality_refused_en"]["value"]["error"]["flaws"] == ["mouth", "too_dark"]
        assert shown["no_face_en"]["value"]["error"]["flaws"] is None


def test_refused_controls_are_documented_with_their_check() -> None:
    for path in CHARGED:
        shown = API["paths"][path]["post"]["responses"]["422"]["content"]["application/json"]["examples"]
        told = shown["liveness_refused_en"]["value"]["error"]["check"]
        assert told == {"score": None, "threshold": 0.3, "non_response": "face_too_small"}
        assert shown["synthesis_refused_zh"]["value"]["error"]["check"]["score"] == 0.62
        assert shown["no_face_en"]["value"]["error"]["check"] is None


def test_form_may_have_every_field() -> None:
    """The limit of parts leaves room."""
    forms = [
        operation["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
        for _, _, operation in OPERATIONS
        if "requestBody" in operation
    ]
    assert max(len(properties) for properties in forms) <= MAX_PARTS


def test_every_code_is_documented() -> None:
    codes = API["components"]["schemas"]["ErrorDetail"]["properties"]["code"]["examples"]
    assert {"no_face", "queue_full", "face_token_not_found", *(problem.value for problem in Problem)} <= set(codes)


def test_examples_keep_their_nulls() -> None:
    served = API["paths"]["/v1/compare"]["post"]["responses"]["200"]["content"]["application/json"]["example"]
    assert served == examples.COMPARE_ANSWER
    assert served["reference"]["face_token"] is None


CHARGED = ["/v1/compare", "/v1/detect", "/v1/analyze", "/v1/liveness"]


@pytest.mark.parametrize("path", CHARGED)
def test_examples_of_requests_are_served(path: str) -> None:
    content = API["paths"][path]["post"]["requestBody"]["content"]
    assert len(content["application/json"]["examples"]) == 2
    for example in content["application/json"]["examples"].values():
        assert call(make_app(), "POST", path, json=example["value"]).status_code == 200


@pytest.mark.parametrize("path", CHARGED)
def test_form_is_served_as_documented(path: str) -> None:
    schema = API["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    texts = {"fmr": "0.001", "choice": "central", "keep_tokens": "true", "landmarks": "true"}
    texts |= dict.fromkeys(("quality", "liveness", "synthesis"), "high")
    texts |= {"condition": "idcard", "reference_condition": "cert", "probe_condition": "live"}
    properties = set(schema["properties"])
    files = dict.fromkeys(schema["required"], b"x")
    assert properties == set(files) | (texts.keys() & properties)
    sent = {name: text for name, text in texts.items() if name in properties}
    assert call(make_app(), "POST", path, files=files, data=sent).status_code == 200
    for name in files:
        rest = {other: content for other, content in files.items() if other != name} or {"other": b""}
        assert call(make_app(), "POST", path, files=rest).status_code == 422
