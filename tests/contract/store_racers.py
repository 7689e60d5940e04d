"""What processes that race for something in a store do; each opens the store by itself."""

from __future__ import annotations

import contextlib
import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

from tests.contract.stores import SECRET_KEY, open_counters
from visavis.errors import AccountStateError, DailyLimitError, QuotaExhaustedError, RateLimitedError
from visavis.service.accounts import KeyKind, Limits
from visavis.storage import open_store

NOW = 1_800_000_000.0
RACERS = 2
Won = TypeVar("Won")

_start: Any = None


def race(run: Callable[..., list[Won]], *arguments: object) -> list[list[Won]]:
    """What each racer won; all start at the same moment."""
    processes = multiprocessing.get_context("spawn")
    barrier = processes.Barrier(RACERS, timeout=20)
    with ProcessPoolExecutor(RACERS, processes, _prepare, (barrier,)) as pool:
        runs = [pool.submit(run, *arguments) for _ in range(RACERS)]
        return [outcome.result(timeout=120) for outcome in runs]


def win_calls(url: str, account_ids: Sequence[str], limits: Limits) -> list[bool]:
    """One call of each account."""
    with open_store(url, SECRET_KEY) as store:
        _start.wait()
        return [
            _is_won(lambda: store.reserve_call(account_id, limits, NOW))  # noqa: B023
            for account_id in account_ids
        ]


def win_nonces(url: str, nonces: Sequence[str]) -> list[bool]:
    """Each nonce."""
    with open_counters(url) as store:
        _start.wait()
        return [store.remember_nonce(KeyKind.ALIBABA, "LTAI5t", nonce, NOW, 1800.0) for nonce in nonces]


def win_rate(url: str, account_id: str, calls: int, per_second: int) -> list[bool]:
    """So many calls in one and the same moment."""
    with open_counters(url, clock=_stopped_clock) as store:
        _start.wait()
        return [_is_won(lambda: store.count_call(account_id, per_second)) for _ in range(calls)]


def win_rate_for(url: str, account_id: str, per_second: int, seconds: float) -> list[tuple[float, float]]:
    """As many calls as are let in: when each of them began and ended, Unix seconds."""
    admitted = []
    with open_counters(url) as store:
        _start.wait()
        give_up_at = time.time() + seconds
        while (begun := time.time()) < give_up_at:
            if _is_won(lambda: store.count_call(account_id, per_second)):
                admitted.append((begun, time.time()))
    return admitted


def win_opening(url: str) -> list[bool]:
    """An empty database becomes a store."""
    _start.wait()
    with open_store(url, SECRET_KEY) as store:
        return [store.list_accounts() == ()]


def reserve_and_give_back(url: str, account_id: str, calls: int) -> list[bool]:
    """Every second call is given back."""
    with open_store(url, SECRET_KEY) as store:
        _start.wait()
        for number in range(calls):
            reservation = store.reserve_call(account_id, Limits(), NOW)
            if number % 2:
                store.give_back_call(reservation)
    return []


def count_or_delete(url: str, account_ids: Sequence[str]) -> list[bool]:
    """One racer deletes account after account, while the others go on calling each until it is gone."""
    with open_store(url, SECRET_KEY) as store:
        is_deleter = _start.wait() == 0
        for account_id in account_ids:
            if is_deleter:
                store.delete_account(account_id)
                continue
            with contextlib.suppress(AccountStateError):
                for day in range(300):
                    store.give_back_call(store.reserve_call(account_id, Limits(), NOW + day * 86400))
                    store.count_call(account_id, 10_000)
        return [store.list_accounts() == ()]


def _prepare(barrier: Any) -> None:
    global _start
    _start = barrier


def _stopped_clock() -> float:
    return NOW


def _is_won(call: Callable[[], object]) -> bool:
    try:
        call()
    except (DailyLimitError, QuotaExhaustedError, RateLimitedError):
        return False
    return True
