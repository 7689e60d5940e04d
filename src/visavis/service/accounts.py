"""Who may call what, and how often: the words of accounts, keys and limits."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class KeyKind(enum.StrEnum):
    """In whose format a key pair is: what its id and secret look like, and which requests it can sign."""

    ALIBABA = "alibaba"
    TENCENT = "tencent"
    BAIDU = "baidu"
    KUAIDI100 = "kuaidi100"
    NATIVE = "native"


class Interface(enum.StrEnum):
    """What can be granted to an account, one by one."""

    ALIBABA_COMPARE_FACES = "alibaba.CompareFaces"
    TENCENT_COMPARE_MASK_FACE = "tencent.CompareMaskFace"
    TENCENT_COMPARE_FACE = "tencent.CompareFace"
    BAIDU_MATCH = "baidu.match"
    BAIDU_DETECT = "baidu.detect"
    BAIDU_FACEVERIFY = "baidu.faceverify"
    KUAIDI100_COMPARE = "kuaidi100.compare"
    NATIVE_COMPARE = "native.compare"
    NATIVE_DETECT = "native.detect"
    NATIVE_ANALYZE = "native.analyze"
    NATIVE_LIVENESS = "native.liveness"


class AccountState(enum.StrEnum):
    """Only an active account is served; each other state has an error of its own at each vendor."""

    ACTIVE = "active"
    IN_ARREARS = "in_arrears"
    FROZEN = "frozen"
    STOPPED = "stopped"
    RECLAIMED = "reclaimed"
    NOT_ACTIVATED = "not_activated"
    DELIVERING = "delivering"
    UNKNOWN = "unknown"
    BILLING_ABNORMAL = "billing_abnormal"


class QualityDemand(enum.StrEnum):
    """How good an account's photos have to be where its API has no parameter for that."""

    NONE = "none"
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Limits:
    """How often an account may call; None: without limit.

    Attributes:
        per_second: calls admitted in any second.
        per_day: calls charged in a day (UTC).
        total: calls charged ever.
    """

    per_second: int | None = None
    per_day: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """One customer of this server.

    Attributes:
        account_id: unique, lower-case hexadecimal.
        name: for people.
        state: see `AccountState`.
        interfaces: what it may call.
        limits: how often.
        quality: asked of its photos where the API cannot ask, which is Kuaidi100's.
    """

    account_id: str
    name: str
    state: AccountState
    interfaces: frozenset[Interface]
    limits: Limits
    quality: QualityDemand = QualityDemand.NONE


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key pair, decrypted, with its owner as it stands now.

    Attributes:
        key_id: public part, unique within its kind.
        kind: in whose format.
        secrets: those that are live, the newest first; two while one is being rotated out.
        is_enabled: a disabled key is refused with an error of its own.
        account: the owner.
    """

    key_id: str
    kind: KeyKind
    secrets: tuple[str, ...]
    is_enabled: bool
    account: Account

    def __repr__(self) -> str:
        return f"AccessKey({self.key_id!r}, {self.kind})"


@dataclass(frozen=True, slots=True)
class Package:
    """Calls bought in advance. An account that has packages pays each charged call with one of them.

    Attributes:
        package_id: unique.
        account_id: owner.
        calls: bought.
        used: charged or reserved.
        expires_at: Unix seconds; unused calls are lost then.
    """

    package_id: str
    account_id: str
    calls: int
    used: int
    expires_at: float
