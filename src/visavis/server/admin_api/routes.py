"""What can be asked for, and who answers."""

from __future__ import annotations

import time
from collections.abc import Callable

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from visavis import __version__
from visavis.errors import ParameterError, VisavisError
from visavis.server.admin_api.answers import (
    AccountAnswer,
    AccountsAnswer,
    ErrorAnswer,
    FullAccountAnswer,
    KeyStateAnswer,
    PackageAnswer,
    PairAnswer,
    RetirementAnswer,
    UsageAnswer,
    account_answer,
    key_answer,
    package_answer,
    pair_answer,
)
from visavis.server.admin_api.errors import answer_error
from visavis.server.admin_api.schema import (
    AccountPatch,
    KeyPatch,
    NewAccount,
    NewKey,
    NewPackage,
    read_change,
    read_limits,
)
from visavis.server.admin_api.time_text import read_time
from visavis.service.accounts import KeyKind
from visavis.service.administration import AccountBook, AccountChange

PREFIX = "/admin/v1"

# Nothing of a request may leave this process by way of a tracing library.
_NO_TELEMETRY = TelemetryConfig(tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False)


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
        app.add_exception_handler(kind, answer_error)
    return app


class _Endpoints:
    """Plain functions: the framework runs them in threads."""

    def __init__(self, book: AccountBook, clock: Callable[[], float]) -> None:
        self._book = book
        self._clock = clock

    def list_accounts(self) -> Response:
        """All accounts."""
        return _respond(AccountsAnswer(accounts=[account_answer(account) for account in self._book.list_accounts()]))

    def create_account(self, new: NewAccount) -> Response:
        """Create an account. It needs a key before it can call anything."""
        account = self._book.create_account(
            new.name,
            interfaces=new.interfaces,
            limits=read_limits(new.limits),
            state=new.state,
            quality=new.quality,
        )
        return _respond(account_answer(account), 201, {"Location": f"{PREFIX}/accounts/{account.account_id}"})

    def show_account(self, account_id: str) -> Response:
        """An account with its keys, packages and calls."""
        account = self._book.get_account(account_id)
        answer = FullAccountAnswer(
            **dict(account_answer(account)),
            usage=UsageAnswer.model_validate(self._book.count_usage(account_id, self._clock())),
            keys=[key_answer(key) for key in self._book.list_keys(account_id)],
            packages=[package_answer(package) for package in self._book.list_packages(account_id)],
        )
        return _respond(answer)

    def update_account(self, account_id: str, patch: AccountPatch) -> Response:
        """Change an account. Servers take it up within a second."""
        change = read_change(patch)
        if change == AccountChange():
            raise ParameterError("there is nothing to change")
        return _respond(account_answer(self._book.update_account(account_id, change)))

    def delete_account(self, account_id: str) -> Response:
        """Delete an account with its keys, packages, counts and faces, for good."""
        self._book.delete_account(account_id)
        return Response(status_code=204)

    def add_package(self, account_id: str, new: NewPackage) -> Response:
        """Sell calls. An account that has packages pays every charged call with one of them."""
        expires_at = read_time(new.expires_at).timestamp()
        return _respond(package_answer(self._book.add_package(account_id, new.calls, expires_at)), 201)

    def create_key(self, account_id: str, new: NewKey) -> Response:
        """Create a key pair and show its secret, this once."""
        return _respond(pair_answer(self._book.create_key(account_id, new.kind)), 201)

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
        return _respond(pair_answer(self._book.rotate_key(kind, key_id)))

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


def _respond(answer: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    # A response of its own is not validated by the framework, whose complaint could quote a secret.
    return Response(
        answer.model_dump_json(), status, {"Cache-Control": "no-store", **(headers or {})}, "application/json"
    )
