"""The official kits for Python, unmodified but for their endpoint, against a server that runs."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.conformance.sdk.conftest import Certificates
from tests.conformance.sdk.contracts import (
    BAIDU_PAIR,
    BAIDU_TROUBLES,
    BAIDU_UNSUPPORTED,
    TENCENT_WRONG_SECRET,
    AlibabaContract,
    AlibabaFault,
    BaiduContract,
    BaiduFault,
    TencentContract,
    alibaba_pair,
    baidu_pictures,
    check_baidu_fault,
    check_baidu_score,
    tencent_pair,
)
from tests.conformance.sdk.kits import (
    MATED,
    REFERENCE,
    STRANGER,
    Caller,
    Failure,
    Kit,
    Trouble,
    bad_caller,
    count_errors,
    encode,
    good_caller,
    python_kit,
)
from tests.faces import astronaut
from tests.live_server import LiveServer, live_server
from visavis.service.accounts import KeyKind
from visavis.service.administration import KeyPair

_UUID = re.compile(r"[0-9A-F-]{36}")
_PATIENCE_S = 60.0


class TestAlibabaClassic(AlibabaContract):
    """aliyun-python-sdk-core with aliyun-python-sdk-cloudauth."""

    @pytest.fixture(scope="class")
    @classmethod
    def kit(cls, certificates: Certificates) -> Iterator[Kit]:
        with python_kit("alibaba_classic.py") as kit:
            yield kit

    def check_failure(self, failure: Failure, fault: AlibabaFault) -> None:
        assert (failure.kind, failure.code, failure.message) == ("ServerException", fault.code, fault.message)
        assert failure.facts["status"] == fault.status
        assert _UUID.fullmatch(failure.facts["request_id"])

    def check_wrong_secret(self, failure: Failure) -> None:
        """The kit compares the string that the server signed with its own, and tells a wrong secret from the rest."""
        message = "The AccessKeySecret is incorrect. Please check your AccessKeyId and AccessKeySecret."
        self.check_failure(failure, AlibabaFault(400, "InvalidAccessKeySecret", message))


class TestAlibabaTea(AlibabaContract):
    """alibabacloud-cloudauth20190307, with signatures of the third generation."""

    @pytest.fixture(scope="class")
    @classmethod
    def kit(cls, certificates: Certificates) -> Iterator[Kit]:
        with python_kit("alibaba_tea.py") as kit:
            yield kit

    def check_failure(self, failure: Failure, fault: AlibabaFault) -> None:
        is_throttled = fault.code.startswith("Throttling")
        assert failure.kind == ("ThrottlingException" if is_throttled else "ClientException")
        assert (failure.code, failure.facts["status"]) == (fault.code, fault.status)
        assert failure.facts["retry_after"] == (1 if is_throttled else None)
        request_id = failure.facts["request_id"]
        assert _UUID.fullmatch(request_id)
        assert failure.message == f"code: {fault.status}, {fault.message} request id: {request_id}"

    def check_wrong_secret(self, failure: Failure) -> None:
        signed = re.search(r"server string to sign is:(ACS3-HMAC-SHA256\n[0-9a-f]{64}) request id: ", failure.message)
        assert signed
        message = f"Specified signature is not matched with our calculation. server string to sign is:{signed[1]}"
        self.check_failure(failure, AlibabaFault(400, "SignatureDoesNotMatch", message))


class TestAlibabaTeaWithOldSignature(TestAlibabaTea):
    """The same with `signature_algorithm="v2"`, which is the older signature."""

    @pytest.fixture(scope="class")
    @classmethod
    def kit(cls, certificates: Certificates) -> Iterator[Kit]:
        with python_kit("alibaba_tea.py", signature="v2") as kit:
            yield kit

    def check_wrong_secret(self, failure: Failure) -> None:
        signed = re.search(r"server string to sign is:(POST&%2F&AccessKeyId%3D\S+) request id: ", failure.message)
        assert signed
        assert "%26SourceImageValue%3Dbase64%253A%252F%252F" in signed[1]
        message = f"Specified signature is not matched with our calculation. server string to sign is:{signed[1]}"
        self.check_failure(failure, AlibabaFault(400, "SignatureDoesNotMatch", message))


class TestTencent(TencentContract):
    """tencentcloud-sdk-python-iai."""

    kind = "TencentCloudSDKException"
    speaks_chinese = True

    @pytest.fixture(scope="class")
    @classmethod
    def kit(cls, certificates: Certificates) -> Iterator[Kit]:
        with python_kit("tencent_iai.py") as kit:
            yield kit

    @pytest.mark.parametrize("method", ["TC3-HMAC-SHA256", "HmacSHA1"])
    def test_get(self, kit: Kit, server: LiveServer, method: str) -> None:
        face = encode(astronaut()[60:200, 150:290])
        arguments = {"ImageA": face, "ImageB": encode(astronaut()[62:202, 152:292]), "QualityControl": 0}
        options = {"method": "GET", "signature": method}
        assert kit.call(good_caller(server, KeyKind.TENCENT), arguments, **options)["Score"] > 60
        caller = bad_caller(server, KeyKind.TENCENT, Trouble.WRONG_SECRET)
        self.check_failure(kit.fail(caller, arguments, **options), TENCENT_WRONG_SECRET)

    def test_unsigned_payload(self, kit: Kit, server: LiveServer) -> None:
        self.check_scores(kit, good_caller(server, KeyKind.TENCENT), unsigned_payload=True)
        caller = bad_caller(server, KeyKind.TENCENT, Trouble.WRONG_SECRET)
        self.check_failure(kit.fail(caller, tencent_pair(MATED), unsigned_payload=True), TENCENT_WRONG_SECRET)


class TestBaidu(BaiduContract):
    """baidu-aip. It checks no certificate, whatever it is told."""

    @pytest.fixture(scope="class")
    @classmethod
    def kit(cls, certificates: Certificates) -> Iterator[Kit]:
        with python_kit("baidu_aip.py") as kit:
            yield kit

    def match(self, kit: Kit, caller: Caller, pictures: object, **options: object) -> dict[str, Any]:
        answer: dict[str, Any] = kit.call(caller, [pictures], **options)
        return answer

    def test_detect(self, kit: Kit, server: LiveServer) -> None:
        arguments = [REFERENCE, "BASE64", {"max_face_num": 2}]
        answer = kit.call(good_caller(server, KeyKind.BAIDU), arguments, method="detect")
        assert (answer["error_code"], answer["result"]["face_num"]) == (0, 1)
        where = answer["result"]["face_list"][0]["location"]
        assert where["left"] < 223 < where["left"] + where["width"]
        assert where["top"] < 127 < where["top"] + where["height"]

    @pytest.mark.parametrize(
        ("path", "fault"),
        [
            ("/rest/2.0/face/v3/compare", BAIDU_UNSUPPORTED),
            ("/rest/2.0/face/v9/match", BAIDU_UNSUPPORTED),
            ("/rest/2.0/face/v2/match", BaiduFault(6, "no permission to access data")),
        ],
    )
    def test_unknown_action_and_version(self, kit: Kit, server: LiveServer, path: str, fault: BaiduFault) -> None:
        answer = kit.call(good_caller(server, KeyKind.BAIDU), BAIDU_PAIR, path=path)
        check_baidu_fault(answer, fault)

    def test_interface_that_is_not_served(self, kit: Kit, server: LiveServer) -> None:
        answer = kit.call(good_caller(server, KeyKind.BAIDU), [REFERENCE, "BASE64", "staff"], method="search")
        check_baidu_fault(answer, BAIDU_UNSUPPORTED)

    def test_token_outlives_the_worker_that_gave_it(self, kit: Kit, model_home: Path) -> None:
        with live_server() as restarted:
            caller = good_caller(restarted, KeyKind.BAIDU)
            check_baidu_score(self.match(kit, caller, BAIDU_PAIR, client="worker"), is_mated=True)
            _restart_worker(restarted)
            check_baidu_score(self.match(kit, caller, BAIDU_PAIR, client="worker"), is_mated=True)
            assert count_errors(restarted, "baidu", "110") == 0

    def test_recovers_after_a_restart_that_lost_the_servers_secret(
        self, kit: Kit, server: LiveServer, model_home: Path
    ) -> None:
        caller = good_caller(server, KeyKind.BAIDU)
        check_baidu_score(self.match(kit, caller, BAIDU_PAIR, client="restart"), is_mated=True)
        with live_server() as another:
            with another.open_store() as store:
                account = store.list_accounts()[0]
                store.create_key(account.account_id, KeyKind.BAIDU, KeyPair(KeyKind.BAIDU, caller.key, caller.secret))
            there = Caller(another.url, caller.key, caller.secret)
            check_baidu_score(self.match(kit, there, BAIDU_PAIR, client="restart"), is_mated=True)
            assert count_errors(another, "baidu", "110") == 1
            check_baidu_score(self.match(kit, there, BAIDU_PAIR, client="restart"), is_mated=True)
            assert count_errors(another, "baidu", "110") == 1

    def test_recovers_when_the_key_is_rotated(self, kit: Kit, server: LiveServer) -> None:
        old = _new_caller(server)
        for client in ("follows", "stays"):
            check_baidu_score(self.match(kit, old, BAIDU_PAIR, client=client), is_mated=True)
        before = count_errors(server, "baidu", "110")
        with server.open_store() as store:
            new = Caller(old.url, old.key, store.rotate_key(KeyKind.BAIDU, old.key).secret)
            check_baidu_score(self.match(kit, old, BAIDU_PAIR, client="stays"), is_mated=True)
            assert count_errors(server, "baidu", "110") == before
            assert store.retire_secret(KeyKind.BAIDU, old.key)
        # A token given just before the server looks the key up again may be refused just after.
        _wait_until_refused(self, kit, old)
        before = count_errors(server, "baidu", "110")
        check_baidu_score(self.match(kit, new, BAIDU_PAIR, client="follows"), is_mated=True)
        assert count_errors(server, "baidu", "110") == before + 1
        # It gets no new token for the old secret, and asks once more without any.
        stays = self.match(kit, old, BAIDU_PAIR, client="stays")
        check_baidu_fault(stays, BaiduFault(100, "Invalid parameter"))
        assert count_errors(server, "baidu", "110") == before + 2


class TestBaiduCloud(BaiduContract):
    """The signer and the HTTP client of bce-python-sdk."""

    @pytest.fixture(scope="class")
    @classmethod
    def kit(cls, certificates: Certificates) -> Iterator[Kit]:
        with python_kit("baidu_bce.py", ca=certificates.ca) as kit:
            yield kit

    def match(self, kit: Kit, caller: Caller, pictures: object, **options: object) -> dict[str, Any]:
        answer: dict[str, Any] = kit.call(caller, pictures, **options)
        return answer

    def test_signs_an_awkward_query(self, kit: Kit, server: LiveServer) -> None:
        query = {"a b": "x/y+z", "empty": "", "中": "~'()*!"}
        answer = self.match(kit, good_caller(server, KeyKind.BAIDU), BAIDU_PAIR, query=query)
        check_baidu_score(answer, is_mated=True)
        caller = bad_caller(server, KeyKind.BAIDU, Trouble.WRONG_SECRET)
        check_baidu_fault(self.match(kit, caller, BAIDU_PAIR, query=query), BAIDU_TROUBLES[Trouble.WRONG_SECRET])

    def test_unknown_action(self, kit: Kit, server: LiveServer) -> None:
        answer = self.match(kit, good_caller(server, KeyKind.BAIDU), BAIDU_PAIR, path="/rest/2.0/face/v3/compare")
        check_baidu_fault(answer, BAIDU_UNSUPPORTED)


@pytest.mark.parametrize(
    ("script", "kind", "arguments", "raised"),
    [
        ("alibaba_classic.py", KeyKind.ALIBABA, alibaba_pair(STRANGER), ("ClientException", "SDK.HttpError")),
        ("alibaba_tea.py", KeyKind.ALIBABA, alibaba_pair(STRANGER), ("UnretryableException", None)),
        (
            "tencent_iai.py",
            KeyKind.TENCENT,
            tencent_pair(STRANGER),
            ("TencentCloudSDKException", "ClientNetworkError"),
        ),
        ("baidu_bce.py", KeyKind.BAIDU, baidu_pictures(REFERENCE, STRANGER), ("BceHttpClientError", None)),
    ],
    ids=["alibaba classic", "alibaba tea", "tencent", "bce"],
)
def test_certificate_of_an_unknown_ca_is_not_trusted(
    tls_server: LiveServer, script: str, kind: KeyKind, arguments: object, raised: tuple[str, str | None]
) -> None:
    with python_kit(script) as kit:
        failure = kit.fail(good_caller(tls_server, kind), arguments)
    assert (failure.kind, failure.code) == raised
    assert "certificate verify failed" in failure.message


def _new_caller(server: LiveServer) -> Caller:
    with server.open_store() as store:
        pair = store.create_key(store.list_accounts()[0].account_id, KeyKind.BAIDU)
    return Caller(server.url, pair.key_id, pair.secret)


def _wait_until_refused(contract: BaiduContract, kit: Kit, caller: Caller) -> None:
    """A server looks keys up again after a second or so; until then it knows the old secret still."""
    deadline = time.monotonic() + _PATIENCE_S
    while (answer := contract.match(kit, caller, baidu_pictures(REFERENCE)))["error_code"] != 14:
        assert time.monotonic() < deadline, answer
        time.sleep(0.2)


def _restart_worker(server: LiveServer) -> None:
    children = psutil.Process(server.pid).children()
    (worker,) = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait(_PATIENCE_S)
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{server.url}/v1/health/ready", timeout=2, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("no new worker")
