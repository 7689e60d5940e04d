"""What administrators send."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from visavis.server.admin_api.time_text import read_time, time_text
from visavis.service.accounts import AccountState, Interface, KeyKind, Limits, QualityDemand
from visavis.service.administration import AccountChange, Keep

_MAX_COUNT = 10**15


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


def _refuse_null(value: object) -> object:
    if value is None:
        raise ValueError("must not be null; leave it out to keep it as it is")
    return value


_State = Annotated[AccountState, Field(strict=False)]
_Kind = Annotated[KeyKind, Field(strict=False)]
_Quality = Annotated[QualityDemand, Field(strict=False)]
_Interfaces = Annotated[list[Annotated[Interface, Field(strict=False)]], Field(max_length=len(Interface))]
_Count = Annotated[int, Field(ge=1, le=_MAX_COUNT)]


class LimitValues(_Wire):
    """How often an account may call; null: without limit. Where an account is changed, what is left out stays."""

    per_second: _Count | None = Field(default=None, description="Calls admitted in any second.")
    per_day: _Count | None = Field(default=None, description="Calls charged in a day, UTC.")
    total: _Count | None = Field(default=None, description="Calls charged ever.")


class NewAccount(_Wire):
    """An account to be made."""

    name: str = Field(description="For people; need not be unique.")
    interfaces: _Interfaces = Field(default=list(Interface), description="What it may call; by default everything.")
    limits: LimitValues = LimitValues()
    state: _State = Field(default=AccountState.ACTIVE, description="Only an active account is served.")
    quality: _Quality = Field(
        default=QualityDemand.NONE, description="Asked of photos where the API has no parameter for it: Kuaidi100's."
    )


class AccountPatch(_Wire):
    """What is to be different about an account; what is left out stays."""

    name: Annotated[str | None, BeforeValidator(_refuse_null)] = None
    state: Annotated[_State | None, BeforeValidator(_refuse_null)] = None
    limits: Annotated[LimitValues | None, BeforeValidator(_refuse_null)] = None
    quality: Annotated[_Quality | None, BeforeValidator(_refuse_null)] = None
    grant: _Interfaces = Field(default=[], description="What it may call besides.")
    revoke: _Interfaces = Field(default=[], description="What it may not call any more, even if it is granted too.")


class NewPackage(_Wire):
    """Calls to be sold."""

    calls: _Count
    expires_at: str = Field(description="`YYYY-MM-DDTHH:MM:SSZ`, UTC.")

    @field_validator("expires_at")
    @classmethod
    def _is_time(cls, text: str) -> str:
        try:
            is_time = time_text(read_time(text)) == text
        except ValueError:
            is_time = False
        if not is_time:
            raise ValueError("must be a time, YYYY-MM-DDTHH:MM:SSZ")
        return text


class NewKey(_Wire):
    """A key pair to be made."""

    kind: _Kind


class KeyPatch(_Wire):
    """What is to be different about a key."""

    enabled: bool


def read_limits(values: LimitValues) -> Limits:
    """Of a new account."""
    return Limits(values.per_second, values.per_day, values.total)


def read_change(patch: AccountPatch) -> AccountChange:
    """Of an account that is there."""
    return AccountChange(
        name=patch.name,
        state=patch.state,
        grant=tuple(patch.grant),
        revoke=tuple(patch.revoke),
        per_second=_limit(patch.limits, "per_second"),
        per_day=_limit(patch.limits, "per_day"),
        total=_limit(patch.limits, "total"),
        quality=patch.quality,
    )


def _limit(limits: LimitValues | None, name: str) -> int | Keep | None:
    if limits is None or name not in limits.model_fields_set:
        return Keep.KEEP
    value: int | None = getattr(limits, name)
    return value
