"""The administrators' REST API: accounts, their keys and packages. Whoever may call it has been let in already."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from visavis import __version__
from visavis.errors import NotFoundError, ParameterError, StoreError, VisavisError
from visavis.service.accounts import Account, AccountState, Interface, KeyKind, Limits, Package
from visavis.service.administration import AccountBook, AccountChange, Keep, KeyPair, KeyRecord

PREFIX = "/admin/v1"
ERRORS: dict[type[VisavisError], tuple[int, str]] = {
    ParameterError: (422, "invalid_value"),
    NotFoundError: (404, "not_found"),
    StoreError: (503, "store_unavailable"),
    # An account book raises nothing else: whatever it is, it is a defect, and the server's log tells it.
    VisavisError: (500, "internal"),
}
"""Error class → HTTP status and code; a class without a row of its own has that of its nearest base class."""

_OWN_FAULTS = {
    "store_unavailable": "the store cannot be read or written; the server's log says why",
    "internal": "the server failed; its log says how",
}
_HTTP_CODES = {404: "not_found", 405: "method_not_allowed"}
_MAX_COUNT = 10**15
_MAX_FIELD_LENGTH = 80
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
# Nothing of a request may leave this process by way of a tracing library.
_NO_TELEMETRY = TelemetryConfig(tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False)

_log = logging.getLogger("visavis.server")


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


def _refuse_null(value: object) -> object:
    if value is None:
        raise ValueError("must not be null; leave it out to keep it as it is")
    return value


_State = Annotated[AccountState, Field(strict=False)]
_Kind = Annotated[KeyKind, Field(strict=False)]
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


class AccountPatch(_Wire):
    """What is to be different about an account; what is left out stays."""

    name: Annotated[str | None, BeforeValidator(_refuse_null)] = None
    state: Annotated[_State | None, BeforeValidator(_refuse_null)] = None
    limits: Annotated[LimitValues | None, BeforeValidator(_refuse_null)] = None
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
            is_time = _time_text(_read_time(text)) == text
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


def create_admin_api(book: AccountBook, clock: Callable[[], float] = time.time) -> FastAPI:
    """The API as an application, without any check of who calls.

    Args:
        book: what it works on. Its methods block, so they are called in threads.
        clock: Unix seconds.
    """
    app = FastAPI(
        title="visavis administration",
        version=__version__,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
        responses={status: {"model": ErrorAnswer} for status in (400, 401, 403, 404, 413, 415, 422, 503)},
    )
    _add_routes(app, _Endpoints(book, clock))
    for kind in (VisavisError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, _answer_error)
    return app


def error_body(code: str, message: str) -> bytes:
    """The envelope; ASCII, whatever the message quotes."""
    return json.dumps({"error": {"code": code, "message": message}}).encode()


class _Endpoints:
    """Plain functions: the framework runs them in threads."""

    def __init__(self, book: AccountBook, clock: Callable[[], float]) -> None:
        self._book = book
        self._clock = clock

    def list_accounts(self) -> Response:
        """All accounts."""
        return _respond(AccountsAnswer(accounts=[_account_answer(account) for account in self._book.list_accounts()]))

    def create_account(self, new: NewAccount) -> Response:
        """Create an account. It needs a key before it can call anything."""
        limits = Limits(new.limits.per_second, new.limits.per_day, new.limits.total)
        account = self._book.create_account(new.name, interfaces=new.interfaces, limits=limits, state=new.state)
        return _respond(_account_answer(account), 201, {"Location": f"{PREFIX}/accounts/{account.account_id}"})

    def show_account(self, account_id: str) -> Response:
        """An account with its keys, packages and calls."""
        account = self._book.get_account(account_id)
        answer = FullAccountAnswer(
            **dict(_account_answer(account)),
            usage=UsageAnswer.model_validate(self._book.count_usage(account_id, self._clock())),
            keys=[_key_answer(key) for key in self._book.list_keys(account_id)],
            packages=[_package_answer(package) for package in self._book.list_packages(account_id)],
        )
        return _respond(answer)

    def update_account(self, account_id: str, patch: AccountPatch) -> Response:
        """Change an account. Servers take it up within a second."""
        change = _account_change(patch)
        if change == AccountChange():
            raise ParameterError("there is nothing to change")
        return _respond(_account_answer(self._book.update_account(account_id, change)))

    def delete_account(self, account_id: str) -> Response:
        """Delete an account with its keys, packages, counts and faces, for good."""
        self._book.delete_account(account_id)
        return Response(status_code=204)

    def add_package(self, account_id: str, new: NewPackage) -> Response:
        """Sell calls. An account that has packages pays every charged call with one of them."""
        expires_at = _read_time(new.expires_at).timestamp()
        return _respond(_package_answer(self._book.add_package(account_id, new.calls, expires_at)), 201)

    def create_key(self, account_id: str, new: NewKey) -> Response:
        """Create a key pair and show its secret, this once."""
        return _respond(_pair_answer(self._book.create_key(account_id, new.kind)), 201)

    def update_key(self, kind: KeyKind, key_id: str, patch: KeyPatch) -> Response:
        """Let a key be used, or not. Servers take it up within a second."""
        self._book.set_key_enabled(kind, key_id, patch.enabled)
        return _respond(KeyStateAnswer(kind=kind, key_id=key_id, is_enabled=patch.enabled))

    def delete_key(self, kind: KeyKind, key_id: str) -> Response:
        """Delete a key with its secrets, for good."""
        self._book.delete_key(kind, key_id)
        return Response(status_code=204)

    def rotate_key(self, kind: KeyKind, key_id: str) -> Response:
        """Give a key a new secret and show it, this once. The old one stays good until it is retired."""
        return _respond(_pair_answer(self._book.rotate_key(kind, key_id)))

    def retire_secret(self, kind: KeyKind, key_id: str) -> Response:
        """Delete the old secret of a key that was rotated, for good."""
        is_retired = self._book.retire_secret(kind, key_id)
        return _respond(RetirementAnswer(kind=kind, key_id=key_id, is_retired=is_retired))


def _add_routes(app: FastAPI, endpoints: _Endpoints) -> None:
    accounts, keys = f"{PREFIX}/accounts", f"{PREFIX}/keys/{{kind}}/{{key_id}}"
    routes: tuple[tuple[str, str, Callable[..., Response], int, type[BaseModel] | None], ...] = (
        ("GET", accounts, endpoints.list_accounts, 200, AccountsAnswer),
        ("POST", accounts, endpoints.create_account, 201, AccountAnswer),
        ("GET", f"{accounts}/{{account_id}}", endpoints.show_account, 200, FullAccountAnswer),
        ("PATCH", f"{accounts}/{{account_id}}", endpoints.update_account, 200, AccountAnswer),
        ("DELETE", f"{accounts}/{{account_id}}", endpoints.delete_account, 204, None),
        ("POST", f"{accounts}/{{account_id}}/packages", endpoints.add_package, 201, PackageAnswer),
        ("POST", f"{accounts}/{{account_id}}/keys", endpoints.create_key, 201, PairAnswer),
        ("PATCH", keys, endpoints.update_key, 200, KeyStateAnswer),
        ("DELETE", keys, endpoints.delete_key, 204, None),
        ("POST", f"{keys}/rotate", endpoints.rotate_key, 200, PairAnswer),
        ("POST", f"{keys}/retire", endpoints.retire_secret, 200, RetirementAnswer),
    )
    for method, path, endpoint, status, model in routes:
        name = endpoint.__name__
        app.add_api_route(path, endpoint, methods=[method], operation_id=name, status_code=status, response_model=model)


def _account_change(patch: AccountPatch) -> AccountChange:
    return AccountChange(
        name=patch.name,
        state=patch.state,
        grant=tuple(patch.grant),
        revoke=tuple(patch.revoke),
        per_second=_limit(patch.limits, "per_second"),
        per_day=_limit(patch.limits, "per_day"),
        total=_limit(patch.limits, "total"),
    )


def _limit(limits: LimitValues | None, name: str) -> int | Keep | None:
    if limits is None or name not in limits.model_fields_set:
        return Keep.KEEP
    value: int | None = getattr(limits, name)
    return value


def _account_answer(account: Account) -> AccountAnswer:
    return AccountAnswer(
        account_id=account.account_id,
        name=account.name,
        state=account.state,
        interfaces=sorted(account.interfaces),
        limits=LimitsAnswer.model_validate(account.limits),
    )


def _key_answer(key: KeyRecord) -> KeyAnswer:
    return KeyAnswer(
        kind=key.kind,
        key_id=key.key_id,
        account_id=key.account_id,
        is_enabled=key.is_enabled,
        live_secrets=key.live_secrets,
        created_at=_time_text(datetime.fromtimestamp(key.created_at, UTC)),
    )


def _package_answer(package: Package) -> PackageAnswer:
    return PackageAnswer(
        package_id=package.package_id,
        account_id=package.account_id,
        calls=package.calls,
        used=package.used,
        expires_at=_time_text(datetime.fromtimestamp(package.expires_at, UTC)),
    )


def _pair_answer(pair: KeyPair) -> PairAnswer:
    return PairAnswer(kind=pair.kind, key_id=pair.key_id, secret=pair.secret)


def _read_time(text: str) -> datetime:
    return datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=UTC)


def _time_text(moment: datetime) -> str:
    return moment.strftime(_TIME_FORMAT)


def _respond(answer: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    # A response of its own is not validated by the framework, whose complaint could quote a secret.
    return Response(
        answer.model_dump_json(), status, {"Cache-Control": "no-store", **(headers or {})}, "application/json"
    )


async def _answer_error(request: Request, error: Exception) -> Response:
    status, code, message = _describe(error)
    if status >= 500 and isinstance(error, VisavisError):
        _log.error("an administrator's request failed: %s", error)
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return Response(error_body(code, message), status, headers, "application/json")


def _describe(error: Exception) -> tuple[int, str, str]:
    """Status, code and message."""
    if isinstance(error, VisavisError):
        status, code = next(ERRORS[kind] for kind in type(error).__mro__ if kind in ERRORS)
        return status, code, _OWN_FAULTS.get(code, str(error))
    if isinstance(error, RequestValidationError):
        return _describe_invalid(error)
    if isinstance(error, HTTPException) and error.status_code < 500:
        code = _HTTP_CODES.get(error.status_code, "bad_request")
        return error.status_code, code, code.replace("_", " ")
    return 500, "internal", _OWN_FAULTS["internal"]


def _describe_invalid(error: RequestValidationError) -> tuple[int, str, str]:
    first = error.errors()[0]
    place, *path = (str(part)[:_MAX_FIELD_LENGTH] for part in first["loc"])
    if place == "path":
        return 404, "not_found", f"there is no such {'.'.join(path)}"
    message = str(first["msg"]).removeprefix("Value error, ")
    return 422, "invalid_value", f"{'.'.join(path) or 'the body'}: {message}"
