"""Processes that share a store, in SQLite, PostgreSQL or Redis, never get more out of it together than there is."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.contract.store_racers import (
    NOW,
    RACERS,
    count_or_delete,
    race,
    reserve_and_give_back,
    win_calls,
    win_nonces,
    win_opening,
    win_rate,
    win_rate_for,
)
from tests.contract.stores import (
    BACKENDS,
    COUNTERS,
    SECRET_KEY,
    make_account_id,
    new_counters,
    new_database,
    open_counters,
)
from visavis.errors import QuotaExhaustedError
from visavis.service.accounts import Limits
from visavis.storage import open_store

ROUNDS = 40


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with new_database(request.param, tmp_path) as database_url:
        yield database_url


@pytest.fixture(params=COUNTERS)
def counters_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with new_counters(request.param, tmp_path) as url:
        yield url


def _counted_account(counters_url: str) -> str:
    with open_counters(counters_url) as counters:
        return make_account_id(counters)


def _accounts(url: str, *, package_calls: int | None = None) -> list[str]:
    with open_store(url, SECRET_KEY) as store:
        ids = [store.create_account(f"account {number}").account_id for number in range(ROUNDS)]
        if package_calls:
            for account_id in ids:
                store.add_package(account_id, package_calls, NOW + 1e6)
    return ids


@pytest.mark.parametrize("limits", [Limits(total=1), Limits(per_day=1)], ids=["total", "day"])
def test_last_call_is_won_once(url: str, limits: Limits) -> None:
    ids = _accounts(url)
    outcomes = race(win_calls, url, ids, limits)
    assert [sum(won) for won in zip(*outcomes, strict=True)] == [1] * ROUNDS
    with open_store(url, SECRET_KEY) as store:
        assert {store.count_usage(account_id, NOW).total for account_id in ids} == {1}


def test_last_call_of_a_package_is_won_once(url: str) -> None:
    ids = _accounts(url, package_calls=1)
    outcomes = race(win_calls, url, ids, Limits())
    assert [sum(won) for won in zip(*outcomes, strict=True)] == [1] * ROUNDS
    with open_store(url, SECRET_KEY) as store:
        assert {package.used for account_id in ids for package in store.list_packages(account_id)} == {1}


def test_calls_of_one_account_are_all_counted(url: str) -> None:
    account_id = _accounts(url)[0]
    outcomes = race(win_calls, url, [account_id] * 60, Limits(per_day=100))
    assert sum(map(sum, outcomes)) == 100
    with open_store(url, SECRET_KEY) as store:
        usage = store.count_usage(account_id, NOW)
    assert (usage.today, usage.total) == (100, 100)


def test_calls_given_back_are_all_uncounted(url: str) -> None:
    account_id = _accounts(url, package_calls=1000)[0]
    race(reserve_and_give_back, url, account_id, 60)
    with open_store(url, SECRET_KEY) as store:
        usage = store.count_usage(account_id, NOW)
        (package,) = store.list_packages(account_id)
    assert (usage.today, usage.total, package.used) == (30 * RACERS, 30 * RACERS, 30 * RACERS)


def test_nonce_is_won_once(counters_url: str) -> None:
    with open_counters(counters_url):
        outcomes = race(win_nonces, counters_url, [secrets.token_hex(8) for _ in range(200)])
    assert [sum(won) for won in zip(*outcomes, strict=True)] == [1] * 200


def test_rate_is_that_of_all_processes_together(counters_url: str) -> None:
    account_id = _counted_account(counters_url)
    assert sum(map(sum, race(win_rate, counters_url, account_id, 30, 25))) == 25


def test_no_second_has_too_many_calls_of_all_processes(counters_url: str) -> None:
    """A call is admitted at some moment between two that are measured: 21 of them take more than a second, surely."""
    outcomes = race(win_rate_for, counters_url, _counted_account(counters_url), 20, 2.5)
    admitted = sorted(call for calls in outcomes for call in calls)
    spans = [max(ends) - begun for begun, ends in _windows(admitted, 21)]
    assert min(spans) >= 1.0
    assert 40 < len(admitted) <= 60


def _windows(calls: list[tuple[float, float]], size: int) -> Iterator[tuple[float, list[float]]]:
    for first in range(len(calls) - size + 1):
        yield calls[first][0], [end for _, end in calls[first : first + size]]


def test_account_can_be_deleted_while_its_calls_are_counted(url: str) -> None:
    """Neither waits for a lock that the other has: in PostgreSQL one of the two would be shot."""
    assert race(count_or_delete, url, _accounts(url)) == [[True]] * RACERS


def test_threads_of_one_process_are_counted_like_processes(url: str) -> None:
    account_id = _accounts(url)[0]
    with open_store(url, SECRET_KEY) as store, ThreadPoolExecutor(12) as threads:
        outcomes = [threads.submit(store.reserve_call, account_id, Limits(total=150), NOW) for _ in range(200)]
        refused = [outcome.exception() for outcome in outcomes if outcome.exception()]
        assert store.count_usage(account_id, NOW).total == 150
    assert [type(error) for error in refused] == [QuotaExhaustedError] * 50


def test_new_store_is_opened_by_all_at_once(url: str) -> None:
    assert race(win_opening, url) == [[True]] * RACERS
