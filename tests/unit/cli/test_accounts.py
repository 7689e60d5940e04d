"""`visavis accounts`, as an administrator runs it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from visavis.cli import accounts, keys
from visavis.errors import NotFoundError, ParameterError
from visavis.service.accounts import Interface


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VISAVIS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path / "home"


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(accounts.app, list(arguments), input=answer)


def answered(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(*arguments: str) -> BaseException | None:
    result = run(*arguments)
    assert result.exit_code == 1
    return result.exception


def test_account_may_call_everything_unless_told(home: Path) -> None:
    made = answered("create", "Zoë [red]Ltd")
    assert made["name"] == "Zoë [red]Ltd"
    assert made["state"] == "active"
    assert made["interfaces"] == sorted(interface.value for interface in Interface)
    assert made["limits"] == {"per_second": None, "per_day": None, "total": None}
    assert made["quality"] == "none"
    assert answered("list") == [made]
    assert (home / "visavis.db").is_file()
    assert (home / "secret.key").is_file()


def test_account_is_made_with_grants_and_limits() -> None:
    made = answered(
        "create", "a", "--grant", "baidu.match", "--grant", "baidu.detect", "--per-second", "5", "--total", "9"
    )
    assert made["interfaces"] == ["baidu.detect", "baidu.match"]
    assert made["limits"] == {"per_second": 5, "per_day": None, "total": 9}


def test_table_shows_names_as_they_are() -> None:
    account_id = answered("create", "Zoë [red]Ltd", "--per-day", "7", "--grant", "baidu.match")["account_id"]
    line = run("list").stdout.splitlines()[1]
    assert re.split(r" {2,}", line.strip()) == [
        account_id,
        "active",
        "none",
        "7",
        "none",
        f"1 of {len(Interface)}",
        "Zoë [red]Ltd",
    ]


@pytest.mark.parametrize("columns", ["80", "1"])
def test_ids_and_names_are_whole_however_narrow_the_terminal(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    made = [answered("create", name) for name in ("a" * 200, "店" * 100, "b")]
    answered("set", made[2]["account_id"], "--state", "billing_abnormal")
    lines = run("list").stdout.splitlines()[1:]
    assert [(line.split()[0], line.split()[-1]) for line in lines] == [(it["account_id"], it["name"]) for it in made]
    assert lines[2].split()[1] == "billing_abnormal"


def test_table_fits_on_80_columns() -> None:
    answered("create", "production", "--per-second", "10000", "--per-day", "500000", "--total", "1000000")
    assert max(map(len, run("list").stdout.splitlines())) <= 80


def test_set_changes_what_is_named_and_keeps_the_rest() -> None:
    answered("create", "a", "--grant", "baidu.match", "--per-second", "5", "--per-day", "6")
    changed = answered(
        *("set", "a", "--state", "in_arrears", "--grant", "native.compare", "--revoke", "baidu.match"),
        *("--per-second", "none", "--total", "7", "--name", "b", "--quality", "low"),
    )
    assert changed["name"] == "b"
    assert changed["state"] == "in_arrears"
    assert changed["interfaces"] == ["native.compare"]
    assert changed["quality"] == "low"
    assert changed["limits"] == {"per_second": None, "per_day": 6, "total": 7}
    assert answered("list") == [changed]


@pytest.mark.parametrize("limit", ["", "-1", "1.5", "many", "٣", "9" * 19])
def test_limit_that_is_no_number_is_refused(limit: str) -> None:
    answered("create", "a")
    error = refused("set", "a", f"--per-day={limit}")
    assert isinstance(error, ParameterError)
    assert "--per-day" in str(error)


def test_set_of_nothing_is_refused() -> None:
    answered("create", "a")
    assert isinstance(refused("set", "a"), ParameterError)


@pytest.mark.parametrize("option", ["--state=happy", "--grant=baidu.everything"])
def test_unknown_word_is_refused(option: str) -> None:
    answered("create", "a")
    result = run("set", "a", option)
    assert result.exit_code == 2


def test_show_tells_everything_but_secrets() -> None:
    made = answered("create", "a")
    pair = json.loads(CliRunner().invoke(keys.app, ["create", "a", "tencent", "--json"]).stdout)
    package = answered("add-package", "a", "10", "--expires", "2099-12-31")
    shown = answered("show", made["account_id"])
    assert {name: shown[name] for name in made} == made
    assert (shown["usage"]["today"], shown["usage"]["total"]) == (0, 0)
    assert [key["key_id"] for key in shown["keys"]] == [pair["key_id"]]
    assert shown["packages"] == [package]
    assert pair["secret"] not in json.dumps(shown)
    CliRunner().invoke(keys.app, ["rotate", pair["key_id"]])
    text = run("show", "a").stdout
    assert f"tencent {pair['key_id']} enabled, two secrets\n" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "0 of 10 used, until 2100-01-01T00:00:00Z" in text
    assert pair["secret"] not in text


def test_package_lasts_to_the_end_of_its_last_day() -> None:
    answered("create", "a")
    package = answered("add-package", "a", "10", "--expires", "2099-02-28")
    assert (package["calls"], package["used"], package["expires_at"]) == (10, 0, "2099-03-01T00:00:00Z")
    assert "10 calls until 2" in run("add-package", "a", "10", "--days", "3").stdout


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--days", "1", "--expires", "2099-01-01"),
        ("--expires", "tomorrow"),
        ("--expires", "2099-02-30"),
        ("--expires", "9999-12-31"),
        ("--expires", "2001-01-01"),
    ],
    ids=str,
)
def test_expiry_that_is_none_is_refused(options: tuple[str, ...]) -> None:
    answered("create", "a")
    assert isinstance(refused("add-package", "a", "10", *options), ParameterError)
    assert answered("show", "a")["packages"] == []


def test_deletion_is_asked_for() -> None:
    made = answered("create", "a")
    assert run("delete", "a", answer="n\n").exit_code == 1
    assert answered("list") == [made]
    assert run("delete", "a", answer="y\n").exit_code == 0
    assert answered("list") == []


def test_deletion_can_go_without_asking() -> None:
    account_id = answered("create", "a")["account_id"]
    assert run("delete", account_id, "--yes").stdout == f"{account_id}  deleted\n"
    other_id = answered("create", "b")["account_id"]
    assert answered("delete", other_id, "--yes") == {"account_id": other_id, "outcome": "deleted"}
    assert answered("list") == []


def test_name_of_several_accounts_is_refused() -> None:
    ids = [answered("create", "a")["account_id"] for _ in range(2)]
    error = refused("show", "a")
    assert isinstance(error, ParameterError)
    assert all(account_id in str(error) for account_id in ids)
    assert answered("show", ids[1])["account_id"] == ids[1]


def test_id_goes_before_name() -> None:
    first = answered("create", "a")["account_id"]
    answered("create", first)
    assert answered("show", first)["name"] == "a"


def test_unknown_account_is_not_found() -> None:
    assert isinstance(refused("show", "nobody"), NotFoundError)
