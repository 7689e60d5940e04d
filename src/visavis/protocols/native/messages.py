"""Every sentence that the API says to people, in each of its languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from visavis.service.orders import Control
from visavis.service.quality import Flaw, advice

Language = Literal["en", "zh"]
ENGLISH: Final = "en"
CHINESE: Final = "zh"

MESSAGES: dict[str, dict[Language, str]] = {
    "image_empty": {"en": "the picture is empty", "zh": "图片内容为空"},
    "image_format": {
        "en": "not a picture of an accepted format: JPEG, PNG, BMP or WebP",
        "zh": "图片格式不受支持，请使用 JPEG、PNG、BMP 或 WebP",
    },
    "image_decode": {"en": "the picture is truncated or corrupt", "zh": "图片不完整或已损坏，无法解码"},
    "image_animated": {"en": "the picture has more than one frame", "zh": "图片包含多帧，不支持动图"},
    "image_too_large": {
        "en": "the picture's {measure} is {actual}; at most {limit}",
        "zh": "图片的{measure}为 {actual}，最多为 {limit}",
    },
    "image_too_small": {
        "en": "the picture's {measure} is {actual}; at least {limit}",
        "zh": "图片的{measure}为 {actual}，至少为 {limit}",
    },
    "image_encoding": {"en": "the picture is not valid base64", "zh": "图片不是有效的 base64 编码"},
    "image_download": {"en": "the picture could not be downloaded from the URL", "zh": "无法从该 URL 下载图片"},
    "url": {"en": "the URL is malformed, or is neither http nor https", "zh": "URL 格式错误，或不是 http、https 地址"},
    "url_forbidden": {
        "en": "this server does not download from that URL",
        "zh": "本服务器不允许从该 URL 下载",
    },
    "control_unavailable": {
        "en": "{control} is not available on this server",
        "zh": "本服务器不提供该项检查（{control}）",
    },
    "parameter": {"en": "a parameter is out of its range", "zh": "参数超出取值范围"},
    "template_mismatch": {
        "en": "the faces were read by different models; send the pictures again",
        "zh": "两张人脸由不同模型提取，请重新提交图片",
    },
    "no_face": {"en": "no face was found in the picture", "zh": "图片中未检测到人脸"},
    "face_too_small": {
        "en": "the face is {side_px} pixels wide; at least {limit} are needed",
        "zh": "人脸宽度为 {side_px} 像素，至少需要 {limit} 像素",
    },
    "quality_refused": {"en": "the picture is not good enough; {advice}", "zh": "图片质量不合格。{advice}"},
    "liveness_refused": {"en": "the liveness control is not passed; {advice}", "zh": "未通过活体检测。{advice}"},
    "synthesis_refused": {"en": "the synthesis control is not passed; {advice}", "zh": "未通过合成图检测。{advice}"},
    "measures_missing": {
        "en": "the face token bears nothing to decide the control by; send the picture again",
        "zh": "该 face_token 没有可供该项检查的结果，请重新提交图片",
    },
    "face_token_not_found": {
        "en": "no such face token under this account, or it has expired",
        "zh": "该账户下没有此 face_token，或已过期",
    },
    "not_granted": {"en": "this account may not call this interface", "zh": "该账户无权调用此接口"},
    "account_state": {"en": "the account is {state}", "zh": "账户状态异常：{state}"},
    "rate_limited": {"en": "too many calls; at most {limit} a second", "zh": "调用过于频繁，每秒最多 {limit} 次"},
    "daily_limit": {"en": "today's calls are used up", "zh": "今日调用次数已用完"},
    "quota_exhausted": {"en": "all calls are used up, or have expired", "zh": "调用次数已用完或已过期"},
    "queue_full": {"en": "the server is busy; try again soon", "zh": "服务繁忙，请稍后重试"},
    "deadline_exceeded": {"en": "the server could not answer in time; try again soon", "zh": "处理超时，请稍后重试"},
    "missing_key": {
        "en": "send the key as `Authorization: Bearer <key>`",
        "zh": "请通过 `Authorization: Bearer <key>` 提供密钥",
    },
    "invalid_key": {"en": "the key is not valid", "zh": "密钥无效"},
    "key_disabled": {"en": "the key is disabled", "zh": "密钥已停用"},
    "body_incomplete": {"en": "the body did not arrive completely", "zh": "请求体未完整送达"},
    "body_too_large": {"en": "the body is larger than {limit} bytes", "zh": "请求体超过 {limit} 字节"},
    "unsupported_media_type": {
        "en": "send multipart/form-data or application/json",
        "zh": "请使用 multipart/form-data 或 application/json",
    },
    "unsupported_encoding": {"en": "send the content without compression or other coding", "zh": "请勿压缩或转码内容"},
    "malformed_json": {"en": "the body is not valid JSON", "zh": "请求体不是有效的 JSON"},
    "malformed_multipart": {
        "en": "the body is not valid multipart/form-data",
        "zh": "请求体不是有效的 multipart/form-data",
    },
    "too_many_parts": {"en": "more than {limit} parts", "zh": "内容部分超过 {limit} 个"},
    "part_header_too_large": {"en": "a part's headers are too large", "zh": "表单部分的头信息过大"},
    "value_too_long": {"en": "{field} is longer than {limit} bytes", "zh": "{field} 超过 {limit} 字节"},
    "duplicate_field": {"en": "{field} occurs twice", "zh": "{field} 重复出现"},
    "missing_field": {"en": "{field} is missing", "zh": "缺少 {field}"},
    "unknown_field": {"en": "there is no field {field}", "zh": "不存在字段 {field}"},
    "invalid_value": {"en": "the value of {field} is not acceptable", "zh": "{field} 的取值无效"},
    "one_source_needed": {
        "en": "{field} must have exactly one source of its picture",
        "zh": "{field} 必须且只能提供一种图片来源",
    },
    "not_found": {"en": "there is nothing at this path", "zh": "路径不存在"},
    "method_not_allowed": {"en": "this path does not accept this method", "zh": "该路径不支持此请求方法"},
    "bad_request": {"en": "the request is not valid", "zh": "请求无效"},
    "not_ready": {"en": "the server is not ready yet", "zh": "服务尚未就绪"},
    "stopping": {"en": "the server is stopping", "zh": "服务正在停止"},
    "internal": {"en": "internal error", "zh": "内部错误"},
}
"""Code → language → sentence."""

_LEVELS: dict[Language, str] = {
    "en": "`none`, `low`, `normal` or `high`",
    "zh": "`none`、`low`、`normal` 或 `high`",
}
_CONDITIONS: dict[Language, str] = {
    "en": "`live`, `idcard`, `watermark`, `cert` or `infrared`",
    "zh": "`live`、`idcard`、`watermark`、`cert` 或 `infrared`",
}
_EXPECTED: dict[str, dict[Language, str]] = {
    "fmr": {
        "en": "a number above 0 and below 1, not lower than the calibration reaches",
        "zh": "大于 0、小于 1 的数，且不低于标定所能达到的下限",
    },
    "body": {"en": "a JSON object", "zh": "JSON 对象"},
    "choice": {"en": "`largest` or `central`", "zh": "`largest` 或 `central`"},
    "keep_tokens": {"en": "true or false", "zh": "true 或 false"},
    **dict.fromkeys(("quality", "liveness", "synthesis"), _LEVELS),
    **dict.fromkeys(("condition", "reference_condition", "probe_condition"), _CONDITIONS),
    "landmarks": {"en": "true or false", "zh": "true 或 false"},
    "base64": {"en": "text in base64", "zh": "base64 文本"},
    "url": {"en": "a URL of at most 4,096 characters", "zh": "不超过 4,096 个字符的 URL"},
    "face_token": {"en": "32 lower-case hexadecimal digits", "zh": "32 位小写十六进制字符"},
}

_MEASURES = {
    "size in bytes": "字节数",
    "byte count": "字节数",
    "width": "宽度",
    "height": "高度",
    "pixel count": "像素数",
    "scan count": "扫描次数",
    "inflated byte count": "解压后字节数",
    "chunk count": "数据块数",
    "run-length coded byte count": "行程编码字节数",
}

_CONTROLS = {Control.LIVENESS.value: "活体检测", Control.SYNTHESIS.value: "合成图检测"}

_STATES = {
    "in_arrears": "已欠费",
    "frozen": "已冻结",
    "stopped": "已停用",
    "reclaimed": "已回收",
    "not_activated": "未开通",
    "delivering": "开通中",
    "unknown": "未知",
    "billing_abnormal": "计费异常",
}


def choose_language(accepted: str | None) -> Language:
    """From an `Accept-Language` header: Chinese where it is preferred to English, and English otherwise."""
    weights = {ENGLISH: 0.0, CHINESE: 0.0}
    for item in (accepted or "")[:1000].split(","):
        tag, _, parameter = item.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        if primary in weights:
            weights[primary] = max(weights[primary], _weight(parameter))
    return CHINESE if weights[CHINESE] > weights[ENGLISH] else ENGLISH


def expectation(field: str, language: Language) -> str | None:
    """What the field named last in a dotted path accepts."""
    expected = _EXPECTED.get(field.rpartition(".")[2])
    return expected[language] if expected else None


def measure_name(measure: str, language: Language) -> str:
    """What was measured of a picture."""
    return _MEASURES.get(measure, "大小") if language == CHINESE else measure


def control_name(control: str, language: Language) -> str:
    """What a caller asked for."""
    return _CONTROLS.get(control, control) if language == CHINESE else control


def join_advice(flaws: Sequence[str], language: Language) -> str:
    """What the person on a picture can do about its flaws."""
    return ("。" if language == CHINESE else "; ").join(advice(Flaw(flaw), language) for flaw in flaws)


def state_name(state: str, language: Language) -> str:
    """What is the matter with an account."""
    return _STATES.get(state, state) if language == CHINESE else state.replace("_", " ")


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return 0.0
