"""What a store must do, in SQLite and in PostgreSQL alike; and Redis, where it keeps nonces and rates."""

from __future__ import annotations

import dataclasses
import json
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.contract.stores import (
    BACKENDS,
    COUNTERS,
    SECRET_KEY,
    make_account_id,
    new_counters,
    new_database,
    open_counters,
)
from visavis.errors import (
    AccountStateError,
    DailyLimitError,
    ParameterError,
    QuotaExhaustedError,
    RateLimitedError,
    SecretKeyError,
)
from visavis.service.accounts import AccountState, KeyKind, Limits
from visavis.service.administration import AccountBook
from visavis.service.ports import (
    FaceTokenStore,
    KeyFinder,
    NonceLog,
    QuotaBook,
    RateCounter,
    Reservation,
    StoredFace,
)
from visavis.storage import SqlStore, open_store

NOW = 1_800_000_000.0
DAY_S = 86400.0
TOKEN = "0123456789abcdef0123456789abcdef"


@dataclass
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with new_database(request.param, tmp_path) as database_url:
        yield database_url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(url: str, clock: Clock) -> Iterator[SqlStore]:
    with open_store(url, SECRET_KEY, clock=clock) as opened:
        yield opened


@pytest.fixture
def account_id(store: SqlStore) -> str:
    return store.create_account("somebody").account_id


def face(account_id: str, **changes: object) -> StoredFace:
    whole = StoredFace(TOKEN, account_id, "sface", bytes(range(16)), "live", '{"age": 30}', NOW + 3600)
    return dataclasses.replace(whole, **changes)  # type: ignore[arg-type]


def content(kept: StoredFace | None) -> object:
    """A face compares by identity; this is what is in it."""
    return kept and dataclasses.astuple(kept)


def usage(store: SqlStore, account_id: str, now: float = NOW) -> tuple[int, int]:
    counts = store.count_usage(account_id, now)
    return counts.today, counts.total


def test_store_is_every_port(store: SqlStore) -> None:
    """For mypy as much as for pytest."""
    ports: tuple[KeyFinder, NonceLog, RateCounter, QuotaBook, FaceTokenStore, AccountBook] = (store,) * 6
    assert all(port is store for port in ports)


def test_another_secret_key_is_refused(url: str, store: SqlStore) -> None:
    with pytest.raises(SecretKeyError, match="not the one"):
        open_store(url, bytes(32))
    with pytest.raises(SecretKeyError, match="16 bytes"):
        open_store(url, bytes(16))


def test_what_was_written_is_there_after_reopening(url: str, store: SqlStore, account_id: str) -> None:
    pair = store.create_key(account_id, KeyKind.TENCENT)
    with open_store(url, SECRET_KEY, migrate=False) as reopened:
        key = reopened.find_key(KeyKind.TENCENT, pair.key_id)
    assert key is not None
    assert key.secrets == (pair.secret,)
    assert key.account.account_id == account_id


@dataclass
class Nonces:
    """A log with a clock: the test's, or where it goes by its own, the real one."""

    log: NonceLog
    pass_time: Callable[[float], None]
    clock: Clock

    def remember(self, key_id: str, nonce: str, kind: KeyKind = KeyKind.ALIBABA) -> bool:
        return self.log.remember_nonce(kind, key_id, nonce, self.clock(), 1.0)


@pytest.fixture(params=COUNTERS)
def nonces(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Nonces]:
    with new_counters(request.param, tmp_path) as url, open_counters(url, clock) as log:
        yield Nonces(log, time.sleep if request.param == "redis" else clock.advance, clock)


@pytest.fixture
def key_id() -> str:
    return secrets.token_hex(8)


class TestNonces:
    def test_is_new_once(self, nonces: Nonces, key_id: str) -> None:
        assert nonces.remember(key_id, "n")
        assert not nonces.remember(key_id, "n")

    def test_is_new_again_when_its_life_is_over(self, nonces: Nonces, key_id: str) -> None:
        assert nonces.remember(key_id, "n")
        nonces.pass_time(1.01)
        assert nonces.remember(key_id, "n")
        nonces.pass_time(0.4)
        assert not nonces.remember(key_id, "n")

    def test_refused_use_does_not_prolong_its_life(self, nonces: Nonces, key_id: str) -> None:
        assert nonces.remember(key_id, "n")
        nonces.pass_time(0.4)
        assert not nonces.remember(key_id, "n")
        nonces.pass_time(0.61)
        assert nonces.remember(key_id, "n")

    def test_belongs_to_its_key(self, nonces: Nonces, key_id: str) -> None:
        assert nonces.remember(key_id, "n")
        assert nonces.remember(key_id + "2", "n")
        assert nonces.remember(key_id, "n", KeyKind.TENCENT)

    @pytest.mark.parametrize("nonce", ["", "\0", "\ud800", "x" * 100_000, "'; DROP TABLE nonces; --"])
    def test_may_be_anything(self, nonces: Nonces, key_id: str, nonce: str) -> None:
        assert nonces.remember(key_id, nonce)
        assert not nonces.remember(key_id, nonce)


@dataclass
class Rates:
    """A counter with the test's clock, and two accounts whose calls it counts."""

    counter: RateCounter
    account_id: str
    other_account_id: str

    def count_call(self, per_second: int) -> None:
        self.counter.count_call(self.account_id, per_second)


@pytest.fixture(params=COUNTERS)
def rates(
    request: pytest.FixtureRequest, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Rates]:
    with new_counters(request.param, tmp_path) as url, open_counters(url, clock) as counters:
        if request.param == "redis":
            monkeypatch.setattr(sys.modules["limits.storage.redis"], "time", SimpleNamespace(time=clock))
        yield Rates(counters, make_account_id(counters), make_account_id(counters))


class TestRates:
    def test_limit_is_reached(self, rates: Rates) -> None:
        for _ in range(3):
            rates.count_call(3)
        with pytest.raises(RateLimitedError) as caught:
            rates.count_call(3)
        assert (caught.value.count, caught.value.limit) == (4, 3)

    def test_no_second_has_too_many_wherever_it_begins(self, rates: Rates, clock: Clock) -> None:
        """Attempts every 30 ms for 6 s; a count by calendar second would let twice the limit through at its seam."""
        admitted = []
        for step in range(200):
            clock.now = NOW + 0.5 + step * 0.03
            try:
                rates.count_call(5)
            except RateLimitedError:
                continue
            admitted.append(clock.now)
        assert all(later - earlier >= 1.0 for earlier, later in zip(admitted, admitted[5:], strict=False))
        assert len(admitted) == 5 * 6

    def test_refused_call_does_not_count(self, rates: Rates, clock: Clock) -> None:
        rates.count_call(1)
        clock.advance(0.9)
        with pytest.raises(RateLimitedError):
            rates.count_call(1)
        clock.advance(0.11)
        rates.count_call(1)

    def test_changed_limit_does_not_begin_a_new_second(self, rates: Rates, clock: Clock) -> None:
        rates.count_call(2)
        rates.count_call(2)
        with pytest.raises(RateLimitedError):
            rates.count_call(1)
        rates.count_call(3)
        with pytest.raises(RateLimitedError):
            rates.count_call(3)

    def test_clock_set_back_locks_nobody_out_for_more_than_a_second(self, rates: Rates, clock: Clock) -> None:
        rates.count_call(1)
        clock.advance(-3600)
        give_up_at = time.monotonic() + 3
        while time.monotonic() < give_up_at:
            try:
                rates.count_call(1)
                break
            except RateLimitedError:
                time.sleep(0.1)
        else:
            pytest.fail("nobody is let in any more")

    def test_accounts_do_not_share(self, rates: Rates) -> None:
        rates.counter.count_call(rates.account_id, 1)
        rates.counter.count_call(rates.other_account_id, 1)

    def test_deleted_account_is_refused(self, store: SqlStore) -> None:
        with pytest.raises(AccountStateError) as caught:
            store.count_call("0" * 16, 1)
        assert caught.value.state == AccountState.RECLAIMED


class TestQuotas:
    def test_call_counts_at_once(self, store: SqlStore, account_id: str) -> None:
        reservation = store.reserve_call(account_id, Limits(), NOW)
        assert reservation.account_id == account_id
        assert reservation.day == "2027-01-15"
        assert reservation.package_id is None
        assert usage(store, account_id) == (1, 1)

    def test_day_is_used_up_and_begins_anew(self, store: SqlStore, account_id: str) -> None:
        limits = Limits(per_day=2)
        for _ in range(2):
            store.reserve_call(account_id, limits, NOW)
        with pytest.raises(DailyLimitError, match="2 calls a day"):
            store.reserve_call(account_id, limits, NOW)
        store.reserve_call(account_id, limits, NOW + DAY_S)
        assert usage(store, account_id) == (2, 3)
        assert usage(store, account_id, NOW + DAY_S) == (1, 3)

    def test_total_is_used_up_for_good(self, store: SqlStore, account_id: str) -> None:
        store.reserve_call(account_id, Limits(total=1), NOW)
        with pytest.raises(QuotaExhaustedError, match="1 calls"):
            store.reserve_call(account_id, Limits(total=1), NOW + 100 * DAY_S)

    def test_refused_call_does_not_count(self, store: SqlStore, account_id: str) -> None:
        store.add_package(account_id, 1, NOW + 10)
        store.reserve_call(account_id, Limits(), NOW)
        with pytest.raises(QuotaExhaustedError, match="packages"):
            store.reserve_call(account_id, Limits(), NOW)
        assert usage(store, account_id) == (1, 1)

    def test_package_that_expires_first_pays(self, store: SqlStore, account_id: str) -> None:
        late = store.add_package(account_id, 1, NOW + 300)
        soon = store.add_package(account_id, 2, NOW + 100)
        middle = store.add_package(account_id, 1, NOW + 200)
        paid = [store.reserve_call(account_id, Limits(), NOW).package_id for _ in range(4)]
        assert paid == [soon.package_id, soon.package_id, middle.package_id, late.package_id]
        assert [package.used for package in store.list_packages(account_id)] == [2, 1, 1]

    def test_expired_package_pays_no_more(self, store: SqlStore, account_id: str) -> None:
        store.add_package(account_id, 5, NOW + 10)
        store.reserve_call(account_id, Limits(), NOW + 9.9)
        with pytest.raises(QuotaExhaustedError):
            store.reserve_call(account_id, Limits(), NOW + 10)

    def test_call_is_given_back_to_day_total_and_package(self, store: SqlStore, account_id: str) -> None:
        store.add_package(account_id, 1, NOW + 10)
        limits = Limits(per_day=1, total=1)
        store.give_back_call(store.reserve_call(account_id, limits, NOW))
        assert usage(store, account_id) == (0, 0)
        assert store.list_packages(account_id)[0].used == 0
        store.reserve_call(account_id, limits, NOW)

    def test_call_is_given_back_to_its_own_day(self, store: SqlStore, account_id: str) -> None:
        before_midnight = store.reserve_call(account_id, Limits(), NOW)
        store.reserve_call(account_id, Limits(), NOW + DAY_S)
        store.give_back_call(before_midnight)
        assert usage(store, account_id, NOW) == (0, 1)
        assert usage(store, account_id, NOW + DAY_S) == (1, 1)

    def test_call_is_given_back_once(self, store: SqlStore, account_id: str) -> None:
        first, _ = (store.reserve_call(account_id, Limits(), NOW) for _ in range(2))
        store.give_back_call(first)
        store.give_back_call(first)
        assert usage(store, account_id) == (1, 1)

    def test_only_a_reservation_can_be_given_back(self, store: SqlStore, account_id: str) -> None:
        with pytest.raises(ParameterError):
            store.give_back_call(Reservation(account_id, "2027-01-15", None))

    def test_deleted_account_is_refused_and_forgiven(self, store: SqlStore, account_id: str) -> None:
        reservation = store.reserve_call(account_id, Limits(), NOW)
        store.delete_account(account_id)
        store.give_back_call(reservation)
        with pytest.raises(AccountStateError):
            store.reserve_call(account_id, Limits(), NOW)


class TestFaces:
    def test_comes_back_whole(self, store: SqlStore, account_id: str) -> None:
        store.put_faces([face(account_id)])
        assert content(store.get_face(account_id, TOKEN, NOW)) == content(face(account_id))

    def test_is_of_its_account_only(self, store: SqlStore, account_id: str) -> None:
        other = store.create_account("other").account_id
        store.put_faces([face(account_id)])
        assert store.get_face(other, TOKEN, NOW) is None
        assert not store.delete_face(other, TOKEN)
        store.put_faces([face(other, vector=bytes(8))])
        kept = store.get_face(account_id, TOKEN, NOW)
        assert kept is not None
        assert kept.vector == bytes(range(16))

    def test_expires(self, store: SqlStore, account_id: str) -> None:
        store.put_faces([face(account_id, expires_at=NOW + 10)])
        assert store.get_face(account_id, TOKEN, NOW + 9.9) is not None
        assert store.get_face(account_id, TOKEN, NOW + 10) is None

    @pytest.mark.parametrize(
        ("first", "second", "kept"),
        [(10.0, 20.0, 20.0), (20.0, 10.0, 20.0), (10.0, None, None), (None, 10.0, None), (None, None, None)],
    )
    def test_expiry_is_put_off_never_forward(
        self, store: SqlStore, account_id: str, first: float | None, second: float | None, kept: float | None
    ) -> None:
        for after_s in (first, second):
            store.put_faces([face(account_id, expires_at=None if after_s is None else NOW + after_s)])
        found = store.get_face(account_id, TOKEN, NOW)
        assert found is not None
        assert found.expires_at == (None if kept is None else NOW + kept)

    def test_what_was_measured_outlives_a_second_keeping(self, store: SqlStore, account_id: str) -> None:
        store.put_faces([face(account_id)])
        store.put_faces([face(account_id, findings="{}")])
        kept = store.get_face(account_id, TOKEN, NOW)
        assert kept is not None
        assert kept.findings == '{"age": 30}'

    def test_what_is_measured_later_is_added(self, store: SqlStore, account_id: str) -> None:
        store.put_faces([face(account_id, findings="{}")])
        store.put_faces([face(account_id, expires_at=NOW + 10)])
        kept = store.get_face(account_id, TOKEN, NOW + 11)
        assert kept is not None
        assert kept.findings == '{"age": 30}'

    def test_findings_of_two_keepings_are_joined(self, store: SqlStore, account_id: str) -> None:
        store.put_faces([face(account_id, findings='{"pad": 1, "measures": {"a": 1}}')])
        store.put_faces([face(account_id, findings='{"synthesis": 2, "measures": {"b": 2}}')])
        kept = store.get_face(account_id, TOKEN, NOW)
        assert kept is not None
        assert json.loads(kept.findings) == {"pad": 1, "synthesis": 2, "measures": {"b": 2}}

    def test_another_model_takes_the_place(self, store: SqlStore, account_id: str) -> None:
        store.put_faces([face(account_id)])
        newer = face(account_id, model_id="other", vector=bytes(8), findings="{}", expires_at=NOW + 10)
        store.put_faces([newer])
        assert content(store.get_face(account_id, TOKEN, NOW)) == content(newer)

    def test_is_deleted_once(self, store: SqlStore, account_id: str) -> None:
        store.put_faces([face(account_id)])
        assert store.delete_face(account_id, TOKEN)
        assert not store.delete_face(account_id, TOKEN)
        assert store.get_face(account_id, TOKEN, NOW) is None

    def test_purge_deletes_what_has_expired(self, store: SqlStore, account_id: str) -> None:
        for number, after_s in enumerate((-1.0, 0.0, 1.0, None)):
            expires_at = None if after_s is None else NOW + after_s
            store.put_faces([face(account_id, token=f"{number:032x}", expires_at=expires_at)])
        assert store.purge_faces(NOW) == 2
        assert store.purge_faces(NOW) == 0
        assert store.purge_faces(NOW + 1) == 1

    def test_purge_deletes_more_than_fit_one_transaction(self, store: SqlStore, account_id: str) -> None:
        for number in range(501):
            store.put_faces([face(account_id, token=f"{number:032x}", expires_at=NOW)])
        assert store.purge_faces(NOW) == 501

    @pytest.mark.parametrize("token", ["", "x", TOKEN.upper(), TOKEN + "0", TOKEN + "\n", "\0" * 32])
    def test_what_cannot_be_a_token_is_none(self, store: SqlStore, account_id: str, token: str) -> None:
        assert store.get_face(account_id, token, NOW) is None
        assert not store.delete_face(account_id, token)

    @pytest.mark.parametrize(
        "changes",
        [
            {"token": "x"},
            {"vector": b""},
            {"vector": bytes(6)},
            {"vector": bytes(65540)},
            {"findings": '"' + "x" * 65537 + '"'},
            {"findings": "[]"},
            {"findings": "{"},
            {"model_id": ""},
            {"model_id": "a\0"},
            {"condition": "x" * 201},
        ],
        ids=str,
    )
    def test_what_cannot_be_a_face_is_refused(
        self, store: SqlStore, account_id: str, changes: dict[str, object]
    ) -> None:
        with pytest.raises(ParameterError):
            store.put_faces([face(account_id, **changes)])

    def test_face_of_a_deleted_account_is_gone_and_no_other_is_taken(self, store: SqlStore, account_id: str) -> None:
        store.put_faces([face(account_id)])
        store.delete_account(account_id)
        assert store.get_face(account_id, TOKEN, NOW) is None
        with pytest.raises(AccountStateError):
            store.put_faces([face(account_id)])
