"""What every kit of a vendor must meet with; one class a vendor, and a subclass for every kit in the test modules.

Expected codes and texts are written out, as the vendors' documents have them: nothing is taken from the server.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.conformance.sdk.conftest import Certificates
from tests.conformance.sdk.kits import (
    FACELESS,
    GIF,
    MATED,
    NO_IMAGE,
    REFERENCE,
    STRANGER,
    Caller,
    Failure,
    Kit,
    Trouble,
    bad_caller,
    good_caller,
    padded,
)
from tests.live_server import LiveServer
from visavis.service.accounts import KeyKind

ATTEMPTS = 5
"""Quick calls of an account that may make one a second; more than one of them are too many."""

_LARGE = padded(2_300_000)
_LARGER = padded(4_000_000)
_OVER_8_MB = padded(6_500_000)
_OVER_10_MB = padded(8_000_000)
_UPPER_UUID = re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")
_LOWER_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Contract:
    """Of any kit: it runs for all tests of a class."""

    @pytest.fixture(scope="class")
    @classmethod
    def kit(cls, certificates: Certificates) -> Iterator[Kit]:
        """The kit that is tested."""
        raise NotImplementedError


class AlibabaFault(NamedTuple):
    """An error of the gateway."""

    status: int
    code: str
    message: str


ALIBABA_TROUBLES = {
    Trouble.UNKNOWN_KEY: AlibabaFault(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."),
    Trouble.DISABLED_KEY: AlibabaFault(400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled."),
    Trouble.NOT_GRANTED: AlibabaFault(
        403,
        "Forbidden.RAM",
        "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
    ),
    Trouble.IN_ARREARS: AlibabaFault(
        403, "Forbidden.AccountState", "The state of your account does not allow this call."
    ),
    Trouble.EXHAUSTED: AlibabaFault(
        403, "Forbidden.PackageExhausted", "Your resource package is used up or has expired."
    ),
}
ALIBABA_THROTTLED = AlibabaFault(400, "Throttling.User", "Request was denied due to user flow control.")
ALIBABA_UNKNOWN_ACTION = AlibabaFault(
    404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method."
)
ALIBABA_UNKNOWN_VERSION = AlibabaFault(400, "InvalidVersion", "Specified parameter Version is not valid.")
ALIBABA_TOO_LARGE = AlibabaFault(413, "RequestBodyTooLarge", "The request body exceeds the limit of 8 MB.")


def alibaba_pair(probe: str, prefix: str = "base64://", **others: str) -> dict[str, str]:
    """The parameters of CompareFaces."""
    pictures = {"SourceImageValue": prefix + REFERENCE, "TargetImageValue": prefix + probe}
    return {"SourceImageType": "FacePic", "TargetImageType": "FacePic"} | pictures | others


_ALIBABA_MISSING = {name: value for name, value in alibaba_pair(MATED).items() if name != "TargetImageValue"}

ALIBABA_MISTAKES = {
    "no face": (alibaba_pair(FACELESS), "Error.NoFaceDetected"),
    "not an image": (alibaba_pair(NO_IMAGE), "Error.InvalidImage"),
    "GIF": (alibaba_pair(GIF), "Error.InvalidImage"),
    "image over 2 MB": (alibaba_pair(_LARGE), "Error.ImageTooLarge"),
    "missing image": (_ALIBABA_MISSING, "Error.MissingImage"),
    "two ID pictures": (
        alibaba_pair(MATED, SourceImageType="IDPic", TargetImageType="IDPic"),
        "Error.InvalidParameter",
    ),
    "unknown image type": (alibaba_pair(MATED, TargetImageType="Passport"), "Error.InvalidParameter"),
}


class AlibabaContract(Contract):
    """CompareFaces."""

    def check_failure(self, failure: Failure, fault: AlibabaFault) -> None:
        """The kit raised what it raises for such an error of the gateway."""
        raise NotImplementedError

    def check_wrong_secret(self, failure: Failure) -> None:
        """The kit raised what it raises for a wrong secret."""
        raise NotImplementedError

    def check_mistake(self, outcome: Any, name: str) -> None:
        """A business error, which kits for Python, and the newer one for Node, return and do not raise."""
        assert not isinstance(outcome, Failure), outcome
        assert _UPPER_UUID.fullmatch(outcome.pop("RequestId"))
        assert outcome == {"Code": "400", "Message": name, "Success": False}

    def check_scores(self, kit: Kit, caller: Caller) -> None:
        """The kit reads that one pair is of one person, and the other not."""
        mated, stranger = kit.call(caller, alibaba_pair(MATED)), kit.call(caller, alibaba_pair(STRANGER))
        for answer in (mated, stranger):
            assert _UPPER_UUID.fullmatch(answer.pop("RequestId"))
            assert (answer.pop("Code"), answer.pop("Success")) == ("200", True)
            assert set(answer) == {"Data"}
            assert set(answer["Data"]) == {"SimilarityScore", "ConfidenceThresholds"}
        thresholds = {rate: float(text) for rate, text in json.loads(mated["Data"]["ConfidenceThresholds"]).items()}
        assert set(thresholds) == {"0.0001", "0.001", "0.01"}
        assert thresholds["0.0001"] < mated["Data"]["SimilarityScore"] <= 100
        assert 0 <= stranger["Data"]["SimilarityScore"] < thresholds["0.01"]

    def test_tells_a_person_from_a_stranger(self, kit: Kit, server: LiveServer) -> None:
        self.check_scores(kit, good_caller(server, KeyKind.ALIBABA))

    def test_works_over_tls_with_a_private_ca(
        self, kit: Kit, tls_server: LiveServer, certificates: Certificates
    ) -> None:
        assert tls_server.url.startswith("https://")
        self.check_scores(kit, good_caller(tls_server, KeyKind.ALIBABA, certificates.ca))
        caller = bad_caller(tls_server, KeyKind.ALIBABA, Trouble.WRONG_SECRET, certificates.ca)
        self.check_wrong_secret(kit.fail(caller, alibaba_pair(MATED)))

    def test_wrong_secret(self, kit: Kit, server: LiveServer) -> None:
        caller = bad_caller(server, KeyKind.ALIBABA, Trouble.WRONG_SECRET)
        self.check_wrong_secret(kit.fail(caller, alibaba_pair(MATED)))

    @pytest.mark.parametrize("trouble", list(ALIBABA_TROUBLES), ids=lambda trouble: trouble.name)
    def test_caller_in_trouble(self, kit: Kit, server: LiveServer, trouble: Trouble) -> None:
        caller = bad_caller(server, KeyKind.ALIBABA, trouble)
        if trouble is Trouble.EXHAUSTED:
            assert kit.call(caller, alibaba_pair(MATED))["Success"]
        self.check_failure(kit.fail(caller, alibaba_pair(MATED)), ALIBABA_TROUBLES[trouble])

    def test_throttled(self, kit: Kit, server: LiveServer) -> None:
        caller = bad_caller(server, KeyKind.ALIBABA, Trouble.THROTTLED)
        first, *others = [kit.attempt(caller, _ALIBABA_MISSING) for _ in range(ATTEMPTS)]
        self.check_mistake(first, "Error.MissingImage")
        throttled = [other for other in others if getattr(other, "code", "400") != "400"]
        assert throttled
        for failure in throttled:
            self.check_failure(failure, ALIBABA_THROTTLED)

    @pytest.mark.parametrize(("arguments", "name"), ALIBABA_MISTAKES.values(), ids=list(ALIBABA_MISTAKES))
    def test_mistake(self, kit: Kit, server: LiveServer, arguments: dict[str, str], name: str) -> None:
        self.check_mistake(kit.attempt(good_caller(server, KeyKind.ALIBABA), arguments), name)

    def test_body_over_8_mb(self, kit: Kit, server: LiveServer) -> None:
        failure = kit.fail(good_caller(server, KeyKind.ALIBABA), alibaba_pair(_OVER_8_MB))
        self.check_failure(failure, ALIBABA_TOO_LARGE)

    def test_unknown_action(self, kit: Kit, server: LiveServer) -> None:
        failure = kit.fail(good_caller(server, KeyKind.ALIBABA), alibaba_pair(MATED), action="CompareVoices")
        self.check_failure(failure, ALIBABA_UNKNOWN_ACTION)

    def test_unknown_version(self, kit: Kit, server: LiveServer) -> None:
        failure = kit.fail(good_caller(server, KeyKind.ALIBABA), alibaba_pair(MATED), version="2019-01-01")
        self.check_failure(failure, ALIBABA_UNKNOWN_VERSION)


class TencentFault(NamedTuple):
    """An error; its text in English differs from that in Chinese for common errors only."""

    code: str
    chinese: str
    english: str


def _business(code: str, message: str) -> TencentFault:
    return TencentFault(code, message, message)


TENCENT_TROUBLES = {
    Trouble.WRONG_SECRET: TencentFault(
        "AuthFailure.SignatureFailure",
        "请求签名验证失败，请检查您的签名计算是否正确。",
        "The provided credentials could not be validated. Please check your signature is correct.",
    ),
    Trouble.UNKNOWN_KEY: TencentFault(
        "AuthFailure.SecretIdNotFound",
        "SecretId不存在，请输入正确的密钥。",
        "The SecretId is not found, please ensure that your SecretId is correct.",
    ),
    Trouble.DISABLED_KEY: TencentFault(
        "AuthFailure.InvalidSecretId",
        "密钥非法（不是云 API 密钥类型）。",
        "The SecretId is not a TencentCloud API key.",
    ),
    Trouble.NOT_GRANTED: TencentFault(
        "AuthFailure.UnauthorizedOperation", "请求未授权。", "The request is not authorized."
    ),
    Trouble.IN_ARREARS: _business("ResourceUnavailable.InArrears", "账号已欠费。"),
    Trouble.EXHAUSTED: _business("ResourceUnavailable.InArrears", "账号已欠费。"),
}
TENCENT_WRONG_SECRET = TENCENT_TROUBLES[Trouble.WRONG_SECRET]
_TENCENT_THROTTLED = TencentFault(
    "RequestLimitExceeded",
    "您当前每秒请求 `{count}` 次，超过了每秒频率上限 `1`，请稍后重试。",
    "Your current request times equals to `{count}` in a second, which exceeds the frequency limit `1` for a second. "
    "Please reduce the frequency of calls.",
)
_TENCENT_EMPTY = _business("MissingParameter.ErrorParameterEmpty", "必选参数为空。")
_NOT_DECODED = _business("FailedOperation.ImageDecodeFailed", "图片解码失败。")

TENCENT_V1_TOO_LARGE = (
    "The provided credentials could not be validated because of exceeding request size limit, please use new signature "
    "method `TC3-HMAC-SHA256`."
)


def tencent_pair(probe: str, **others: object) -> dict[str, object]:
    """The parameters of CompareMaskFace."""
    return {"ImageA": REFERENCE, "ImageB": probe, **others}


TENCENT_MISTAKES: dict[str, tuple[dict[str, object], TencentFault]] = {
    "no face": (tencent_pair(FACELESS), _business("InvalidParameterValue.NoFaceInPhoto", "图片中没有人脸。")),
    "not an image": (tencent_pair(NO_IMAGE), _NOT_DECODED),
    "GIF": (tencent_pair(GIF), _NOT_DECODED),
    "missing image": ({"ImageA": REFERENCE}, _TENCENT_EMPTY),
    "empty image": (tencent_pair(""), _business("InvalidParameterValue.ImageEmpty", "图片为空。")),
    "image over 5 MB": (
        tencent_pair(_LARGER),
        _business("FailedOperation.ImageSizeExceed", "base64编码后的图片数据大小不超过5M。"),
    ),
    "FaceModelVersion": (
        tencent_pair(MATED, FaceModelVersion="2.0"),
        _business("InvalidParameterValue.FaceModelVersionIllegal", "算法模型版本不合法。"),
    ),
    "QualityControl": (
        tencent_pair(MATED, QualityControl=5),
        _business("InvalidParameterValue.QualityControlIllegal", "QualityControl参数不合法。"),
    ),
    "wrong type": (
        tencent_pair(MATED, QualityControl="much"),
        TencentFault(
            "InvalidParameter",
            "参数 `QualityControl` 类型错误。",
            "The type of value of parameter `QualityControl` is not correct.",
        ),
    ),
    "body over 10 MB": (
        tencent_pair(_OVER_10_MB),
        TencentFault("RequestSizeLimitExceeded", "请求包超过限制大小。", "The request body exceeds the size limit."),
    ),
}


class TencentContract(Contract):
    """CompareMaskFace. The kit for Python asks for Chinese, that for Node for nothing, which means English."""

    kind: str
    speaks_chinese: bool

    def check_failure(self, failure: Failure, fault: TencentFault, *, chinese: bool | None = None) -> None:
        """The kit raised this error."""
        message = fault.chinese if (self.speaks_chinese if chinese is None else chinese) else fault.english
        assert (failure.kind, failure.code, failure.message) == (self.kind, fault.code, message)
        assert _LOWER_UUID.fullmatch(failure.facts["request_id"])

    def check_scores(self, kit: Kit, caller: Caller, **options: object) -> None:
        """The kit reads that one pair is of one person, and the other not: at 50, 1 in 10,000 strangers pass."""
        mated = kit.call(caller, tencent_pair(MATED), **options)
        stranger = kit.call(caller, tencent_pair(STRANGER), **options)
        for answer in (mated, stranger):
            assert set(answer) == {"Score", "FaceModelVersion", "RequestId"}
            assert answer["FaceModelVersion"] == "3.0"
            assert _LOWER_UUID.fullmatch(answer["RequestId"])
        assert 60 < mated["Score"] <= 100
        assert 0 <= stranger["Score"] < 40

    def test_tells_a_person_from_a_stranger(self, kit: Kit, server: LiveServer) -> None:
        self.check_scores(kit, good_caller(server, KeyKind.TENCENT))

    def test_works_over_tls_with_a_private_ca(
        self, kit: Kit, tls_server: LiveServer, certificates: Certificates
    ) -> None:
        assert tls_server.url.startswith("https://")
        self.check_scores(kit, good_caller(tls_server, KeyKind.TENCENT, certificates.ca))
        caller = bad_caller(tls_server, KeyKind.TENCENT, Trouble.WRONG_SECRET, certificates.ca)
        self.check_failure(kit.fail(caller, tencent_pair(MATED)), TENCENT_WRONG_SECRET)

    @pytest.mark.parametrize("method", ["TC3-HMAC-SHA256", "HmacSHA1", "HmacSHA256"])
    def test_signature_methods(self, kit: Kit, server: LiveServer, method: str) -> None:
        self.check_scores(kit, good_caller(server, KeyKind.TENCENT), signature=method)
        caller = bad_caller(server, KeyKind.TENCENT, Trouble.WRONG_SECRET)
        self.check_failure(kit.fail(caller, tencent_pair(MATED), signature=method), TENCENT_WRONG_SECRET)

    def test_old_signature_is_for_small_bodies(self, kit: Kit, server: LiveServer) -> None:
        caller = good_caller(server, KeyKind.TENCENT)
        failure = kit.fail(caller, tencent_pair(_LARGE), signature="HmacSHA1")
        assert (failure.kind, failure.code) == (self.kind, "AuthFailure.SignatureFailure")
        assert failure.message == TENCENT_V1_TOO_LARGE
        assert kit.call(caller, tencent_pair(_LARGE))["Score"] > 60

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    @pytest.mark.parametrize("method", ["TC3-HMAC-SHA256", "HmacSHA256"])
    def test_endpoint_by_address_and_by_name(self, kit: Kit, server: LiveServer, host: str, method: str) -> None:
        caller = good_caller(server, KeyKind.TENCENT)
        there = Caller(caller.url.replace("127.0.0.1", host), caller.key, caller.secret)
        assert f"//{host}:" in there.url
        self.check_scores(kit, there, signature=method)

    @pytest.mark.parametrize("trouble", list(TENCENT_TROUBLES), ids=lambda trouble: trouble.name)
    def test_caller_in_trouble(self, kit: Kit, server: LiveServer, trouble: Trouble) -> None:
        caller = bad_caller(server, KeyKind.TENCENT, trouble)
        if trouble is Trouble.EXHAUSTED:
            assert kit.call(caller, tencent_pair(MATED))["Score"] > 60
        self.check_failure(kit.fail(caller, tencent_pair(MATED)), TENCENT_TROUBLES[trouble])

    def test_throttled(self, kit: Kit, server: LiveServer) -> None:
        caller = bad_caller(server, KeyKind.TENCENT, Trouble.THROTTLED)
        first, *others = [kit.fail(caller, {"ImageA": REFERENCE}) for _ in range(ATTEMPTS)]
        self.check_failure(first, _TENCENT_EMPTY)
        throttled = [other for other in others if other.code != _TENCENT_EMPTY.code]
        assert throttled
        for failure in throttled:
            count = re.search("`([0-9]+)`", failure.message)
            assert count and int(count[1]) > 1
            texts = (text.replace("{count}", count[1]) for text in _TENCENT_THROTTLED[1:])
            self.check_failure(failure, TencentFault("RequestLimitExceeded", *texts))

    @pytest.mark.parametrize(("arguments", "fault"), TENCENT_MISTAKES.values(), ids=list(TENCENT_MISTAKES))
    def test_mistake(self, kit: Kit, server: LiveServer, arguments: dict[str, object], fault: TencentFault) -> None:
        self.check_failure(kit.fail(good_caller(server, KeyKind.TENCENT), arguments), fault)

    @pytest.mark.parametrize("language", ["zh-CN", "en-US"])
    def test_language(self, kit: Kit, server: LiveServer, language: str) -> None:
        caller = bad_caller(server, KeyKind.TENCENT, Trouble.WRONG_SECRET)
        failure = kit.fail(caller, tencent_pair(MATED), language=language)
        self.check_failure(failure, TENCENT_WRONG_SECRET, chinese=language == "zh-CN")

    @pytest.mark.parametrize("action", ["CompareVoice", "DetectFace"])
    def test_unknown_action(self, kit: Kit, server: LiveServer, action: str) -> None:
        failure = kit.fail(good_caller(server, KeyKind.TENCENT), {"Url": "http://example.com/a.jpg"}, action=action)
        texts = (f"接口 `{action}` 不存在。", f"The action `{action}` is invalid or not found.")
        self.check_failure(failure, TencentFault("InvalidAction", *texts))

    def test_unknown_version(self, kit: Kit, server: LiveServer) -> None:
        failure = kit.fail(good_caller(server, KeyKind.TENCENT), tencent_pair(MATED), version="2019-01-01")
        english = "The specified api version=`2019-01-01` does not exist in service=`iai`."
        self.check_failure(failure, TencentFault("NoSuchVersion", "接口版本 `2019-01-01` 不存在。", english))

    def test_sibling_action(self, kit: Kit, server: LiveServer) -> None:
        answer = kit.call(good_caller(server, KeyKind.TENCENT), tencent_pair(MATED), action="CompareFace")
        assert 60 < answer["Score"] <= 100


class BaiduFault(NamedTuple):
    """An error. All kits return it and raise nothing."""

    code: int
    message: str


BAIDU_TROUBLES = {
    # The token is refused, and so the kits sign instead, with the same key.
    Trouble.WRONG_SECRET: BaiduFault(14, "IAM Certification failed"),
    Trouble.UNKNOWN_KEY: BaiduFault(14, "IAM Certification failed"),
    Trouble.DISABLED_KEY: BaiduFault(14, "IAM Certification failed"),
    Trouble.NOT_GRANTED: BaiduFault(6, "no permission to access data"),
    Trouble.IN_ARREARS: BaiduFault(6, "no permission to access data"),
    Trouble.EXHAUSTED: BaiduFault(19, "Open api total request limit reached"),
}
BAIDU_THROTTLED = BaiduFault(18, "Open api qps request limit reached")
BAIDU_INVALID_TOKEN = BaiduFault(110, "Access token invalid or no longer valid")
BAIDU_UNSUPPORTED = BaiduFault(3, "Unsupported openapi method")
_COUNT = BaiduFault(222208, "the number of image is incorrect")
_CHECK_FAIL = BaiduFault(222203, "image check fail")


def baidu_pictures(*images: str, image_type: str = "BASE64") -> list[dict[str, str]]:
    """The body of a match."""
    return [{"image": image, "image_type": image_type} for image in images]


BAIDU_PAIR = baidu_pictures(REFERENCE, MATED)

BAIDU_MISTAKES: dict[str, tuple[list[dict[str, str]], BaiduFault]] = {
    "no face": (baidu_pictures(REFERENCE, FACELESS), BaiduFault(222202, "pic not has face")),
    "not an image": (baidu_pictures(REFERENCE, NO_IMAGE), _CHECK_FAIL),
    "GIF": (baidu_pictures(REFERENCE, GIF), _CHECK_FAIL),
    "image over 2 MB": (baidu_pictures(REFERENCE, _LARGE), _CHECK_FAIL),
    "missing image": (
        [*baidu_pictures(REFERENCE), {"image_type": "BASE64"}],
        BaiduFault(222001, "param[image] is null"),
    ),
    "wrong image_type": (
        baidu_pictures(REFERENCE, MATED, image_type="PNG"),
        BaiduFault(222015, "param[image_type] format error"),
    ),
    "one image": (baidu_pictures(REFERENCE), _COUNT),
    "three images": (baidu_pictures(REFERENCE, MATED, STRANGER), _COUNT),
    "unknown face token": (
        baidu_pictures("0" * 32, "f" * 32, image_type="FACE_TOKEN"),
        BaiduFault(222209, "face token not exist"),
    ),
    "body over 10 MB": (baidu_pictures(REFERENCE, _OVER_10_MB), BaiduFault(222304, "image size is too large")),
}


def check_baidu_fault(answer: dict[str, Any], fault: BaiduFault) -> None:
    """The answer is this error, in the envelope that errors of its kind have."""
    assert BaiduFault(answer["error_code"], answer["error_msg"]) == fault
    envelope = {"error_code", "error_msg", "log_id"}
    assert set(answer) == envelope | ({"timestamp", "cached", "result"} if fault.code > 1000 else set())
    assert answer.get("result") is None
    assert 0 < answer["log_id"] < 2**53


def check_baidu_score(answer: dict[str, Any], *, is_mated: bool) -> None:
    """The answer is a score on the right side of 80."""
    assert (answer["error_code"], answer["error_msg"], answer["cached"]) == (0, "SUCCESS", 0)
    assert 0 < answer["log_id"] < 2**53
    assert set(answer["result"]) == {"score", "face_list"}
    assert len(answer["result"]["face_list"]) == 2
    score = answer["result"]["score"]
    assert (90 < score <= 100) if is_mated else (0 <= score < 70)


class BaiduContract(Contract):
    """Match."""

    def match(self, kit: Kit, caller: Caller, pictures: object, **options: object) -> dict[str, Any]:
        """What the kit returned."""
        raise NotImplementedError

    def check_scores(self, kit: Kit, caller: Caller) -> None:
        """The kit reads that one pair is of one person, and the other not."""
        check_baidu_score(self.match(kit, caller, BAIDU_PAIR), is_mated=True)
        check_baidu_score(self.match(kit, caller, baidu_pictures(REFERENCE, STRANGER)), is_mated=False)

    def test_tells_a_person_from_a_stranger(self, kit: Kit, server: LiveServer) -> None:
        self.check_scores(kit, good_caller(server, KeyKind.BAIDU))

    def test_works_over_tls_with_a_private_ca(
        self, kit: Kit, tls_server: LiveServer, certificates: Certificates
    ) -> None:
        assert tls_server.url.startswith("https://")
        self.check_scores(kit, good_caller(tls_server, KeyKind.BAIDU, certificates.ca))
        caller = bad_caller(tls_server, KeyKind.BAIDU, Trouble.WRONG_SECRET, certificates.ca)
        check_baidu_fault(self.match(kit, caller, BAIDU_PAIR), BAIDU_TROUBLES[Trouble.WRONG_SECRET])

    @pytest.mark.parametrize("trouble", list(BAIDU_TROUBLES), ids=lambda trouble: trouble.name)
    def test_caller_in_trouble(self, kit: Kit, server: LiveServer, trouble: Trouble) -> None:
        caller = bad_caller(server, KeyKind.BAIDU, trouble)
        if trouble is Trouble.EXHAUSTED:
            check_baidu_score(self.match(kit, caller, BAIDU_PAIR), is_mated=True)
        check_baidu_fault(self.match(kit, caller, BAIDU_PAIR), BAIDU_TROUBLES[trouble])

    def test_throttled(self, kit: Kit, server: LiveServer) -> None:
        caller = bad_caller(server, KeyKind.BAIDU, Trouble.THROTTLED)
        first, *others = [self.match(kit, caller, baidu_pictures(REFERENCE)) for _ in range(ATTEMPTS)]
        check_baidu_fault(first, _COUNT)
        throttled = [other for other in others if other["error_code"] != _COUNT.code]
        assert throttled
        for answer in throttled:
            check_baidu_fault(answer, BAIDU_THROTTLED)

    @pytest.mark.parametrize(("pictures", "fault"), BAIDU_MISTAKES.values(), ids=list(BAIDU_MISTAKES))
    def test_mistake(self, kit: Kit, server: LiveServer, pictures: list[dict[str, str]], fault: BaiduFault) -> None:
        check_baidu_fault(self.match(kit, good_caller(server, KeyKind.BAIDU), pictures), fault)

    def test_face_tokens_stand_for_their_pictures(self, kit: Kit, server: LiveServer) -> None:
        caller = good_caller(server, KeyKind.BAIDU)
        first = self.match(kit, caller, BAIDU_PAIR)["result"]
        tokens = [face["face_token"] for face in first["face_list"]]
        again = self.match(kit, caller, baidu_pictures(*tokens, image_type="FACE_TOKEN"))["result"]
        assert [face["face_token"] for face in again["face_list"]] == tokens
        assert again["score"] == pytest.approx(first["score"], abs=0.1)
