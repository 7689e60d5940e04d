"""The administrators' REST API of a running server: what is done there counts for calls at once."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.faces import Pixels, astronaut
from tests.live_server import LiveServer, live_server

TOKEN = "a-token-of-more-than-twenty-characters"


def encode(pixels: Pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


REFERENCE, PROBE = encode(astronaut()), encode(astronaut()[:, 20:])


@pytest.fixture(scope="module")
def server(model_home: Path) -> Iterator[LiveServer]:
    with live_server(admin_token=TOKEN) as running:
        yield running


@pytest.fixture
def administrator(server: LiveServer) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=server.admin_url, headers=headers, trust_env=False, timeout=30) as client:
        yield client


def compare(server: LiveServer, secret: str) -> httpx.Response:
    files = {"reference": ("a.jpg", REFERENCE), "probe": ("b.jpg", PROBE)}
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.post(f"{server.url}/v1/compare", files=files, headers=headers, timeout=30, trust_env=False)


def test_key_made_over_rest_works_until_it_is_disabled_there(server: LiveServer, administrator: httpx.Client) -> None:
    account = administrator.post("/admin/v1/accounts", json={"name": "customer", "limits": {"total": 100_000}})
    assert account.status_code == 201
    path = account.headers["location"]
    made = administrator.post(f"{path}/keys", json={"kind": "native"})
    assert made.status_code == 201
    pair = made.json()
    answer = compare(server, pair["secret"])
    assert (answer.status_code, answer.json()["decision"]) == (200, "match")
    shown = administrator.get(path).json()
    assert shown["usage"]["total"] == 1
    assert [key["key_id"] for key in shown["keys"]] == [pair["key_id"]]
    disabled = administrator.patch(f"/admin/v1/keys/native/{pair['key_id']}", json={"enabled": False})
    assert disabled.status_code == 200
    deadline = time.monotonic() + 5
    while compare(server, pair["secret"]).status_code == 200:
        assert time.monotonic() < deadline
    assert compare(server, pair["secret"]).json()["error"]["code"] == "key_disabled"
    said = server.read_log()
    assert TOKEN not in said
    assert pair["secret"] not in said


def test_rest_needs_the_token_and_is_not_on_the_clients_port(server: LiveServer) -> None:
    assert httpx.get(f"{server.admin_url}/admin/v1/accounts", trust_env=False).status_code == 401
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert httpx.get(f"{server.url}/admin/v1/accounts", headers=headers, trust_env=False).status_code == 404
    assert httpx.get(f"{server.admin_url}/health/ready", trust_env=False).status_code == 200
