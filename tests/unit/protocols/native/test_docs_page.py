"""The interactive page: its own files only, and a policy that holds it to them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.unit.protocols.native.calls import call, make_app
from visavis.protocols.native.docs_page import CONTENT_SECURITY_POLICY

PAGES = {"/docs": "text/html", "/docs/page.js": "text/javascript", "/docs/page.css": "text/css"}


@pytest.mark.parametrize("path", PAGES)
def test_page_is_served_with_its_policy(path: str) -> None:
    response = call(make_app(), "GET", path, headers={})
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{PAGES[path]}; charset=utf-8"
    assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert response.headers["x-content-type-options"] == "nosniff"


def test_policy_allows_nothing_from_elsewhere() -> None:
    directives = dict(part.strip().split(" ", 1) for part in CONTENT_SECURITY_POLICY.split(";"))
    assert directives.pop("img-src") == "'self' data:"
    assert directives["default-src"] == "'none'"
    assert set(directives.values()) == {"'none'", "'self'"}


@pytest.mark.parametrize("path", PAGES)
def test_nothing_comes_from_elsewhere(path: str) -> None:
    assert not re.search(r"(https?:)?//[a-z0-9-]+\.", call(make_app(), "GET", path, headers={}).text)


def test_page_needs_only_what_is_served() -> None:
    html = call(make_app(), "GET", "/docs", headers={}).text
    linked = re.findall(r'(?:href|src)="(?!data:)([^"]+)"', html)
    assert {"docs/page.css", "docs/page.js", "openapi.json"} == set(linked)
    assert all(call(make_app(), "GET", f"/{path}", headers={}).status_code == 200 for path in linked)


def test_page_obeys_its_policy() -> None:
    html = call(make_app(), "GET", "/docs", headers={}).text
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", html)
    script = call(make_app(), "GET", "/docs/page.js", headers={}).text
    assert not re.search(
        r"innerHTML|outerHTML|document\.write|\beval\b|new Function|localStorage|sessionStorage", script
    )


def test_every_word_of_the_page_is_there_in_both_languages() -> None:
    html, script = (call(make_app(), "GET", path, headers={}).text for path in ("/docs", "/docs/page.js"))
    chinese, english = (re.search(rf"const {name} = {{(.*?)}};", script, re.DOTALL) for name in ("CHINESE", "ENGLISH"))
    assert chinese and english
    used = set(re.findall(r"words\.(\w+)", script))
    in_html = set(re.findall(r'data-word="(\w+)"', html))
    assert used == set(re.findall(r"(\w+): \"", english[1]))
    assert used | in_html == set(re.findall(r"(\w+): \"", chinese[1]))


def test_everything_that_is_shown_of_the_document_is_there_in_chinese() -> None:
    document = call(make_app(), "GET", "/openapi.json", headers={}).json()
    script = call(make_app(), "GET", "/docs/page.js", headers={}).text
    translated = re.search(r"const CHINESE_TEXTS = \{(.*?)\};", script, re.DOTALL)
    assert translated
    texts = {document["info"]["description"]}
    for operation in (operation for methods in document["paths"].values() for operation in methods.values()):
        texts.add(operation["description"])
        texts |= {answer["description"] for answer in operation["responses"].values()}
        content = operation.get("requestBody", {}).get("content")
        if content:
            texts |= {example["summary"] for example in content["application/json"]["examples"].values()}
            properties = content["multipart/form-data"]["schema"]["properties"].values()
            texts |= {resolve(document, shown)["description"] for shown in properties}
    assert set(re.findall(r'^  "(.+)":', translated[1], re.MULTILINE)) == texts


def resolve(document: Any, schema: Any) -> Any:
    for name in schema.get("$ref", "#").split("/")[1:]:
        document = document[name]
    return document if "$ref" in schema else schema
