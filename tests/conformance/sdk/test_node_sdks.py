"""The official kits for Node, unmodified but for their endpoint, against a server that runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.sdk.conftest import Certificates
from tests.conformance.sdk.contracts import (
    BAIDU_INVALID_TOKEN,
    BAIDU_PAIR,
    BAIDU_UNSUPPORTED,
    TENCENT_WRONG_SECRET,
    AlibabaContract,
    AlibabaFault,
    BaiduContract,
    TencentContract,
    alibaba_pair,
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
    good_caller,
    node_kit,
)
from tests.live_server import LiveServer, live_server
from visavis.service.accounts import KeyKind
from visavis.service.administration import KeyPair

_UUID = re.compile(r"[0-9A-F-]{36}")


class TestAlibabaPop(AlibabaContract):
    """@alicloud/pop-core."""

    @pytest.fixture(scope="class")
    @classmethod
    def kit(cls, certificates: Certificates) -> Iterator[Kit]:
        with node_kit("alibaba_pop.js", certificates.ca) as kit:
            yield kit

    def check_failure(self, failure: Failure, fault: AlibabaFault) -> None:
        assert (failure.kind, failure.facts["name"]) == ("Error", f"{fault.code}Error")
        assert (failure.code, failure.facts["status"]) == (fault.code, fault.status)
        assert re.fullmatch(re.escape(fault.message) + r", URL: https?://127\.0\.0\.1:[0-9]+/", failure.message)
        assert _UUID.fullmatch(failure.facts["request_id"])

    def check_wrong_secret(self, failure: Failure) -> None:
        signed = re.search(r"server string to sign is:(POST&%2F&AccessKeyId%3D\S+), URL: ", failure.message)
        assert signed
        message = f"Specified signature is not matched with our calculation. server string to sign is:{signed[1]}"
        self.check_failure(failure, AlibabaFault(400, "SignatureDoesNotMatch", message))

    def check_mistake(self, outcome: Any, name: str) -> None:
        """This kit raises business errors too, with what it takes for their code."""
        self.check_failure(outcome, AlibabaFault(200, "400", name))


class TestAlibabaTea(AlibabaContract):
    """@alicloud/cloudauth20190307, whose bodies come in chunks."""

    @pytest.fixture(scope="class")
    @classmethod
    def kit(cls, certificates: Certificates) -> Iterator[Kit]:
        with node_kit("alibaba_tea.js", certificates.ca) as kit:
            yield kit

    def check_failure(self, failure: Failure, fault: AlibabaFault) -> None:
        is_throttled = fault.code.startswith("Throttling")
        assert failure.kind == failure.facts["name"] == ("ThrottlingError" if is_throttled else "ClientError")
        assert (failure.code, failure.facts["status"]) == (fault.code, fault.status)
        assert failure.facts["retry_after"] == (1 if is_throttled else None)
        request_id = failure.facts["request_id"]
        assert _UUID.fullmatch(request_id)
        assert failure.message == f"{fault.code}: code: {fault.status}, {fault.message} request id: {request_id}"

    def check_wrong_secret(self, failure: Failure) -> None:
        signed = re.search(r"server string to sign is:(ACS3-HMAC-SHA256\n[0-9a-f]{64}) request id: ", failure.message)
        assert signed
        message = f"Specified signature is not matched with our calculation. server string to sign is:{signed[1]}"
        self.check_failure(failure, AlibabaFault(400, "SignatureDoesNotMatch", message))


class TestAlibabaTeaWithOldSignature(TestAlibabaTea):
    """The same with `signatureAlgorithm: 'v2'`, which is the older signature."""

    @pytest.fixture(scope="class")
    @classmethod
    def kit(cls, certificates: Certificates) -> Iterator[Kit]:
        with node_kit("alibaba_tea.js", certificates.ca, signature="v2") as kit:
            yield kit

    def check_wrong_secret(self, failure: Failure) -> None:
        signed = re.search(r"server string to sign is:(POST&%2F&AccessKeyId%3D\S+) request id: ", failure.message)
        assert signed
        message = f"Specified signature is not matched with our calculation. server string to sign is:{signed[1]}"
        self.check_failure(failure, AlibabaFault(400, "SignatureDoesNotMatch", message))


class TestTencent(TencentContract):
    """tencentcloud-sdk-nodejs. The service that it signs for is whatever stands before the endpoint's first dot."""

    kind = "TencentCloudSDKHttpException"
    speaks_chinese = False

    @pytest.fixture(scope="class")
    @classmethod
    def kit(cls, certificates: Certificates) -> Iterator[Kit]:
        with node_kit("tencent_iai.js", certificates.ca) as kit:
            yield kit

    def test_trace_id_comes_back(self, kit: Kit, server: LiveServer) -> None:
        caller = bad_caller(server, KeyKind.TENCENT, Trouble.WRONG_SECRET)
        failure = kit.fail(caller, tencent_pair(MATED), trace_id="trace-of-this-test")
        self.check_failure(failure, TENCENT_WRONG_SECRET)
        assert failure.facts["trace_id"] == "trace-of-this-test"
        assert failure.facts["status"] is None


class TestBaidu(BaiduContract):
    """baidu-aip-sdk. It sends JSON labelled as a form, and appends a second query to the token."""

    @pytest.fixture(scope="class")
    @classmethod
    def kit(cls, certificates: Certificates) -> Iterator[Kit]:
        with node_kit("baidu_aip.js", certificates.ca) as kit:
            yield kit

    def match(self, kit: Kit, caller: Caller, pictures: object, **options: object) -> dict[str, Any]:
        answer: dict[str, Any] = kit.call(caller, [pictures], **options)["answer"]
        return answer

    def test_token_with_a_second_query(self, kit: Kit, server: LiveServer) -> None:
        done = kit.call(good_caller(server, KeyKind.BAIDU), [BAIDU_PAIR])
        token, match = done["sent"]
        assert token == f"{server.url}/oauth/2.0/token"
        path = re.escape(f"{server.url}/rest/2.0/face/v3/match")
        assert re.fullmatch(path + r"\?aipSdk=node&access_token=24\.[0-9A-Za-z.-]+\?aipSdk=node", match)
        check_baidu_score(done["answer"], is_mated=True)

    def test_signature_where_there_is_no_token(self, kit: Kit, server: LiveServer) -> None:
        caller = bad_caller(server, KeyKind.BAIDU, Trouble.WRONG_SECRET)
        done = kit.call(caller, [BAIDU_PAIR])
        assert done["sent"][1] == f"{server.url}/rest/2.0/face/v3/match?aipSdk=node"
        assert done["answer"]["error_code"] == 14

    def test_detect(self, kit: Kit, server: LiveServer) -> None:
        arguments = [REFERENCE, "BASE64", {"max_face_num": 2}]
        answer = kit.call(good_caller(server, KeyKind.BAIDU), arguments, method="detect")["answer"]
        assert (answer["error_code"], answer["result"]["face_num"]) == (0, 1)
        where = answer["result"]["face_list"][0]["location"]
        assert where["left"] < 223 < where["left"] + where["width"]
        assert where["top"] < 127 < where["top"] + where["height"]

    def test_interface_that_is_not_served(self, kit: Kit, server: LiveServer) -> None:
        arguments = [REFERENCE, "BASE64", "staff"]
        answer = kit.call(good_caller(server, KeyKind.BAIDU), arguments, method="search")["answer"]
        check_baidu_fault(answer, BAIDU_UNSUPPORTED)

    def test_token_is_not_renewed_by_this_kit(self, kit: Kit, server: LiveServer, model_home: Path) -> None:
        caller = good_caller(server, KeyKind.BAIDU)
        check_baidu_score(self.match(kit, caller, BAIDU_PAIR, client="restart"), is_mated=True)
        with live_server() as another:
            with another.open_store() as store:
                account = store.list_accounts()[0]
                store.create_key(account.account_id, KeyKind.BAIDU, KeyPair(KeyKind.BAIDU, caller.key, caller.secret))
            there = Caller(another.url, caller.key, caller.secret)
            check_baidu_fault(self.match(kit, there, BAIDU_PAIR, client="restart"), BAIDU_INVALID_TOKEN)
            check_baidu_score(self.match(kit, there, BAIDU_PAIR), is_mated=True)


@pytest.mark.parametrize(
    ("script", "kind", "arguments", "raised"),
    [
        ("alibaba_pop.js", KeyKind.ALIBABA, alibaba_pair(STRANGER), ("Error", "UNABLE_TO_VERIFY_LEAF_SIGNATURE")),
        ("alibaba_tea.js", KeyKind.ALIBABA, alibaba_pair(STRANGER), ("Error", "UNABLE_TO_VERIFY_LEAF_SIGNATURE")),
        ("tencent_iai.js", KeyKind.TENCENT, tencent_pair(STRANGER), ("TencentCloudSDKHttpException", None)),
        ("baidu_aip.js", KeyKind.BAIDU, [BAIDU_PAIR], ("Object", "ERRTYPE_NETWORK")),
    ],
    ids=["alibaba pop-core", "alibaba tea", "tencent", "baidu"],
)
def test_certificate_of_an_unknown_ca_is_not_trusted(
    tls_server: LiveServer, script: str, kind: KeyKind, arguments: object, raised: tuple[str, str | None]
) -> None:
    with node_kit(script) as kit:
        failure = kit.fail(good_caller(tls_server, kind), arguments)
    assert (failure.kind, failure.code) == raised
    assert "unable to verify the first certificate" in failure.message
