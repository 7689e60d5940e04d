"""The store as the commands that administer it open it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from visavis.api import read_settings
from visavis.errors import NotFoundError, ParameterError
from visavis.server.places import secret_key_file, store_url
from visavis.service.accounts import Account, KeyKind
from visavis.service.administration import AccountBook, KeyRecord
from visavis.storage import SqlStore, load_secret_key, open_store


@contextmanager
def open_administration() -> Iterator[SqlStore]:
    """The store that the settings name, made and brought up to date where needed.

    Raises:
        SettingsError: a setting is not valid.
        SecretKeyError: the secret key is missing or does not fit the store.
        StoreError: the store cannot be opened.
    """
    settings = read_settings()
    with open_store(store_url(settings), load_secret_key(secret_key_file(settings))) as store:
        yield store


def find_account(book: AccountBook, id_or_name: str) -> Account:
    """The account that a person means.

    Raises:
        NotFoundError: there is none of that id or name.
        ParameterError: several have that name.
    """
    accounts = book.list_accounts()
    found = [account for account in accounts if account.account_id == id_or_name] or [
        account for account in accounts if account.name == id_or_name
    ]
    if not found:
        raise NotFoundError(f"there is no account {id_or_name!r}")
    if len(found) > 1:
        ids = ", ".join(account.account_id for account in found)
        raise ParameterError(f"several accounts are called {id_or_name!r}; say which by its id: {ids}")
    return found[0]


def find_key_record(book: AccountBook, key_id: str, kind: KeyKind | None) -> KeyRecord:
    """The key that a person means.

    Raises:
        NotFoundError: there is none of that id.
        ParameterError: keys of several kinds have it, and no kind is given.
    """
    found = [key for key in book.list_keys() if key.key_id == key_id and kind in (None, key.kind)]
    if not found:
        raise NotFoundError(f"there is no key {key_id!r}" if kind is None else f"there is no {kind} key {key_id!r}")
    if len(found) > 1:
        raise ParameterError(f"keys of several kinds have the id {key_id!r}; say which with --kind")
    return found[0]
