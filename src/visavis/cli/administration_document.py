"""Accounts, keys and packages as JSON. Times are ISO 8601, UTC."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from visavis.service.accounts import Account, Package
from visavis.service.administration import KeyPair, KeyRecord, Usage


def account_document(account: Account) -> dict[str, Any]:
    """Who it is and what it may do."""
    return {
        "account_id": account.account_id,
        "name": account.name,
        "state": account.state.value,
        "interfaces": sorted(interface.value for interface in account.interfaces),
        "limits": dataclasses.asdict(account.limits),
        "quality": account.quality.value,
    }


def full_account_document(
    account: Account, usage: Usage, keys: Sequence[KeyRecord], packages: Sequence[Package]
) -> dict[str, Any]:
    """The same with all that belongs to it."""
    return account_document(account) | {
        "usage": dataclasses.asdict(usage),
        "keys": [key_document(key) for key in keys],
        "packages": [package_document(package) for package in packages],
    }


def package_document(package: Package) -> dict[str, Any]:
    """Calls bought, used, and until when."""
    return dataclasses.asdict(package) | {"expires_at": time_text(package.expires_at)}


def key_document(key: KeyRecord) -> dict[str, Any]:
    """All but the secret."""
    return dataclasses.asdict(key) | {"kind": key.kind.value, "created_at": time_text(key.created_at)}


def pair_document(pair: KeyPair) -> dict[str, Any]:
    """Id and secret."""
    return {"kind": pair.kind.value, "key_id": pair.key_id, "secret": pair.secret}


def time_text(unix_s: float) -> str:
    """A time to the second."""
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
