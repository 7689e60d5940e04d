"""`visavis keys`, as an administrator runs it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from visavis.cli import accounts, keys
from visavis.cli.store_access import open_administration
from visavis.errors import NotFoundError, ParameterError, SecretKeyError
from visavis.service.accounts import AccessKey, KeyKind
from visavis.service.administration import KeyPair


@pytest.fixture(autouse=True)
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("VISAVIS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "160")
    made = CliRunner().invoke(accounts.app, ["create", "somebody", "--json"])
    return str(json.loads(made.stdout)["account_id"])


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(keys.app, list(arguments), input=answer)


def answered(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def stored(pair: dict[str, str]) -> AccessKey:
    with open_administration() as store:
        key = store.find_key(KeyKind(pair["kind"]), pair["key_id"])
    assert key is not None
    return key


def test_key_pair_that_clients_use_already_is_taken_in(account: str) -> None:
    result = run("add", "somebody", "alibaba", "LTAI5tOld", answer="an-old-secret-of-theirs\n")
    assert result.exit_code == 0, result.output
    assert "an-old-secret" not in result.output
    with open_administration() as store:
        key = store.find_key(KeyKind.ALIBABA, "LTAI5tOld")
    assert key is not None
    assert (key.secrets, key.account.account_id) == (("an-old-secret-of-theirs",), account)
    again = run("add", "somebody", "alibaba", "LTAI5tOld", answer="another\n")
    assert isinstance(again.exception, ParameterError)


@pytest.mark.parametrize("answer", ["", "\n"])
def test_key_pair_without_a_secret_is_refused(answer: str) -> None:
    assert isinstance(run("add", "somebody", "tencent", "AKIDold", answer=answer).exception, ParameterError)


@pytest.mark.parametrize("kind", KeyKind)
def test_secret_is_shown_once(account: str, kind: KeyKind) -> None:
    pair = answered("create", "somebody", kind.value)
    assert pair["kind"] == kind.value
    assert stored(pair).secrets == (pair["secret"],)
    (record,) = answered("list")
    assert record.pop("created_at").endswith("Z")
    assert record == {
        "kind": kind.value,
        "key_id": pair["key_id"],
        "account_id": account,
        "is_enabled": True,
        "live_secrets": 1,
    }
    assert pair["secret"] not in run("list").stdout


def test_pair_is_shown_as_lines_with_the_warning_apart(account: str) -> None:
    result = run("create", account, "kuaidi100")
    assert re.fullmatch(r"kind    kuaidi100\nkey_id  \w{12}\nsecret  [0-9a-f]{32}\n", result.stdout)
    assert result.stderr == "The secret is not shown again.\n"


def test_table_names_every_key_of_the_account(account: str) -> None:
    pairs = [answered("create", account, kind) for kind in ("baidu", "tencent")]
    created = answered("list")[0]["created_at"].partition("T")[0]
    title, *lines = run("list", account).stdout.splitlines()[1:]
    assert title == f"{account}  somebody"
    assert [re.split(r" {2,}", line) for line in lines] == [
        [pair["kind"], pair["key_id"], "enabled", "1", created] for pair in pairs
    ]


@pytest.mark.parametrize("columns", ["80", "40", "1"])
def test_ids_are_whole_however_narrow_the_terminal(account: str, columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    longest = "K" * 128
    with open_administration() as store:
        store.create_key(account, KeyKind.KUAIDI100, KeyPair(KeyKind.KUAIDI100, longest, "secret-of-it"))
    ids = [account, longest, *(answered("create", account, kind.value)["key_id"] for kind in KeyKind)]
    words = run("list").stdout.split()
    assert [key_id for key_id in ids if key_id not in words] == []


def test_table_of_our_own_keys_fits_on_80_columns(account: str) -> None:
    for kind in KeyKind:
        answered("create", account, kind.value)
    lines = run("list").stdout.splitlines()
    assert len(lines) == 2 + len(KeyKind)
    assert max(map(len, lines)) <= 80


def test_keys_stand_below_their_accounts_and_accounts_without_any_are_left_out(account: str) -> None:
    ids = {}
    for name in ("empty", "Zoë [red]店"):
        made = CliRunner().invoke(accounts.app, ["create", name, "--json"])
        ids[name] = json.loads(made.stdout)["account_id"]
    one = answered("create", account, "baidu")["key_id"]
    other = answered("create", ids["Zoë [red]店"], "native")["key_id"]
    shown = [line.split()[:2] for line in run("list").stdout.splitlines()[1:]]
    assert shown == [[account, "somebody"], ["baidu", one], [ids["Zoë [red]店"], "Zoë"], ["native", other]]
    assert f"{ids['Zoë [red]店']}  Zoë [red]店" in run("list").stdout


def test_keys_of_other_accounts_are_left_out(account: str) -> None:
    answered("create", account, "baidu")
    other = json.loads(CliRunner().invoke(accounts.app, ["create", "other", "--json"]).stdout)
    assert answered("list", other["account_id"]) == []


def test_rotation_keeps_the_old_secret_until_it_is_retired(account: str) -> None:
    old = answered("create", account, "alibaba")
    new = answered("rotate", old["key_id"])
    assert stored(old).secrets == (new["secret"], old["secret"])
    assert answered("retire", old["key_id"])["outcome"] == "old secret deleted"
    assert stored(old).secrets == (new["secret"],)
    assert run("retire", old["key_id"]).stdout == f"alibaba {old['key_id']}  has only one secret\n"


def test_key_is_disabled_and_enabled(account: str) -> None:
    pair = answered("create", account, "baidu")
    assert run("disable", pair["key_id"]).stdout == f"baidu {pair['key_id']}  disabled\n"
    assert not stored(pair).is_enabled
    assert answered("enable", pair["key_id"])["outcome"] == "enabled"
    assert stored(pair).is_enabled


def test_deletion_is_asked_for(account: str) -> None:
    pair = answered("create", account, "baidu")
    assert run("delete", pair["key_id"], answer="n\n").exit_code == 1
    assert len(answered("list")) == 1
    assert run("delete", pair["key_id"], "--yes").exit_code == 0
    assert answered("list") == []


def test_id_of_several_kinds_needs_the_kind(account: str) -> None:
    with open_administration() as store:
        for kind in (KeyKind.BAIDU, KeyKind.TENCENT):
            store.create_key(account, kind, KeyPair(kind, "same-id", "secret-of-it"))
    assert isinstance(run("disable", "same-id").exception, ParameterError)
    assert answered("disable", "same-id", "--kind", "tencent")["kind"] == "tencent"
    assert {record["kind"]: record["is_enabled"] for record in answered("list")} == {"baidu": True, "tencent": False}


@pytest.mark.parametrize("command", ["rotate", "retire", "enable", "disable", "delete"])
@pytest.mark.parametrize("options", [(), ("--kind", "baidu")], ids=["no kind", "kind"])
def test_unknown_key_is_not_found(command: str, options: tuple[str, ...]) -> None:
    assert isinstance(run(command, "nothing", *options).exception, NotFoundError)


def test_unknown_account_is_not_found() -> None:
    assert isinstance(run("create", "nobody", "baidu").exception, NotFoundError)
    assert isinstance(run("list", "nobody").exception, NotFoundError)


def test_lost_secret_key_is_told(tmp_path: Path) -> None:
    (tmp_path / "home" / "secret.key").unlink()
    assert isinstance(run("list").exception, SecretKeyError)
