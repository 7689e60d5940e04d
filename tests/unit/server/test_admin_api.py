"""The administrators' REST API on a real store: what it does, whom it lets in, what it refuses, what it keeps quiet."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from visavis import errors
from visavis.api import read_settings
from visavis.errors import SettingsError, StoreError, VisavisError
from visavis.server import admin
from visavis.server.admin import BODY_LIMIT_BYTES, AdminListener, GuardedApi, Readiness
from visavis.server.admin_api import ERRORS, create_admin_api
from visavis.service.accounts import Account, Interface, KeyKind
from visavis.service.administration import AccountBook
from visavis.storage import SqlStore, open_store

TOKEN = "correct-horse-battery-staple"
LATE = "2099-12-31T23:59:59Z"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with open_store(f"sqlite:///{tmp_path / 'store.db'}", bytes(32)) as opened:
        yield opened


@pytest.fixture
def api(store: SqlStore) -> GuardedApi:
    return GuardedApi(TOKEN, store)


@pytest.fixture
def account(store: SqlStore) -> Account:
    return store.create_account("a", interfaces=[Interface.BAIDU_MATCH])


def call(
    api: GuardedApi, method: str, path: str, document: object = None, headers: dict[str, str] | None = None, **more: Any
) -> httpx.Response:
    """One request with the right token, unless `headers` are given."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(api, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            found = {"Authorization": f"Bearer {TOKEN}"} if headers is None else headers
            if document is not None:
                more["json"] = document
            return await client.request(method, f"/admin/v1{path}", headers=found, **more)

    return asyncio.run(send())


def done(response: httpx.Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    assert response.headers["cache-control"] == "no-store"
    return response.json()


def refusal(response: httpx.Response) -> tuple[int, str]:
    """Status and code of an error, whose envelope holds nothing else but a sentence."""
    document = response.json()
    assert set(document) == {"error"}
    assert set(document["error"]) == {"code", "message"}
    assert document["error"]["message"]
    assert response.headers["content-type"] == "application/json"
    assert response.content.isascii()
    return response.status_code, document["error"]["code"]


def sentence(response: httpx.Response) -> str:
    text: str = response.json()["error"]["message"]
    return text


def test_account_is_made_with_all_that_is_asked_for(api: GuardedApi, store: SqlStore) -> None:
    asked = {
        "name": "Zoë",
        "interfaces": ["native.compare", "baidu.match"],
        "limits": {"per_second": 5, "per_day": None},
        "state": "frozen",
        "quality": "normal",
    }
    response = call(api, "POST", "/accounts", asked)
    made = done(response, 201)
    assert made | {"account_id": ""} == {
        "account_id": "",
        "name": "Zoë",
        "state": "frozen",
        "interfaces": ["baidu.match", "native.compare"],
        "limits": {"per_second": 5, "per_day": None, "total": None},
        "quality": "normal",
    }
    assert response.headers["location"] == f"/admin/v1/accounts/{made['account_id']}"
    assert store.get_account(made["account_id"]).limits.per_second == 5
    assert done(call(api, "GET", "/accounts")) == {"accounts": [made]}


def test_account_may_call_everything_unless_told(api: GuardedApi) -> None:
    assert done(call(api, "POST", "/accounts", {"name": "a"}), 201)["interfaces"] == sorted(Interface)
    assert done(call(api, "POST", "/accounts", {"name": "b", "interfaces": []}), 201)["interfaces"] == []


def test_account_is_shown_with_all_that_belongs_to_it(api: GuardedApi, store: SqlStore, account: Account) -> None:
    pair = store.create_key(account.account_id, KeyKind.TENCENT)
    package = done(
        call(api, "POST", f"/accounts/{account.account_id}/packages", {"calls": 10, "expires_at": LATE}), 201
    )
    store.create_key(store.create_account("another").account_id, KeyKind.TENCENT)
    shown = done(call(api, "GET", f"/accounts/{account.account_id}"))
    assert (shown["name"], shown["interfaces"]) == ("a", ["baidu.match"])
    assert (shown["usage"]["today"], shown["usage"]["total"]) == (0, 0)
    assert shown["packages"] == [package]
    assert package | {"package_id": ""} == {
        "package_id": "",
        "account_id": account.account_id,
        "calls": 10,
        "used": 0,
        "expires_at": LATE,
    }
    (key,) = shown["keys"]
    assert (key["kind"], key["key_id"], key["is_enabled"], key["live_secrets"]) == ("tencent", pair.key_id, True, 1)
    assert key["created_at"].endswith("Z")
    assert pair.secret not in json.dumps(shown)


def test_change_touches_only_what_it_names(api: GuardedApi, account: Account) -> None:
    path = f"/accounts/{account.account_id}"
    done(call(api, "PATCH", path, {"limits": {"per_second": 3, "per_day": 4}}))
    changed = done(
        call(
            api,
            "PATCH",
            path,
            {
                "name": "b",
                "state": "stopped",
                "grant": ["native.compare", "native.detect"],
                "revoke": ["baidu.match", "native.detect"],
                "limits": {"per_second": None, "total": 9},
                "quality": "high",
            },
        )
    )
    assert changed == {
        "account_id": account.account_id,
        "name": "b",
        "state": "stopped",
        "interfaces": ["native.compare"],
        "limits": {"per_second": None, "per_day": 4, "total": 9},
        "quality": "high",
    }
    assert done(call(api, "PATCH", path, {"state": "active"})) == changed | {"state": "active"}


def test_deleted_account_is_gone(api: GuardedApi, account: Account) -> None:
    path = f"/accounts/{account.account_id}"
    gone = call(api, "DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert refusal(call(api, "DELETE", path)) == (404, "not_found")
    assert done(call(api, "GET", "/accounts")) == {"accounts": []}


@pytest.mark.parametrize("kind", list(KeyKind))
def test_key_lives_rotates_and_dies(api: GuardedApi, store: SqlStore, account: Account, kind: KeyKind) -> None:
    first = done(call(api, "POST", f"/accounts/{account.account_id}/keys", {"kind": kind.value}), 201)
    path = f"/keys/{kind.value}/{first['key_id']}"
    assert first["kind"] == kind.value
    assert _secrets(store, first) == (first["secret"],)
    second = done(call(api, "POST", f"{path}/rotate"))
    assert second["key_id"] == first["key_id"]
    assert _secrets(store, first) == (second["secret"], first["secret"])
    assert refusal(call(api, "POST", f"{path}/rotate")) == (422, "invalid_value")
    named = {"kind": kind.value, "key_id": first["key_id"]}
    assert done(call(api, "POST", f"{path}/retire")) == named | {"is_retired": True}
    assert done(call(api, "POST", f"{path}/retire")) == named | {"is_retired": False}
    assert _secrets(store, first) == (second["secret"],)
    assert done(call(api, "PATCH", path, {"enabled": False})) == named | {"is_enabled": False}
    assert store.list_keys()[0].is_enabled is False
    assert done(call(api, "PATCH", path, {"enabled": True})) == named | {"is_enabled": True}
    assert call(api, "DELETE", path).status_code == 204
    assert store.list_keys() == ()
    assert refusal(call(api, "DELETE", path)) == (404, "not_found")


def _secrets(store: SqlStore, pair: dict[str, str]) -> tuple[str, ...]:
    key = store.find_key(KeyKind(pair["kind"]), pair["key_id"])
    assert key is not None
    return key.secrets


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "missing_token"),
        ({"Authorization": ""}, "invalid_token"),
        ({"Authorization": TOKEN}, "invalid_token"),
        ({"Authorization": "Bearer"}, "invalid_token"),
        ({"Authorization": f"Basic {TOKEN}"}, "invalid_token"),
        ({"Authorization": f"Bearer {TOKEN[:-1]}"}, "invalid_token"),
        ({"Authorization": f"Bearer {TOKEN}x"}, "invalid_token"),
        ({"Authorization": f"Bearer {TOKEN[:-1]}E"}, "invalid_token"),
        ({"Authorization": f"Bearer {TOKEN.upper()}"}, "invalid_token"),
    ],
)
def test_nobody_gets_in_without_the_token(api: GuardedApi, store: SqlStore, headers: dict[str, str], code: str) -> None:
    for method, path in (("POST", "/accounts"), ("GET", "/nothing"), ("GET", "/openapi.json")):
        response = call(api, method, path, {"name": "a"}, headers)
        assert refusal(response) == (401, code)
        assert response.headers["www-authenticate"].startswith("Bearer")
    assert store.list_accounts() == ()


def test_two_tokens_are_none(api: GuardedApi) -> None:
    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://test") as client:
            pair = ("Authorization", f"Bearer {TOKEN}")
            return await client.get("/admin/v1/accounts", headers=[pair, pair])

    assert refusal(asyncio.run(send())) == (401, "invalid_token")


def test_word_bearer_may_be_written_in_any_case(api: GuardedApi) -> None:
    assert call(api, "GET", "/accounts", headers={"authorization": f"bearer  {TOKEN}"}).status_code == 200


def test_without_a_token_set_nobody_gets_in(store: SqlStore) -> None:
    for api in (GuardedApi(None, None), GuardedApi(None, store), GuardedApi("", store)):
        for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer None"}):
            response = call(api, "GET", "/accounts", headers=headers)
            assert refusal(response) == (403, "admin_api_off")
            assert "VISAVIS_ADMIN_TOKEN must be set" in sentence(response)


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ([], "the body: "),
        ("name", "the body: "),
        ({}, "name: "),
        ({"name": 1}, "name: "),
        ({"name": None}, "name: "),
        ({"name": " "}, "a name has 1 to 200 printable characters"),
        ({"name": "a" * 201}, "a name has"),
        ({"name": "\ud800"}, "a name has"),
        ({"name": "a", "nickname": "b"}, "nickname: "),
        ({"name": "a", "\ud800": "b"}, "the body: "),
        ({"name": "a", "é" * 200: "b"}, "é" * 80 + ": "),
        ({"name": "a", "interfaces": "native.compare"}, "interfaces: "),
        ({"name": "a", "interfaces": ["native.everything"]}, "interfaces.0: "),
        ({"name": "a", "interfaces": ["native.compare"] * (len(Interface) + 1)}, "interfaces: "),
        ({"name": "a", "state": "happy"}, "state: "),
        ({"name": "a", "limits": {"per_hour": 1}}, "limits.per_hour: "),
        ({"name": "a", "limits": {"per_day": "1"}}, "limits.per_day: "),
        ({"name": "a", "limits": {"per_day": 1.0}}, "limits.per_day: "),
        ({"name": "a", "limits": {"per_day": True}}, "limits.per_day: "),
        ({"name": "a", "limits": {"per_day": 0}}, "limits.per_day: "),
        ({"name": "a", "limits": {"total": 10**15 + 1}}, "limits.total: "),
        ({"name": "a", "limits": {"per_second": 10_001}}, "calls a second can be limited to 1 up to 10,000"),
    ],
    ids=lambda value: str(value)[:40].encode("ascii", "replace").decode(),
)
def test_account_that_cannot_be_is_refused(api: GuardedApi, store: SqlStore, document: object, complaint: str) -> None:
    response = call(api, "POST", "/accounts", content=json.dumps(document), headers=_json_headers())
    assert refusal(response) == (422, "invalid_value")
    assert sentence(response).startswith(complaint)
    assert store.list_accounts() == ()


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({}, "there is nothing to change"),
        ({"limits": {}}, "there is nothing to change"),
        ({"grant": [], "revoke": []}, "there is nothing to change"),
        ({"name": None}, "name: must not be null"),
        ({"state": None}, "state: must not be null"),
        ({"limits": None}, "limits: must not be null"),
        ({"grant": None}, "grant: "),
        ({"interfaces": []}, "interfaces: "),
        ({"account_id": "0"}, "account_id: "),
        ({"revoke": ["baidu"]}, "revoke.0: "),
    ],
    ids=str,
)
def test_change_that_cannot_be_is_refused(
    api: GuardedApi, store: SqlStore, account: Account, document: object, complaint: str
) -> None:
    response = call(api, "PATCH", f"/accounts/{account.account_id}", document)
    assert refusal(response) == (422, "invalid_value")
    assert sentence(response).startswith(complaint)
    assert store.get_account(account.account_id) == account


@pytest.mark.parametrize(
    "document",
    [
        {"calls": 10},
        {"expires_at": LATE},
        {"calls": 0, "expires_at": LATE},
        {"calls": 10**16, "expires_at": LATE},
        {"calls": "10", "expires_at": LATE},
        {"calls": 10, "expires_at": "2001-01-01T00:00:00Z"},
        {"calls": 10, "expires_at": "2099-02-30T00:00:00Z"},
        {"calls": 10, "expires_at": "2099-01-01"},
        {"calls": 10, "expires_at": "2099-01-01T00:00:00+08:00"},
        {"calls": 10, "expires_at": "2099-1-1T0:00:00Z"},
        {"calls": 10, "expires_at": "٢099-01-01T00:00:00Z"},
        {"calls": 10, "expires_at": "9" * 5000},
        {"calls": 10, "expires_at": 4_000_000_000},
    ],
    ids=lambda value: str(value)[:60].encode("ascii", "replace").decode(),
)
def test_package_that_cannot_be_is_refused(
    api: GuardedApi, store: SqlStore, account: Account, document: object
) -> None:
    response = call(api, "POST", f"/accounts/{account.account_id}/packages", document)
    assert refusal(response) == (422, "invalid_value")
    assert len(sentence(response)) < 200
    assert store.list_packages(account.account_id) == ()


@pytest.mark.parametrize(
    ("method", "path", "document"),
    [
        ("POST", "/accounts/{id}/keys", {}),
        ("POST", "/accounts/{id}/keys", {"kind": "aws"}),
        ("POST", "/accounts/{id}/keys", {"kind": "baidu", "secret": "mine-and-well-known"}),
        ("PATCH", "/keys/baidu/abcdefgh", {}),
        ("PATCH", "/keys/baidu/abcdefgh", {"enabled": "false"}),
        ("PATCH", "/keys/baidu/abcdefgh", {"enabled": 0}),
        ("PATCH", "/keys/baidu/abcdefgh", {"enabled": None}),
    ],
)
def test_key_that_cannot_be_is_refused(
    api: GuardedApi, store: SqlStore, account: Account, method: str, path: str, document: object
) -> None:
    response = call(api, method, path.format(id=account.account_id), document)
    assert refusal(response) == (422, "invalid_value")
    assert "well-known" not in response.text
    assert store.list_keys() == ()


@pytest.mark.parametrize(
    ("method", "path", "document"),
    [
        ("GET", "/accounts/0123456789abcdef", None),
        ("PATCH", "/accounts/0123456789abcdef", {"name": "b"}),
        ("DELETE", "/accounts/0123456789abcdef", None),
        ("DELETE", "/accounts/%00", None),
        ("GET", "/accounts/..%2F..", None),
        ("POST", "/accounts/0123456789abcdef/keys", {"kind": "baidu"}),
        ("POST", "/accounts/0123456789abcdef/packages", {"calls": 1, "expires_at": LATE}),
        ("PATCH", "/keys/baidu/abcdefgh", {"enabled": True}),
        ("DELETE", "/keys/baidu/abcdefgh", None),
        ("DELETE", "/keys/baidu/%00%FF", None),
        ("POST", "/keys/baidu/abcdefgh/rotate", None),
        ("POST", "/keys/baidu/abcdefgh/retire", None),
        ("POST", "/keys/aws/abcdefgh/retire", None),
        ("GET", "/nothing", None),
        ("GET", "/accounts/", None),
    ],
)
def test_what_is_not_there_is_not_found(api: GuardedApi, method: str, path: str, document: object) -> None:
    assert refusal(call(api, method, path, document)) == (404, "not_found")


def test_wrong_method_is_told_the_right_ones(api: GuardedApi) -> None:
    response = call(api, "PUT", "/keys/baidu/abcdefgh/rotate")
    assert refusal(response) == (405, "method_not_allowed")
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        '{"name": "a"}'.encode("utf-16"),
        b'{"name": "a", "name": "b"}',
        b'{"name": "a", "limits": {"total": 1, "total": 2}}',
        b'{"name": "a", "limits": {"total": NaN}}',
        b'{"name": "a", "limits": {"total": ' + b"9" * 5000 + b"}}",
        b"[" * 60_000,
        b'{"name": "a"} {}',
    ],
    ids=lambda body: str(body[:30]),
)
def test_what_is_not_json_is_refused(api: GuardedApi, store: SqlStore, body: bytes) -> None:
    response = call(api, "POST", "/accounts", content=body, headers=_json_headers())
    assert refusal(response) == (400, "malformed_json")
    assert store.list_accounts() == ()


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/jsonx"},
        {"Content-Type": ""},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
    ids=str,
)
def test_other_media_types_are_refused(api: GuardedApi, headers: dict[str, str]) -> None:
    response = call(api, "POST", "/accounts", content=b'{"name": "a"}', headers=_json_headers() | headers)
    assert refusal(response) == (415, "unsupported_media_type")


def test_charset_of_json_may_be_named(api: GuardedApi) -> None:
    headers = _json_headers() | {"Content-Type": "Application/JSON; charset=utf-8"}
    assert call(api, "POST", "/accounts", content=b'{"name": "a"}', headers=headers).status_code == 201


def test_body_has_a_limit_and_is_not_read_beyond_it(api: GuardedApi, store: SqlStore) -> None:
    start = b'{"name": "a"}'
    whole = start + b" " * (BODY_LIMIT_BYTES - len(start))
    assert call(api, "POST", "/accounts", content=whole, headers=_json_headers()).status_code == 201
    response = call(api, "POST", "/accounts", content=whole + b" ", headers=_json_headers())
    assert refusal(response) == (413, "body_too_large")
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(1000):
            taken += 1
            yield b" " * 16_384

    response = call(api, "POST", "/accounts", content=endless(), headers=_json_headers())
    assert refusal(response) == (413, "body_too_large")
    assert taken <= 6
    assert len(store.list_accounts()) == 1


def test_body_of_a_stranger_is_not_read(api: GuardedApi) -> None:
    taken = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal taken
        taken += 1
        yield b"{}"

    assert refusal(call(api, "POST", "/accounts", content=body(), headers={})) == (401, "missing_token")
    assert taken == 0


def test_body_that_does_not_come_is_not_waited_for(api: GuardedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin, "BODY_TIMEOUT_S", 0.05)

    async def body() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(30)

    assert refusal(call(api, "POST", "/accounts", content=body(), headers=_json_headers())) == (408, "body_too_slow")


def test_query_parameters_are_refused(api: GuardedApi) -> None:
    assert refusal(call(api, "GET", "/accounts?token=x")) == (422, "invalid_value")


def test_store_that_fails_is_told_to_the_log_only(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> tuple[Account, ...]:
        raise StoreError("the store failed: disk full at /srv")

    monkeypatch.setattr(store, "list_accounts", fail)
    response = call(GuardedApi(TOKEN, store), "GET", "/accounts")
    assert refusal(response) == (503, "store_unavailable")
    assert "/srv" not in response.text
    assert "/srv" in caplog.text


def test_store_is_never_waited_for_in_the_event_loop(
    store: SqlStore, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: dict[str, int] = {}

    def watched(name: str) -> Any:
        real = getattr(store, name)

        def watch(*arguments: Any, **named: Any) -> Any:
            called[name] = threading.get_ident()
            return real(*arguments, **named)

        return watch

    names = [name for name in vars(AccountBook) if not name.startswith("_")]
    for name in names:
        monkeypatch.setattr(store, name, watched(name))
    api = GuardedApi(TOKEN, store)
    path = f"/accounts/{account.account_id}"
    call(api, "POST", "/accounts", {"name": "b"})
    call(api, "GET", "/accounts")
    call(api, "GET", path)
    call(api, "PATCH", path, {"name": "c"})
    call(api, "POST", f"{path}/packages", {"calls": 1, "expires_at": LATE})
    key = f"/keys/baidu/{done(call(api, 'POST', f'{path}/keys', {'kind': 'baidu'}), 201)['key_id']}"
    call(api, "PATCH", key, {"enabled": True})
    call(api, "POST", f"{key}/rotate")
    call(api, "POST", f"{key}/retire")
    call(api, "DELETE", key)
    call(api, "DELETE", path)
    assert sorted(called) == sorted(names)
    assert threading.get_ident() not in called.values()


def test_defect_shows_nothing_of_itself(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> tuple[Account, ...]:
        raise RuntimeError("a defect")

    monkeypatch.setattr(store, "list_accounts", fail)
    response = call(GuardedApi(TOKEN, store), "GET", "/accounts")
    assert refusal(response) == (500, "internal")
    assert "defect" not in response.text


def test_log_tells_what_was_done_and_no_secret(
    api: GuardedApi, store: SqlStore, account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    pair = done(call(api, "POST", f"/accounts/{account.account_id}/keys", {"kind": "native"}), 201)
    # By mistake the secret, where the key's id belongs.
    assert refusal(call(api, "DELETE", f"/keys/native/{pair['secret']}")) == (404, "not_found")
    rotated = done(call(api, "POST", f"/keys/native/{pair['key_id']}/rotate"))
    assert "administrator: POST /admin/v1/accounts/{account_id}/keys 201" in caplog.messages
    assert "administrator: DELETE /admin/v1/keys/{kind}/{key_id} 404" in caplog.messages
    for secret in (TOKEN, pair["secret"], rotated["secret"]):
        assert secret not in caplog.text


def _tree(kind: type[VisavisError] = VisavisError) -> Iterator[type[VisavisError]]:
    yield kind
    for sub in kind.__subclasses__():
        yield from _tree(sub)


def test_every_error_has_a_row() -> None:
    """An account book raises three; whatever else there is, and will be, is a defect of ours."""
    kinds = [kind for kind in _tree() if kind.__module__ == errors.__name__]
    assert {name for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, VisavisError)} == {
        kind.__name__ for kind in kinds
    }
    for kind in kinds:
        row = next(ERRORS[base] for base in kind.__mro__ if base in ERRORS)
        expected = {"ParameterError": 422, "NotFoundError": 404, "StoreError": 503}
        base = next((base.__name__ for base in kind.__mro__ if base.__name__ in expected), "")
        assert row[0] == expected.get(base, 500)


def test_api_describes_itself(api: GuardedApi, store: SqlStore) -> None:
    document = call(api, "GET", "/openapi.json").json()
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    account, key = "/admin/v1/accounts/{account_id}", "/admin/v1/keys/{kind}/{key_id}"
    assert described == {
        ("GET", "/admin/v1/accounts"),
        ("POST", "/admin/v1/accounts"),
        ("GET", account),
        ("PATCH", account),
        ("DELETE", account),
        ("POST", f"{account}/packages"),
        ("POST", f"{account}/keys"),
        ("PATCH", key),
        ("DELETE", key),
        ("POST", f"{key}/rotate"),
        ("POST", f"{key}/retire"),
    }
    assert document == create_admin_api(store).openapi()


@pytest.mark.parametrize("text", ["short-of-twenty-char", "x" * 256])
def test_token_that_will_do(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISAVIS_ADMIN_TOKEN", text)
    settings = read_settings()
    assert settings.admin_token is not None
    assert settings.admin_token.get_secret_value() == text
    assert text not in repr(settings) + str(settings.model_dump()) + settings.model_dump_json()


@pytest.mark.parametrize("text", ["x" * 19, "x" * 257, "with a space in the midst", "ключ-ключ-ключ-ключ-ключ"])
def test_token_that_will_not_do(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISAVIS_ADMIN_TOKEN", text)
    with pytest.raises(SettingsError, match=r"^VISAVIS_ADMIN_TOKEN: .*20 to 256 visible ASCII characters") as caught:
        read_settings()
    assert text not in str(caught.value)


@pytest.mark.parametrize("token", [TOKEN, None])
def test_listener_serves_it_beside_health_and_metrics(
    tmp_path: Path, token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "metrics").mkdir()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "metrics"))
    opened: list[SqlStore] = []

    def open_book() -> SqlStore:
        opened.append(open_store(f"sqlite:///{tmp_path / 'store.db'}", bytes(32)))
        return opened[0]

    readiness: Readiness = "starting"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        running = AdminListener(listener, lambda: readiness, token, open_book)
        running.start()
        try:
            with httpx.Client(base_url=url, trust_env=False, timeout=10) as client:
                assert client.get("/metrics").status_code == 200
                assert client.get("/health/live").json() == {"status": "live"}
                for readiness, status in (("starting", 503), ("ready", 200), ("stopping", 503)):
                    answer = client.get("/health/ready")
                    assert (answer.status_code, answer.json()) == (status, {"status": readiness})
                for path in ("/", "/admin", "/admin/v1", "/admin/v2/accounts", "/metrics/"):
                    assert refusal(client.get(path)) == (404, "not_found")
                answer = client.get("/admin/v1/accounts", headers={"Authorization": f"Bearer {TOKEN}"})
                assert answer.status_code == (200 if token else 403)
                assert client.get("/admin/v1/accounts").status_code == (401 if token else 403)
                made = client.post(
                    "/admin/v1/accounts", json={"name": "a"}, headers={"Authorization": f"Bearer {TOKEN}"}
                )
                assert made.status_code == (201 if token else 403)
        finally:
            running.stop()
    assert len(opened) == (1 if token else 0)


def _json_headers() -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
