"""The page at `/docs`, in a browser as people see it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.chromium import Page, find_chromium, open_page
from tests.faces import admiral, astronaut
from tests.live_server import LiveServer, live_server
from visavis.service.accounts import KeyKind

_LISTED = "[...document.querySelectorAll('details.operation')].map(block => block.id)"
_IS_LISTED = "document.querySelectorAll('details.operation').length > 0"
OPERATIONS = ["compare", "detect", "analyze", "liveness", "calibration", "live", "ready"]


@pytest.fixture(scope="module")
def server(model_home: Path) -> Iterator[LiveServer]:
    with live_server() as running:
        yield running


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("photos")
    shown = {"reference": astronaut(), "same": astronaut()[:, 20:], "other": admiral()}
    for name, pixels in shown.items():
        Image.fromarray(pixels).save(folder / f"{name}.jpg")
    return {name: folder / f"{name}.jpg" for name in shown}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    program = find_chromium()
    if program is None:
        pytest.skip("Chromium is not on this machine")
    with open_page(program, tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


def show(page: Page, server: LiveServer, **screen: str | int) -> None:
    page.requests.clear()
    page.complaints.clear()
    page.open(f"{server.url}/docs", **screen)  # type: ignore[arg-type]
    page.wait_until(_IS_LISTED)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_page_lists_the_operations_and_asks_nobody_else(
    page: Page, server: LiveServer, width: int, scheme: str
) -> None:
    show(page, server, width=width, scheme=scheme)
    assert page.run(_LISTED) == OPERATIONS
    own = ["/docs", "/docs/page.css", "/docs/page.js", "/openapi.json"]
    assert sorted(page.requests) == [server.url + path for path in own]
    assert page.complaints == []


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_nothing_is_wider_than_the_screen(page: Page, server: LiveServer, width: int) -> None:
    show(page, server, width=width)
    page.run("for (const block of document.querySelectorAll('details')) block.open = true")
    assert page.run("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("typed", ["{key}", " Bearer {key} "])
@pytest.mark.parametrize(("probe", "decision"), [("same", "match"), ("other", "non-match")])
def test_comparison_is_made_from_the_page(
    page: Page, server: LiveServer, photos: dict[str, Path], typed: str, probe: str, decision: str
) -> None:
    show(page, server)
    compare(page, photos, typed.format(key=server.keys[KeyKind.NATIVE][1]), probe)
    status, _, answer = page.run("document.querySelector('#compare > pre').textContent").partition("\n")
    assert status == "200"
    assert json.loads(answer)["decision"] == decision
    assert page.complaints == []
    assert {url for url in page.requests if not url.startswith(server.url + "/")} == set()


def test_refusal_is_shown(page: Page, server: LiveServer, photos: dict[str, Path]) -> None:
    show(page, server, locale="zh-CN")
    compare(page, photos, "vv_nothing", "same")
    shown = page.run("document.querySelector('#compare > pre.bad').textContent")
    status, _, answer = shown.partition("\n")
    assert (status, json.loads(answer)["error"]["code"]) == ("401", "invalid_key")
    assert "密钥" in json.loads(answer)["error"]["message"]


def test_chinese_readers_see_chinese(page: Page, server: LiveServer) -> None:
    show(page, server, locale="zh-CN")
    assert page.run("document.documentElement.lang") == "zh"
    english = "[...document.querySelectorAll('#about, .note, button, .operation > p')].map(it => it.textContent)"
    texts = [text for text in page.run(english) if text]
    assert len(texts) > 15
    assert [text for text in texts if text.isascii()] == []


def compare(page: Page, photos: dict[str, Path], key: str, probe: str) -> None:
    page.run("document.querySelector('#compare').open = true")
    page.run(f"document.querySelector('#key').value = {json.dumps(key)}")
    page.choose_file("#compare [name=reference]", photos["reference"])
    page.choose_file("#compare [name=probe]", photos[probe])
    page.run("document.querySelector('#compare form button').click()")
    page.wait_until(r"/^\d{3}\n/.test(document.querySelector('#compare > pre').textContent)")
