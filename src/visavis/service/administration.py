"""What whoever runs the server can do to accounts, keys and packages, as a Protocol; the storage satisfies it."""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

from visavis.service.accounts import Account, AccountState, Interface, KeyKind, Limits, Package, QualityDemand

UNLIMITED = Limits()


class Keep(enum.Enum):
    """Says that a value stays as it is, where None has a meaning of its own."""

    KEEP = enum.auto()


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What is to be different about an account; what is not named stays.

    Attributes:
        name: new name.
        state: new state.
        grant: interfaces that it may call from now on, besides those it may call already.
        revoke: interfaces that it may not call any more; revoked after `grant` is granted.
        per_second: see `Limits`; None: without limit.
        per_day: likewise.
        total: likewise.
        quality: see `Account`.
    """

    name: str | None = None
    state: AccountState | None = None
    grant: Collection[Interface] = ()
    revoke: Collection[Interface] = ()
    per_second: int | Keep | None = Keep.KEEP
    per_day: int | Keep | None = Keep.KEEP
    total: int | Keep | None = Keep.KEEP
    quality: QualityDemand | None = None


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key pair with its secret in plain: shown once, when it is made.

    Attributes:
        kind: in whose format.
        key_id: public part. Of a native key, the first 12 characters of the secret.
        secret: secret part. Of a native key, the whole bearer token.
    """

    kind: KeyKind
    key_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What can be known of a key pair afterwards.

    Attributes:
        kind: in whose format.
        key_id: public part.
        account_id: owner.
        is_enabled: a disabled key is refused.
        live_secrets: 1, or 2 while one is being rotated out.
        created_at: Unix seconds.
    """

    kind: KeyKind
    key_id: str
    account_id: str
    is_enabled: bool
    live_secrets: int
    created_at: float


@dataclass(frozen=True, slots=True)
class Usage:
    """Calls that an account was charged for, those that are under way included.

    Attributes:
        day: the UTC day, `YYYY-MM-DD`.
        today: on that day.
        total: ever.
    """

    day: str
    today: int
    total: int


class AccountBook(Protocol):
    """Accounts with their keys, packages and usage. All methods block.

    Every method that names an account or key that does not exist raises NotFoundError, every one that is given a
    value out of its range ParameterError, and StoreError when the store cannot be read or written.
    """

    def create_account(
        self,
        name: str,
        *,
        interfaces: Collection[Interface] = (),
        limits: Limits = UNLIMITED,
        state: AccountState = AccountState.ACTIVE,
        quality: QualityDemand = QualityDemand.NONE,
    ) -> Account:
        """A new account, with an id of its own."""
        ...

    def list_accounts(self) -> tuple[Account, ...]:
        """All, the oldest first."""
        ...

    def get_account(self, account_id: str) -> Account:
        """One of them."""
        ...

    def update_account(self, account_id: str, change: AccountChange) -> Account:
        """Change it; the account as it is now."""
        ...

    def delete_account(self, account_id: str) -> None:
        """Delete it with its keys, packages, counts and faces, for good."""
        ...

    def create_key(self, account_id: str, kind: KeyKind, pair: KeyPair | None = None) -> KeyPair:
        """A new key pair, the only time that its secret is shown; or take in `pair`, which exists elsewhere already.

        Raises:
            ParameterError: there is a key of that kind and id, or `pair` cannot be a key of that kind.
        """
        ...

    def list_keys(self, account_id: str | None = None) -> tuple[KeyRecord, ...]:
        """All keys, or those of one account, the oldest first; never a secret."""
        ...

    def rotate_key(self, kind: KeyKind, key_id: str) -> KeyPair:
        """Give the key a new secret and show it once; the old one stays live until `retire_secret`.

        Raises:
            ParameterError: it has an old secret still; that one is to be retired first.
        """
        ...

    def retire_secret(self, kind: KeyKind, key_id: str) -> bool:
        """Delete the old secret for good; False where there is only one secret."""
        ...

    def set_key_enabled(self, kind: KeyKind, key_id: str, is_enabled: bool) -> None:
        """Let the key be used, or not."""
        ...

    def delete_key(self, kind: KeyKind, key_id: str) -> None:
        """Delete it with its secrets, for good."""
        ...

    def add_package(self, account_id: str, calls: int, expires_at: float) -> Package:
        """Sell `calls` calls until `expires_at` (Unix seconds). An account that has packages pays with them."""
        ...

    def list_packages(self, account_id: str) -> tuple[Package, ...]:
        """All packages of an account, the one that expires first at the head."""
        ...

    def count_usage(self, account_id: str, now: float) -> Usage:
        """Today's and all calls."""
        ...
