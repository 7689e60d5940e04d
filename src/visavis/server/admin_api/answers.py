"""What administrators are answered."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field

from visavis.server.admin_api.time_text import time_text
from visavis.service.accounts import Account, AccountState, Interface, KeyKind, Package, QualityDemand
from visavis.service.administration import KeyPair, KeyRecord


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class LimitsAnswer(_Answer):
    """How often an account may call; null: without limit."""

    per_second: int | None
    per_day: int | None
    total: int | None


class AccountAnswer(_Answer):
    """An account."""

    account_id: str
    name: str
    state: AccountState
    interfaces: list[Interface]
    limits: LimitsAnswer
    quality: QualityDemand


class AccountsAnswer(_Answer):
    """All accounts, the oldest first."""

    accounts: list[AccountAnswer]


class UsageAnswer(_Answer):
    """Calls charged."""

    day: str
    today: int
    total: int


class KeyAnswer(_Answer):
    """A key pair without its secret."""

    kind: KeyKind
    key_id: str
    account_id: str
    is_enabled: bool
    live_secrets: int
    created_at: str


class PackageAnswer(_Answer):
    """Calls bought in advance."""

    package_id: str
    account_id: str
    calls: int
    used: int
    expires_at: str


class FullAccountAnswer(AccountAnswer):
    """An account with all that belongs to it."""

    usage: UsageAnswer
    keys: list[KeyAnswer]
    packages: list[PackageAnswer]


class PairAnswer(_Answer):
    """A key pair with its secret, which is not shown again."""

    kind: KeyKind
    key_id: str
    secret: str = Field(repr=False)


class KeyStateAnswer(_Answer):
    """Whether a key can be used."""

    kind: KeyKind
    key_id: str
    is_enabled: bool


class RetirementAnswer(_Answer):
    """Whether there was an old secret to be deleted."""

    kind: KeyKind
    key_id: str
    is_retired: bool


class ErrorDetail(_Answer):
    """What is wrong."""

    code: str
    message: str


class ErrorAnswer(_Answer):
    """An error."""

    error: ErrorDetail


def account_answer(account: Account) -> AccountAnswer:
    """Who it is and what it may do."""
    return AccountAnswer(
        account_id=account.account_id,
        name=account.name,
        state=account.state,
        interfaces=sorted(account.interfaces),
        limits=LimitsAnswer.model_validate(account.limits),
        quality=account.quality,
    )


def key_answer(key: KeyRecord) -> KeyAnswer:
    """All but the secret."""
    return KeyAnswer(
        kind=key.kind,
        key_id=key.key_id,
        account_id=key.account_id,
        is_enabled=key.is_enabled,
        live_secrets=key.live_secrets,
        created_at=time_text(datetime.fromtimestamp(key.created_at, UTC)),
    )


def package_answer(package: Package) -> PackageAnswer:
    """Calls bought, used, and until when."""
    return PackageAnswer(
        package_id=package.package_id,
        account_id=package.account_id,
        calls=package.calls,
        used=package.used,
        expires_at=time_text(datetime.fromtimestamp(package.expires_at, UTC)),
    )


def pair_answer(pair: KeyPair) -> PairAnswer:
    """Id and secret."""
    return PairAnswer(kind=pair.kind, key_id=pair.key_id, secret=pair.secret)
