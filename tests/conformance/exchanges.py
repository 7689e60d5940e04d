"""What the cases of each API show: which parameters a request has, and which row of the error table comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from tests.conformance.folding import unfold

FOLDER = Path(__file__).parent
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an error table. In a contract `<…>` within `message` stands for any text."""

    code: str
    status: int
    message: str

    def covers(self, other: Row) -> bool:
        """Whether `other` is this row, with something in place of `<…>`."""
        if (self.code, self.status) != (other.code, other.status):
            return False
        pattern = re.sub(r"<[^<>]+?>", ".+", re.escape(self.message))
        return re.fullmatch(pattern, other.message, re.S) is not None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One case.

    Attributes:
        parameters: name → its values as text, of every place where parameters go; long ones cut off.
        row: the error; None for a success.
    """

    parameters: Mapping[str, frozenset[str]]
    row: Row | None


def read_exchanges(vendor: str) -> dict[str, Exchange]:
    """Every case of a vendor by its name."""
    cases = sorted((FOLDER / vendor / "cases").glob("*.json"))
    return {path.stem: _READERS[vendor](unfold(json.loads(path.read_text("utf-8")))) for path in cases}


def _collect(pairs: Iterable[tuple[str, object]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name, value in pairs:
        if value is not None:
            text = value if isinstance(value, str) else json.dumps(value)
            found.setdefault(name, set()).add(text[:_LONGEST])
    return {name: frozenset(values) for name, values in found.items()}


def _alibaba(case: dict[str, Any]) -> Exchange:
    asked, response = case["request"], case["response"]
    usual: dict[str, Any] = {}
    match asked.get("signature", "v1"):
        case "v1":
            usual = dict.fromkeys(_V1_USUAL, "usual") | {"Action": "CompareFaces", "Version": "2019-03-07"}
            usual["Format"] = "JSON"
        case "acs3" | "sm3":
            usual = dict.fromkeys(_ACS3_USUAL, "usual")
    merged = usual | asked.get("common", {}) | asked.get("after", {}) | asked.get("parameters", {})
    if "json" in response:
        body = response["json"]
    else:
        body = dict(re.findall(r"<(Code|Message)>(.*?)</\1>", response["xml"], re.S))
    succeeded = body["Code"] == "200"
    row = None if succeeded else Row(body["Code"], response.get("status", 200), body["Message"])
    return Exchange(_collect(merged.items()), row)


_V1_USUAL = (
    "AccessKeyId",
    "Action",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureVersion",
    "Timestamp",
    "Version",
)
_ACS3_USUAL = (
    "authorization",
    "content-type",
    "host",
    "x-acs-action",
    "x-acs-content-sha256",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-version",
)


def _baidu(case: dict[str, Any]) -> Exchange:
    asked, response = case["request"], case["response"]
    pairs: list[tuple[str, object]] = parse_qsl(asked.get("query", ""), keep_blank_values=True)
    pairs += [(name.lower(), value) for name, value in asked.get("headers", [])]
    elements = asked["body"] if "body" in asked else _json_in(asked.get("text", ""))
    for element in elements if isinstance(elements, list) else [elements]:
        pairs += _members(element)
    if asked["path"].startswith("/oauth/"):
        pairs += parse_qsl(asked.get("text", ""))
    body = response["body"]
    if asked["path"].startswith("/oauth/"):
        row = Row(body["error"], response["status"], body["error_description"]) if "error" in body else None
    else:
        row = Row(str(body["error_code"]), 200, body["error_msg"]) if body["error_code"] else None
    return Exchange(_collect(pairs), row)


def _members(document: object) -> list[tuple[str, object]]:
    """Of a JSON object; null is a value too."""
    members = document.items() if isinstance(document, dict) else ()
    return [(name, "null" if value is None else value) for name, value in members]


def _json_in(text: str) -> Any:
    try:
        document = json.loads(text)
        return json.loads(document) if isinstance(document, str) else document
    except (ValueError, RecursionError):
        return []


def _kuaidi100(case: dict[str, Any]) -> Exchange:
    asked, body = case["request"], case["response"]
    raw = asked.get("body", "")
    pairs = asked["form"] if "form" in asked else parse_qsl(raw if isinstance(raw, str) else "", keep_blank_values=True)
    row = None if body["code"] == 200 else Row(str(body["code"]), 200, body["message"])
    texts = ((name, value["text"] if isinstance(value, dict) else value) for name, value in pairs)
    return Exchange(_collect(texts), row)


def _tencent(case: dict[str, Any]) -> Exchange:
    asked, inner = case["request"], case["response"]
    if "form" in asked:
        usual = dict.fromkeys(_FORM_USUAL, "usual")
        given = asked["form"] | {"SignatureMethod": asked["sign"]}
    else:
        usual = dict.fromkeys(("X-TC-Action", "X-TC-Version", "X-TC-Timestamp", "Authorization"), "usual")
        document = asked["json"] if "json" in asked else _json_in(asked.get("text", ""))
        given = asked.get("query", {}) | dict(_members(document))
    merged = usual | asked.get("headers", {}) | given
    error = inner.get("Error")
    return Exchange(_collect(merged.items()), Row(error["Code"], 200, error["Message"]) if error else None)


_FORM_USUAL = ("Action", "Version", "Timestamp", "Nonce", "SecretId", "Signature")


def _native(case: dict[str, Any]) -> Exchange:
    asked, response = case["request"], case["response"]
    pairs: list[tuple[str, object]] = [*asked.get("parts", {}).items(), *asked.get("fields", {}).items()]
    for name, value in _members(asked.get("json")):
        if isinstance(value, dict):
            pairs.append((name, "an object"))
            pairs += [(f"{name}.{inner}", text) for inner, text in value.items()]
        else:
            pairs.append((name, value))
    pairs += [(name, "in a form") for name in re.findall(r'; name="(\w+)"', asked.get("text", ""))]
    usual = {"json": "application/json", "parts": "multipart/form-data"}
    pairs += [("Content-Type", usual[kind]) for kind in usual if kind in asked]
    pairs += [("Authorization", "usual"), *asked.get("headers", {}).items()]
    error = response["body"].get("error")
    row = Row(error["code"], response["status"], error["message"]) if error else None
    return Exchange(_collect(dict(pairs).items()), row)


_READERS: dict[str, Callable[[dict[str, Any]], Exchange]] = {
    "alibaba": _alibaba,
    "baidu": _baidu,
    "kuaidi100": _kuaidi100,
    "native": _native,
    "tencent": _tencent,
}
