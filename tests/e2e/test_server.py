"""The whole server in processes of its own: every API, start, stop, replacement of workers, metrics."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.e2e.calls import MATED, REFERENCE, STRANGER, ask, encode, http_bytes, send, signer_of
from tests.faces import astronaut
from tests.live_server import LiveServer, live_server
from visavis.api import open_engine, read_settings
from visavis.engine.calibration import Calibration
from visavis.protocols.signing import alibaba, kuaidi100
from visavis.protocols.signing.base import AnswerError
from visavis.service.accounts import Interface, KeyKind
from visavis.service.administration import AccountChange


@pytest.fixture(scope="module")
def server(model_home: Path) -> Iterator[LiveServer]:
    with live_server(workers=2) as running:
        yield running


@pytest.mark.parametrize("kind", list(KeyKind))
def test_every_api_tells_a_person_from_a_stranger(server: LiveServer, kind: KeyKind) -> None:
    mated, stranger = ask(server, kind, REFERENCE, MATED), ask(server, kind, REFERENCE, STRANGER)
    assert mated.is_match
    assert not stranger.is_match
    assert mated.score > stranger.score


def test_metrics_count_over_all_workers(server: LiveServer) -> None:
    before = _counted(server, 'visavis_requests_total{api="native",status="200"}')
    for _ in range(6):
        ask(server, KeyKind.NATIVE, REFERENCE, STRANGER)
    assert _counted(server, 'visavis_requests_total{api="native",status="200"}') == before + 6
    text = httpx.get(f"{server.admin_url}/metrics", trust_env=False).text
    assert 'visavis_stage_seconds_count{stage="template"}' in text
    assert "visavis_model{" in text


def test_health_is_told_on_the_administrators_port(server: LiveServer) -> None:
    for path in ("/health/live", "/health/ready"):
        assert httpx.get(server.admin_url + path, trust_env=False).status_code == 200
    assert httpx.get(server.url + "/metrics", trust_env=False).status_code == 404


def test_answers_on_a_kept_connection_do_not_wait_for_acknowledgements(server: LiveServer) -> None:
    """Of 20 refusals, each answered within a millisecond or two by the server; a delayed acknowledgement takes 40."""
    with httpx.Client(trust_env=False) as client:
        times = []
        for _ in range(20):
            started = time.perf_counter()
            assert client.post(f"{server.url}/v1/compare", headers={"Authorization": "Bearer wrong"}).status_code == 401
            times.append(time.perf_counter() - started)
    assert min(times) < 0.02


def test_unknown_paths_get_a_small_json_body(server: LiveServer) -> None:
    answer = httpx.get(f"{server.url}/nothing", trust_env=False)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


def test_what_is_no_http_is_answered_in_json(server: LiveServer) -> None:
    host, port = server.address.split(":")
    series = 'visavis_errors_total{api="kuaidi100",code="400"}'
    before = _counted(server, series)
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(b"POST /api HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n")
        answer = connection.makefile("rb").read()
    assert b"content-type: application/json;charset=UTF-8" in answer
    assert b'"code":400' in answer.replace(b" ", b"")
    assert _counted(server, series) == before + 1


def test_slow_upload_is_answered_and_a_forged_one_is_found_in_the_log(server: LiveServer) -> None:
    """Longer than the 2.5 seconds in which Alibaba is answered: the time is the line's, not the server's."""
    content = http_bytes(alibaba.sign_comparison(signer_of(server, KeyKind.ALIBABA), REFERENCE, MATED))
    assert _upload_slowly(server, content)["Code"] == "200"
    forged = _upload_slowly(server, content[:-1] + (b"x" if content[-1:] != b"x" else b"y"))
    assert forged["Code"] == "SignatureDoesNotMatch"
    (line,) = [line for line in server.read_log().splitlines() if forged["RequestId"] in line]
    assert f"alibaba request {forged['RequestId']}: status 400, SignatureDoesNotMatch, " in line
    assert float(line.split()[-2]) > 2500


def _upload_slowly(server: LiveServer, content: bytes) -> Any:
    host, port = server.address.split(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(content[:-1])
        time.sleep(2.6)
        connection.sendall(content[-1:])
        received = b""
        while not received.endswith(b"}"):
            received += connection.recv(65_536)
    return json.loads(received.partition(b"\r\n\r\n")[2])


def test_key_that_is_disabled_is_refused_within_two_seconds(server: LiveServer) -> None:
    _, secret = server.keys[KeyKind.NATIVE]
    with server.open_store() as store:
        account = store.list_accounts()[0]
        pair = store.create_key(account.account_id, KeyKind.NATIVE)
        headers = {"Authorization": f"Bearer {pair.secret}"}
        assert _compare(server, headers).status_code == 200
        store.set_key_enabled(KeyKind.NATIVE, pair.key_id, is_enabled=False)
    time.sleep(1.5)
    assert _compare(server, headers).status_code in (401, 403)
    assert _compare(server, {"Authorization": f"Bearer {secret}"}).status_code == 200


def test_calls_without_a_score_are_not_charged(server: LiveServer) -> None:
    with server.open_store() as store:
        account = store.create_account("charged", interfaces=list(Interface))
        pair = store.create_key(account.account_id, KeyKind.NATIVE)
        store.update_account(account.account_id, AccountChange(total=1))
        headers = {"Authorization": f"Bearer {pair.secret}"}
        faceless = encode(astronaut()[:64, :64], "PNG")
        assert _compare(server, headers, probe=faceless).status_code == 422
        assert store.count_usage(account.account_id, time.time()).total == 0
        assert _compare(server, headers).status_code == 200
        assert _compare(server, headers).json()["error"]["code"] == "quota_exhausted"


def test_dead_worker_is_replaced() -> None:
    with live_server(workers=1) as server:
        (worker,) = _workers(server)
        os.kill(worker, signal.SIGKILL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{server.url}/v1/health/ready", timeout=2, trust_env=False).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        assert ask(server, KeyKind.KUAIDI100, REFERENCE, MATED).is_match


def test_calls_under_way_are_answered_before_the_server_stops() -> None:
    with live_server(workers=1) as server, ThreadPoolExecutor(8) as threads:
        calls = [threads.submit(ask, server, KeyKind.NATIVE, REFERENCE, MATED) for _ in range(8)]
        deadline = time.monotonic() + 20
        while _counted(server, "visavis_queue_depth") == 0 and time.monotonic() < deadline:
            if all(call.done() for call in calls):
                break
        os.kill(server.pid, signal.SIGTERM)
        assert all(call.result().is_match for call in calls)
        with pytest.raises(httpx.TransportError):
            for _ in range(100):
                httpx.get(f"{server.url}/v1/health/live", timeout=2, trust_env=False)
                time.sleep(0.1)


def test_full_server_refuses_in_the_vendors_words_and_serves_on() -> None:
    with live_server(workers=1, queue_places="2") as server, ThreadPoolExecutor(24) as threads:
        calls = [threads.submit(_try, server, kind) for kind in (KeyKind.ALIBABA, KeyKind.KUAIDI100) * 12]
        outcomes = [call.result() for call in calls]
        assert set(outcomes) - {"match"} <= {"ServiceUnavailable", "429"}
        assert "match" in outcomes
        assert {"ServiceUnavailable", "429"} & set(outcomes)
        assert ask(server, KeyKind.ALIBABA, REFERENCE, MATED).is_match


def _try(server: LiveServer, kind: KeyKind) -> str:
    module = alibaba if kind is KeyKind.ALIBABA else kuaidi100
    answer = send(module.sign_comparison(signer_of(server, kind), REFERENCE, MATED))
    try:
        assert module.read_answer(answer.content).is_match
    except AnswerError:
        document = answer.json()
        return str(document.get("Code") or document["code"])
    return "match"


@pytest.mark.parametrize(
    ("setting", "value", "complaint"),
    [
        ("PORT", "70000", "VISAVIS_PORT"),
        ("TLS_CERT", "missing.pem", "VISAVIS_TLS_KEY"),
        ("TLS_CERT and TLS_KEY", "missing.pem", "cannot be used"),
        ("STORE_URL", "mysql://x", "sqlite"),
        ("DOWNLOAD_NETWORKS", '["nonsense"]', "VISAVIS_DOWNLOAD_NETWORKS"),
        ("MODEL", "nothing", "nothing"),
        ("CALIBRATION", "missing.json", "VISAVIS_CALIBRATION: cannot read"),
        ("PUBLIC_HOSTS", '["gesichter.example", "visages-é.example"]', "VISAVIS_PUBLIC_HOSTS: 'visages-é.example'"),
    ],
)
def test_server_does_not_start_with_a_wrong_setting(tmp_path: Path, setting: str, value: str, complaint: str) -> None:
    changes = {f"VISAVIS_{name}": value for name in setting.split(" and ")}
    environment = os.environ | changes | {"VISAVIS_HOME": str(tmp_path), "VISAVIS_AUTO_PULL": "false"}
    if setting in ("STORE_URL", "DOWNLOAD_NETWORKS", "CALIBRATION"):
        (tmp_path / "models").symlink_to(read_settings().home / "models")
    done = _serve(environment)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
    # Before anything was started.
    assert "server process" not in done.stderr


def test_what_only_an_engine_can_find_wrong_is_said_in_one_sentence_too(model_home: Path, tmp_path: Path) -> None:
    """With precision `auto` only an engine knows which precision's calibration it must be."""
    with open_engine() as engine:
        identity = engine.identity
    other = replace(identity, precision="fp32" if identity.precision == "bf16" else "bf16")
    calibration = tmp_path / "other.json"
    calibration.write_text(json.dumps(Calibration.load(other).document))
    (tmp_path / "models").symlink_to(model_home / "models")
    done = _serve(os.environ | {"VISAVIS_HOME": str(tmp_path), "VISAVIS_CALIBRATION": str(calibration)})
    assert done.returncode == 2
    (sentence,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert f"is for precision {other.precision}, the engine has {identity.precision}" in sentence
    assert "Traceback" not in done.stderr


def _serve(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "visavis", "serve", "--port", "0", "--admin-port", "0", "--workers", "1"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _compare(server: LiveServer, headers: dict[str, str], probe: bytes = MATED) -> httpx.Response:
    files = {"reference": ("a.jpg", REFERENCE), "probe": ("b.png", probe)}
    return httpx.post(f"{server.url}/v1/compare", files=files, headers=headers, timeout=30, trust_env=False)


def _counted(server: LiveServer, series: str) -> float:
    text = httpx.get(f"{server.admin_url}/metrics", trust_env=False).text
    return next((float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(series)), 0.0)


def _workers(server: LiveServer) -> list[int]:
    children = psutil.Process(server.pid).children()
    return [child.pid for child in children if "spawn_main" in " ".join(child.cmdline())]
