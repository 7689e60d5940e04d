"""What the administration of accounts and keys must do, in SQLite and in PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.stores import BACKENDS, SECRET_KEY, new_database
from visavis.errors import NotFoundError, ParameterError
from visavis.service.accounts import AccountState, Interface, KeyKind, Limits, QualityDemand
from visavis.service.administration import AccountChange, KeyPair
from visavis.storage import SqlStore, open_store

NOW = 1_800_000_000.0


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    with (
        new_database(request.param, tmp_path) as url,
        open_store(url, SECRET_KEY, clock=lambda: NOW) as opened,
    ):
        yield opened


@pytest.fixture
def account_id(store: SqlStore) -> str:
    return store.create_account("somebody").account_id


class TestAccounts:
    def test_is_as_it_was_made(self, store: SqlStore) -> None:
        interfaces = {Interface.BAIDU_MATCH, Interface.NATIVE_COMPARE}
        made = store.create_account(
            " Zoë 公司 ", interfaces=interfaces, limits=Limits(5, 100, None), state=AccountState.FROZEN
        )
        assert made.name == "Zoë 公司"
        assert made.interfaces == interfaces
        assert store.get_account(made.account_id) == made
        assert int(made.account_id, 16) >= 0

    def test_may_call_nothing_without_limit_unless_told(self, store: SqlStore, account_id: str) -> None:
        account = store.get_account(account_id)
        assert (account.interfaces, account.limits, account.state) == (frozenset(), Limits(), AccountState.ACTIVE)

    def test_all_are_listed(self, store: SqlStore, account_id: str) -> None:
        other = store.create_account("other", interfaces=[Interface.BAIDU_MATCH])
        assert set(store.list_accounts()) == {store.get_account(account_id), other}

    def test_changes_what_is_named_and_keeps_the_rest(self, store: SqlStore) -> None:
        before = store.create_account("a", interfaces=[Interface.BAIDU_MATCH], limits=Limits(1, 2, 3))
        change = AccountChange(
            state=AccountState.STOPPED,
            grant=[Interface.BAIDU_DETECT],
            revoke=[Interface.BAIDU_MATCH],
            per_day=None,
            total=9,
            quality=QualityDemand.HIGH,
        )
        after = store.update_account(before.account_id, change)
        assert after.name == "a"
        assert after.state is AccountState.STOPPED
        assert after.interfaces == {Interface.BAIDU_DETECT}
        assert after.limits == Limits(1, None, 9)
        assert (before.quality, after.quality) == (QualityDemand.NONE, QualityDemand.HIGH)
        assert store.get_account(before.account_id) == after

    def test_change_of_nothing_changes_nothing(self, store: SqlStore, account_id: str) -> None:
        before = store.get_account(account_id)
        assert store.update_account(account_id, AccountChange()) == before

    def test_name_is_not_unique(self, store: SqlStore, account_id: str) -> None:
        assert store.create_account("somebody").account_id != account_id

    @pytest.mark.parametrize("name", ["", "  ", "a\0", "a\nb", "\ud800", "x" * 201])
    def test_name_that_cannot_be_shown_is_refused(self, store: SqlStore, account_id: str, name: str) -> None:
        with pytest.raises(ParameterError, match="name"):
            store.create_account(name)
        with pytest.raises(ParameterError, match="name"):
            store.update_account(account_id, AccountChange(name=name))

    @pytest.mark.parametrize(
        "limits", [Limits(per_second=0), Limits(per_second=10_001), Limits(per_day=-1), Limits(total=10**15 + 1)]
    )
    def test_limit_out_of_range_is_refused(self, store: SqlStore, limits: Limits) -> None:
        with pytest.raises(ParameterError, match="limited"):
            store.create_account("a", limits=limits)
        assert store.list_accounts() == ()

    @pytest.mark.parametrize("unknown", ["0" * 16, "", "a\0", "x" * 1000])
    def test_unknown_account_is_not_found(self, store: SqlStore, unknown: str) -> None:
        for call in (
            lambda: store.get_account(unknown),
            lambda: store.update_account(unknown, AccountChange(name="b")),
            lambda: store.delete_account(unknown),
            lambda: store.create_key(unknown, KeyKind.BAIDU),
            lambda: store.list_keys(unknown),
            lambda: store.add_package(unknown, 1, NOW + 1),
            lambda: store.list_packages(unknown),
            lambda: store.count_usage(unknown, NOW),
        ):
            with pytest.raises(NotFoundError, match="no account"):
                call()

    def test_goes_with_all_that_belongs_to_it(self, store: SqlStore, account_id: str) -> None:
        pair = store.create_key(account_id, KeyKind.BAIDU)
        store.add_package(account_id, 1, NOW + 1)
        store.reserve_call(account_id, Limits(), NOW)
        store.count_call(account_id, 5)
        store.delete_account(account_id)
        assert store.find_key(KeyKind.BAIDU, pair.key_id) is None
        assert store.list_keys() == ()
        assert store.list_accounts() == ()


class TestPackages:
    def test_is_listed(self, store: SqlStore, account_id: str) -> None:
        late, soon = (store.add_package(account_id, 10, NOW + after_s) for after_s in (20, 10))
        assert store.list_packages(account_id) == (soon, late)
        assert (soon.calls, soon.used, soon.expires_at, soon.account_id) == (10, 0, NOW + 10, account_id)

    @pytest.mark.parametrize(
        ("calls", "expires_at"),
        [(0, NOW + 1), (-1, NOW + 1), (10**15 + 1, NOW + 1), (1, NOW), (1, 1e15), (1, float("nan"))],
    )
    def test_out_of_range_is_refused(self, store: SqlStore, account_id: str, calls: int, expires_at: float) -> None:
        with pytest.raises(ParameterError, match="package"):
            store.add_package(account_id, calls, expires_at)


class TestKeys:
    @pytest.mark.parametrize("kind", KeyKind)
    def test_is_found_with_its_account(self, store: SqlStore, account_id: str, kind: KeyKind) -> None:
        pair = store.create_key(account_id, kind)
        key = store.find_key(kind, pair.key_id)
        assert key is not None
        assert (key.key_id, key.kind, key.secrets, key.is_enabled) == (pair.key_id, kind, (pair.secret,), True)
        assert key.account == store.get_account(account_id)

    def test_is_of_its_kind_only(self, store: SqlStore, account_id: str) -> None:
        pair = store.create_key(account_id, KeyKind.BAIDU)
        assert store.find_key(KeyKind.TENCENT, pair.key_id) is None

    @pytest.mark.parametrize("unknown", ["", "unknown", "a\0bcd", "x" * 10_000, "ключ-ключ", "ab cd"])
    def test_unknown_key_is_none_to_a_client_and_not_found_to_a_person(self, store: SqlStore, unknown: str) -> None:
        assert store.find_key(KeyKind.BAIDU, unknown) is None
        for call in (
            lambda: store.rotate_key(KeyKind.BAIDU, unknown),
            lambda: store.retire_secret(KeyKind.BAIDU, unknown),
            lambda: store.set_key_enabled(KeyKind.BAIDU, unknown, True),
            lambda: store.delete_key(KeyKind.BAIDU, unknown),
        ):
            with pytest.raises(NotFoundError, match="no baidu key"):
                call()

    @pytest.mark.parametrize("kind", [KeyKind.ALIBABA, KeyKind.NATIVE])
    def test_both_secrets_are_live_until_the_old_one_is_retired(
        self, store: SqlStore, account_id: str, kind: KeyKind
    ) -> None:
        old = store.create_key(account_id, kind)
        new = store.rotate_key(kind, old.key_id)
        assert new.key_id == old.key_id
        assert new.secret != old.secret
        assert _secrets(store, new) == (new.secret, old.secret)
        with pytest.raises(ParameterError, match="retire"):
            store.rotate_key(kind, old.key_id)
        assert store.retire_secret(kind, old.key_id)
        assert _secrets(store, new) == (new.secret,)
        assert not store.retire_secret(kind, old.key_id)
        newest = store.rotate_key(kind, old.key_id)
        assert _secrets(store, new) == (newest.secret, new.secret)

    def test_is_disabled_and_enabled(self, store: SqlStore, account_id: str) -> None:
        pair = store.create_key(account_id, KeyKind.BAIDU)
        for is_enabled in (False, True):
            store.set_key_enabled(pair.kind, pair.key_id, is_enabled)
            key = store.find_key(pair.kind, pair.key_id)
            assert key is not None
            assert key.is_enabled is is_enabled

    def test_is_deleted(self, store: SqlStore, account_id: str) -> None:
        pair = store.create_key(account_id, KeyKind.BAIDU)
        assert store.find_key(pair.kind, pair.key_id) is not None
        store.delete_key(pair.kind, pair.key_id)
        assert store.find_key(pair.kind, pair.key_id) is None

    def test_records_say_everything_but_the_secret(self, store: SqlStore, account_id: str) -> None:
        pair = store.create_key(account_id, KeyKind.BAIDU)
        store.create_key(store.create_account("other").account_id, KeyKind.TENCENT)
        store.rotate_key(pair.kind, pair.key_id)
        assert len(store.list_keys()) == 2
        (record,) = store.list_keys(account_id)
        assert (record.kind, record.key_id, record.account_id) == (pair.kind, pair.key_id, account_id)
        assert (record.is_enabled, record.live_secrets, record.created_at) == (True, 2, NOW)
        assert pair.secret not in repr(record) + repr(pair) + repr(store.find_key(pair.kind, pair.key_id))

    def test_pair_from_elsewhere_is_taken_in_once(self, store: SqlStore, account_id: str) -> None:
        pair = KeyPair(KeyKind.ALIBABA, "LTAI4testAccessKeyId", "testAccessKeySecret123")
        assert store.create_key(account_id, KeyKind.ALIBABA, pair) == pair
        assert _secrets(store, pair) == (pair.secret,)
        with pytest.raises(ParameterError, match="already"):
            store.create_key(account_id, KeyKind.ALIBABA, pair)
        with pytest.raises(ParameterError, match="kind"):
            store.create_key(account_id, KeyKind.BAIDU, pair)


def _secrets(store: SqlStore, pair: KeyPair) -> tuple[str, ...]:
    key = store.find_key(pair.kind, pair.key_id)
    assert key is not None
    return key.secrets
