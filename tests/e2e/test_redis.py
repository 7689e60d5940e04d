"""A server that keeps nonces and rates in Redis, and what its clients are told when Redis is away."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.calls import REFERENCE, STRANGER, ask, send, signer_of
from tests.live_server import LiveServer, live_server
from tests.redis_server import RedisServer, redis_server
from visavis.api import read_settings
from visavis.protocols.signing import alibaba
from visavis.protocols.signing.base import AnswerError
from visavis.service.accounts import KeyKind
from visavis.service.administration import AccountChange
from visavis.storage.redis_store import PAUSE_S

KEY_CACHE_S = 1.5


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as running:
        yield running


@pytest.fixture
def server(model_home: Path, redis: RedisServer) -> Iterator[LiveServer]:
    with live_server(workers=2, redis_url=redis.url) as running:
        yield running


def refusal(server: LiveServer, kind: KeyKind) -> str:
    """What a call is refused with."""
    with pytest.raises(AnswerError) as caught:
        ask(server, kind, REFERENCE, STRANGER)
    return str(caught.value)


def limit_rate(server: LiveServer, per_second: int) -> None:
    with server.open_store() as store:
        (account,) = store.list_accounts()
        store.update_account(account.account_id, AccountChange(per_second=per_second))
    time.sleep(KEY_CACHE_S)


def test_nonces_and_rates_are_those_of_all_workers(server: LiveServer) -> None:
    request = alibaba.sign_comparison(signer_of(server, KeyKind.ALIBABA), REFERENCE, STRANGER)
    codes = [send(request).json()["Code"] for _ in range(6)]
    assert codes == ["200"] + ["SignatureNonceUsed"] * 5
    limit_rate(server, 1)
    ask(server, KeyKind.KUAIDI100, REFERENCE, STRANGER)
    assert "429" in refusal(server, KeyKind.KUAIDI100)


def test_nothing_passes_unchecked_while_redis_is_away(server: LiveServer, redis: RedisServer) -> None:
    limit_rate(server, 1000)
    redis.stop()
    told = {kind: refusal(server, kind) for kind in KeyKind}
    assert told == {
        KeyKind.ALIBABA: "InternalError The request processing has failed due to some unknown error.",
        KeyKind.TENCENT: "InternalError 内部错误。",
        KeyKind.BAIDU: "222915 system busy",
        KeyKind.KUAIDI100: "500 internal error",
        KeyKind.NATIVE: "internal internal error",
    }
    redis.start()
    time.sleep(PAUSE_S)
    for kind in KeyKind:
        ask(server, kind, REFERENCE, STRANGER)


def test_server_does_not_start_without_its_redis(tmp_path: Path, model_home: Path) -> None:
    (tmp_path / "models").symlink_to(read_settings().home / "models")
    environment = os.environ | {"VISAVIS_HOME": str(tmp_path), "VISAVIS_AUTO_PULL": "false"}
    environment["VISAVIS_REDIS_URL"] = "redis://somebody:hidden-word@127.0.0.1:1/0"
    done = subprocess.run(
        [sys.executable, "-m", "visavis", "serve", "--port", "0", "--admin-port", "0"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "Redis failed: Error 111 connecting to 127.0.0.1:1" in done.stderr
    assert "hidden-word" not in done.stderr
    assert "Traceback" not in done.stderr
