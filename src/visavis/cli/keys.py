"""`visavis keys`: the key pairs with which accounts sign their calls."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.text import Text

from visavis.cli.administration_document import key_document, pair_document, time_text
from visavis.cli.listing import print_rows
from visavis.cli.store_access import find_account, find_key_record, open_administration
from visavis.service.accounts import Account, KeyKind
from visavis.service.administration import KeyPair, KeyRecord

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Keys: create, add, list, rotate, retire, enable, disable, delete.",
)

KeyId = Annotated[str, typer.Argument(help="The key's public id.")]
Kind = Annotated[KeyKind | None, typer.Option("--kind", help="Needed only where keys of several kinds have the id.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def create(
    account: Annotated[str, typer.Argument(help="The account: its id, or its name where no other has it.")],
    kind: Annotated[KeyKind, typer.Argument(help="Which API's clients will use it.")],
    as_json: AsJson = False,
) -> None:
    """Create a key pair and show its secret, this once."""
    with open_administration() as book:
        pair = book.create_key(find_account(book, account).account_id, kind)
    _print_pair(pair, as_json)


@app.command()
def add(
    account: Annotated[str, typer.Argument(help="The account: its id, or its name where no other has it.")],
    kind: Annotated[KeyKind, typer.Argument(help="Which API's clients use it.")],
    key_id: KeyId,
    as_json: AsJson = False,
) -> None:
    """Take in a key pair that clients use already, so that they change nothing but the endpoint.

    Its secret is read from standard input, or asked for; never from the command line, which others can see.
    """
    secret = typer.prompt("secret", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline().strip()
    with open_administration() as book:
        pair = book.create_key(find_account(book, account).account_id, kind, KeyPair(kind, key_id, secret))
        record = find_key_record(book, pair.key_id, kind)
    _print_outcome(record, "added", as_json)


@app.command("list")
def list_keys(
    account: Annotated[str | None, typer.Argument(help="Only those of this account.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show keys; never their secrets."""
    with open_administration() as book:
        wanted = book.list_accounts() if account is None else (find_account(book, account),)
        keys = book.list_keys(None if account is None else wanted[0].account_id)
    if as_json:
        typer.echo(json.dumps([key_document(key) for key in keys], indent=2))
        return
    _print_keys(keys, wanted)


@app.command()
def rotate(key_id: KeyId, kind: Kind = None, as_json: AsJson = False) -> None:
    """Give a key a new secret and show it, this once. The old one stays good until `visavis keys retire`."""
    with open_administration() as book:
        pair = book.rotate_key(find_key_record(book, key_id, kind).kind, key_id)
    _print_pair(pair, as_json)


@app.command()
def retire(key_id: KeyId, kind: Kind = None, as_json: AsJson = False) -> None:
    """Delete the old secret of a key that was rotated, for good."""
    with open_administration() as book:
        found = find_key_record(book, key_id, kind)
        is_retired = book.retire_secret(found.kind, key_id)
    _print_outcome(found, "old secret deleted" if is_retired else "has only one secret", as_json)


@app.command()
def enable(key_id: KeyId, kind: Kind = None, as_json: AsJson = False) -> None:
    """Let a key be used again."""
    _set_enabled(key_id, kind, True, as_json)


@app.command()
def disable(key_id: KeyId, kind: Kind = None, as_json: AsJson = False) -> None:
    """Refuse a key from now on. Servers that run take it up within a second."""
    _set_enabled(key_id, kind, False, as_json)


@app.command()
def delete(
    key_id: KeyId,
    kind: Kind = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete a key with its secrets, for good."""
    with open_administration() as book:
        found = find_key_record(book, key_id, kind)
        if not yes:
            typer.confirm(f"Delete the {found.kind} key {key_id} for good?", abort=True, err=True)
        book.delete_key(found.kind, key_id)
    _print_outcome(found, "deleted", as_json)


def _set_enabled(key_id: str, kind: KeyKind | None, is_enabled: bool, as_json: bool) -> None:
    with open_administration() as book:
        found = find_key_record(book, key_id, kind)
        book.set_key_enabled(found.kind, key_id, is_enabled)
    _print_outcome(found, "enabled" if is_enabled else "disabled", as_json)


def _print_pair(pair: KeyPair, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(pair_document(pair), indent=2))
        return
    for name, value in pair_document(pair).items():
        typer.echo(f"{name:<8}{value}")
    typer.echo("The secret is not shown again.", err=True)


def _print_outcome(key: KeyRecord, outcome: str, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"kind": key.kind.value, "key_id": key.key_id, "outcome": outcome}, indent=2))
        return
    typer.echo(f"{key.kind} {key.key_id}  {outcome}")


def _print_keys(keys: Sequence[KeyRecord], accounts: Sequence[Account]) -> None:
    """By account: beside its account's id, the longest keys of ours would not fit on a line of 80 characters."""
    groups = [
        (f"{account.account_id}  {account.name}", [_row(key) for key in keys if key.account_id == account.account_id])
        for account in accounts
    ]
    print_rows(
        [("kind", "left"), ("key", "left"), ("state", "left"), ("secrets", "right"), ("created", "left")],
        [(title, rows) for title, rows in groups if rows],
    )


def _row(key: KeyRecord) -> list[Text]:
    state = Text("enabled", "green") if key.is_enabled else Text("disabled", "yellow")
    day = time_text(key.created_at).partition("T")[0]
    return [Text(key.kind.value), Text(key.key_id), state, Text(str(key.live_secrets)), Text(day)]
