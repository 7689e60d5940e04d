"""`visavis accounts`: who may call the server, what, and how often."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Annotated, Any

import typer
from rich.text import Text

from visavis.cli.administration_document import (
    account_document,
    full_account_document,
    package_document,
)
from visavis.cli.listing import Align, print_rows
from visavis.cli.store_access import find_account, open_administration
from visavis.errors import ParameterError
from visavis.service.accounts import Account, AccountState, Interface, Limits, QualityDemand
from visavis.service.administration import AccountChange, Keep

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Accounts: create, list, show, set, add-package, delete."
)

AccountName = Annotated[str, typer.Argument(help="The account: its id, or its name where no other has it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_QUALITY = typer.Option(help="Asked of photos where the API has no parameter for it: Kuaidi100's.")
Grants = Annotated[
    list[Interface] | None, typer.Option("--grant", help="An interface that it may call; again for more.")
]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="For people; need not be unique.")],
    grant: Annotated[
        list[Interface] | None,
        typer.Option("--grant", help="An interface that it may call; again for more. Without it: every interface."),
    ] = None,
    per_second: Annotated[int | None, typer.Option(help="Calls in any second.")] = None,
    per_day: Annotated[int | None, typer.Option(help="Charged calls a day, UTC.")] = None,
    total: Annotated[int | None, typer.Option(help="Charged calls ever.")] = None,
    quality: Annotated[QualityDemand, _QUALITY] = QualityDemand.NONE,
    as_json: AsJson = False,
) -> None:
    """Create an account. It needs a key before it can call anything: `visavis keys create`."""
    with open_administration() as book:
        limits = Limits(per_second, per_day, total)
        account = book.create_account(name, interfaces=grant or list(Interface), limits=limits, quality=quality)
    _print_account(account, as_json)


@app.command("list")
def list_accounts(as_json: AsJson = False) -> None:
    """Show every account."""
    with open_administration() as book:
        accounts = book.list_accounts()
    if as_json:
        _print_json([account_document(account) for account in accounts])
        return
    _print_accounts(accounts)


@app.command()
def show(account: AccountName, as_json: AsJson = False) -> None:
    """Show an account with its keys, packages and calls."""
    with open_administration() as book:
        found = find_account(book, account)
        usage = book.count_usage(found.account_id, time.time())
        document = full_account_document(
            found, usage, book.list_keys(found.account_id), book.list_packages(found.account_id)
        )
    if as_json:
        _print_json(document)
        return
    _print_lines(document)


@app.command("set")
def set_account(
    account: AccountName,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    state: Annotated[AccountState | None, typer.Option(help="Only an active account is served.")] = None,
    grant: Grants = None,
    revoke: Annotated[
        list[Interface] | None, typer.Option("--revoke", help="An interface that it may call no more.")
    ] = None,
    per_second: Annotated[str | None, typer.Option(help="Calls in any second, or `none`.")] = None,
    per_day: Annotated[str | None, typer.Option(help="Charged calls a day, UTC, or `none`.")] = None,
    total: Annotated[str | None, typer.Option(help="Charged calls ever, or `none`.")] = None,
    quality: Annotated[QualityDemand | None, _QUALITY] = None,
    as_json: AsJson = False,
) -> None:
    """Change an account. Servers that run take it up within a second."""
    change = AccountChange(
        name=name,
        state=state,
        grant=grant or (),
        revoke=revoke or (),
        per_second=_limit("--per-second", per_second),
        per_day=_limit("--per-day", per_day),
        total=_limit("--total", total),
        quality=quality,
    )
    if change == AccountChange():
        raise ParameterError("nothing to change; see `visavis accounts set --help`")
    with open_administration() as book:
        changed = book.update_account(find_account(book, account).account_id, change)
    _print_account(changed, as_json)


@app.command("add-package")
def add_package(
    account: AccountName,
    calls: Annotated[int, typer.Argument(help="How many calls.")],
    expires: Annotated[str | None, typer.Option(help="The last day that they can be used, UTC: YYYY-MM-DD.")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=36500, help="For how many days from now instead.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add calls bought in advance. An account that has packages pays every charged call with one of them."""
    with open_administration() as book:
        package = book.add_package(find_account(book, account).account_id, calls, _expiry(expires, days))
    document = package_document(package)
    if as_json:
        _print_json(document)
        return
    typer.echo(f"{document['package_id']}  {package.calls} calls until {document['expires_at']}")


@app.command()
def delete(
    account: AccountName,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete an account with its keys, packages, counts and faces, for good."""
    with open_administration() as book:
        found = find_account(book, account)
        if not yes:
            typer.confirm(f"Delete {found.name} ({found.account_id}) for good?", abort=True, err=True)
        book.delete_account(found.account_id)
    if as_json:
        _print_json({"account_id": found.account_id, "outcome": "deleted"})
        return
    typer.echo(f"{found.account_id}  deleted")


def _limit(option: str, text: str | None) -> int | Keep | None:
    if text is None:
        return Keep.KEEP
    if text == "none":
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise ParameterError(f"{option} is a number or `none`, not {text!r}")
    return int(text)


def _expiry(expires: str | None, days: int | None) -> float:
    if (expires is None) == (days is None):
        raise ParameterError("say when the package expires, either with --expires or with --days")
    if days is not None:
        return time.time() + days * 86400
    try:
        last = date.fromisoformat(expires or "")
        return datetime.combine(last + timedelta(days=1), time_of_day(), UTC).timestamp()
    except (ValueError, OverflowError):
        raise ParameterError(f"--expires is a day, YYYY-MM-DD, not {expires!r}") from None


def _print_account(account: Account, as_json: bool) -> None:
    if as_json:
        _print_json(account_document(account))
        return
    _print_lines(account_document(account))


def _print_json(document: object) -> None:
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def _print_lines(document: dict[str, Any]) -> None:
    """One line a fact, to be read and to be grepped."""
    for name in ("account_id", "name", "state"):
        typer.echo(f"{name:<12}{document[name]}")
    for name, value in document["limits"].items():
        typer.echo(f"{name:<12}{'none' if value is None else value}")
    typer.echo(f"{'quality':<12}{document['quality']}")
    for interface in document["interfaces"]:
        typer.echo(f"{'may call':<12}{interface}")
    if usage := document.get("usage"):
        typer.echo(f"{'calls':<12}{usage['today']} on {usage['day']}, {usage['total']} in all")
    for key in document.get("keys", ()):
        state = "enabled" if key["is_enabled"] else "disabled"
        rotating = ", two secrets" if key["live_secrets"] > 1 else ""
        typer.echo(f"{'key':<12}{key['kind']} {key['key_id']} {state}{rotating}")
    for package in document.get("packages", ()):
        used = f"{package['used']} of {package['calls']} used, until {package['expires_at']}"
        typer.echo(f"{'package':<12}{package['package_id']} {used}")


def _print_accounts(accounts: Sequence[Account]) -> None:
    columns: list[tuple[str, Align]] = [("account", "left"), ("state", "left")]
    columns += [(heading, "right") for heading in ("per second", "per day", "total", "grants")]
    # A name can be long: it comes last, so that it can go on beyond the edge.
    print_rows([*columns, ("name", "left")], [("", [_row(account) for account in accounts])])


def _row(account: Account) -> list[Text]:
    limits = account.limits
    counts = ("none" if limit is None else str(limit) for limit in (limits.per_second, limits.per_day, limits.total))
    return [
        Text(account.account_id),
        Text(account.state.value, "green" if account.state is AccountState.ACTIVE else "yellow"),
        *(Text(count) for count in counts),
        Text(f"{len(account.interfaces)} of {len(Interface)}"),
        Text(account.name),
    ]
