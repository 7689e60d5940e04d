"""Every error code of the face service and of the gateway in front of it.

The face service always answers in Chinese, in the vendor's words; the gateway answers in the language of the request.
Of the gateway's texts those about unknown SecretIds, wrong signatures, versions, parameters and rates are the vendor's;
the others are ours: clients go by the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One code.

    Attributes:
        code: as on the wire.
        chinese: its text; `{…}` is filled in.
        english: likewise; None where the text is Chinese in every language.
        is_sent: whether this server ever answers with it. The others belong to sibling actions, to checks that are not
            made here, or to circumstances that do not occur.
    """

    code: str
    chinese: str
    english: str | None = None
    is_sent: bool = False


_SERVICE = (
    ErrorRow("FailedOperation.ConflictOperation", "操作冲突,请勿同时操作相同的Person。"),
    ErrorRow("FailedOperation.DuplicatedGroupDescription", "同一人员库中自定义描述字段不可重复。"),
    ErrorRow("FailedOperation.FaceQualityNotQualified", "人脸图片质量不符要求。", is_sent=True),
    ErrorRow("FailedOperation.FaceSizeTooSmall", "人脸框大小小于MinFaceSize设置,人脸被过滤。", is_sent=True),
    ErrorRow("FailedOperation.GroupInDeletedState", "当前组正处于删除状态,请等待。"),
    ErrorRow("FailedOperation.GroupPersonMapExist", "组中已包含对应的人员Id。"),
    ErrorRow("FailedOperation.GroupPersonMapNotExist", "组中不包含对应的人员Id。"),
    ErrorRow("FailedOperation.ImageDecodeFailed", "图片解码失败。", is_sent=True),
    ErrorRow("FailedOperation.ImageDownloadError", "图片下载错误。", is_sent=True),
    ErrorRow("FailedOperation.ImageFacedetectFailed", "人脸检测失败。"),
    ErrorRow("FailedOperation.ImageResolutionExceed", "图片分辨率过大。", is_sent=True),
    ErrorRow("FailedOperation.ImageResolutionTooSmall", "图片短边分辨率小于64。", is_sent=True),
    ErrorRow("FailedOperation.ImageSizeExceed", "base64编码后的图片数据大小不超过5M。", is_sent=True),
    ErrorRow("FailedOperation.RequestTimeout", "后端服务超时。", is_sent=True),
    ErrorRow("FailedOperation.RpcFail", "Rpc调用失败。"),
    ErrorRow("FailedOperation.SearchFacesExceed", "检索人脸个数超过限制。"),
    ErrorRow("FailedOperation.ServerError", "算法服务异常,请重试。", is_sent=True),
    ErrorRow("FailedOperation.UnKnowError", "内部错误。"),
    ErrorRow("InvalidParameter.InvalidParameter", "参数不合法。"),
    ErrorRow("InvalidParameterValue.AccountFaceNumExceed", "账号脸数量超出限制。"),
    ErrorRow("InvalidParameterValue.DeleteFaceNumExceed", "删除人脸数量超出限制。每个人员至少需要包含一张人脸。"),
    ErrorRow("InvalidParameterValue.FaceModelVersionIllegal", "算法模型版本不合法。", is_sent=True),
    ErrorRow(
        "InvalidParameterValue.GroupExDescriptionsExceed", "人员库自定义描述字段数组长度超过限制。最多可以创建5个。"
    ),
    ErrorRow("InvalidParameterValue.GroupExDescriptionsNameIdentical", "人员库自定义描述字段名称不可重复。"),
    ErrorRow(
        "InvalidParameterValue.GroupExDescriptionsNameIllegal",
        "人员库自定义描述字段名称包含非法字符。人员库自定义描述字段名称只支持中英文、-、_、数字。",
    ),
    ErrorRow("InvalidParameterValue.GroupExDescriptionsNameTooLong", "人员库自定义描述字段名称长度超出限制。"),
    ErrorRow("InvalidParameterValue.GroupFaceNumExceed", "人员库人脸数量超出限制。"),
    ErrorRow("InvalidParameterValue.GroupIdAlreadyExist", "人员库ID已经存在。人员库ID不可重复。"),
    ErrorRow("InvalidParameterValue.GroupIdIllegal", "人员库ID包含非法字符。人员库ID只支持英文、数字、-%@#&_。"),
    ErrorRow("InvalidParameterValue.GroupIdNotExist", "人员库ID不存在。"),
    ErrorRow("InvalidParameterValue.GroupIdTooLong", "人员库ID超出长度限制。"),
    ErrorRow("InvalidParameterValue.GroupIdsExceed", "传入的人员库列表超过限制。"),
    ErrorRow("InvalidParameterValue.GroupNameAlreadyExist", "人员库名称已经存在。人员库名称不可重复。"),
    ErrorRow("InvalidParameterValue.GroupNameIllegal", "人员库名称包含非法字符。人员库名称只支持中英文、-、_、数字。"),
    ErrorRow("InvalidParameterValue.GroupNameTooLong", "人员库名称超出长度限制。"),
    ErrorRow("InvalidParameterValue.GroupNumExceed", "人员库数量超出限制。如需增加,请联系我们。"),
    ErrorRow(
        "InvalidParameterValue.GroupNumPerPersonExceed", "人员库数量超出限制。单个人员最多可被添加至100个人员库。"
    ),
    ErrorRow("InvalidParameterValue.GroupTagIllegal", "人员库备注包含非法字符。人员库备注只支持中英文、-、_、数字。"),
    ErrorRow("InvalidParameterValue.GroupTagTooLong", "人员库备注超出长度限制。"),
    ErrorRow("InvalidParameterValue.ImageEmpty", "图片为空。", is_sent=True),
    ErrorRow("InvalidParameterValue.LimitExceed", "返回数量超出限制。"),
    ErrorRow("InvalidParameterValue.NoFaceInGroups", "指定分组中没有人脸。"),
    ErrorRow("InvalidParameterValue.NoFaceInPhoto", "图片中没有人脸。", is_sent=True),
    ErrorRow("InvalidParameterValue.OffsetExceed", "起始序号过大。请检查需要请求的数组长度。"),
    ErrorRow("InvalidParameterValue.PersonExDescriptionInfosExceed", "人员自定义描述字段数组长度超过限制。最多5个。"),
    ErrorRow("InvalidParameterValue.PersonExDescriptionsNameIdentical", "人员自定义描述字段名称不可重复。"),
    ErrorRow(
        "InvalidParameterValue.PersonExDescriptionsNameIllegal",
        "人员自定义描述字段名称包含非法字符。人员自定义描述字段名称只支持中英文、-、_、数字。",
    ),
    ErrorRow("InvalidParameterValue.PersonExDescriptionsNameTooLong", "人员自定义描述字段名称长度超出限制。"),
    ErrorRow("InvalidParameterValue.PersonExistInGroup", "组中已包含对应的人员Id。"),
    ErrorRow("InvalidParameterValue.PersonFaceNumExceed", "人员人脸数量超出限制。单个人员最多可以包含五张人脸。"),
    ErrorRow("InvalidParameterValue.PersonGenderIllegal", "人员性别设置出错。0代表未填写,1代表男性,2代表女性。"),
    ErrorRow("InvalidParameterValue.PersonIdAlreadyExist", "人员ID已经存在。人员ID不可重复。"),
    ErrorRow("InvalidParameterValue.PersonIdIllegal", "人员ID包含非法字符。人员ID只支持英文、数字、-%@#&_。"),
    ErrorRow("InvalidParameterValue.PersonIdNotExist", "人员ID不存在。"),
    ErrorRow("InvalidParameterValue.PersonIdTooLong", "人员ID超出长度限制。"),
    ErrorRow("InvalidParameterValue.PersonNameIllegal", "人员名称包含非法字符。人员名称只支持中英文、-、_、数字。"),
    ErrorRow("InvalidParameterValue.PersonNameTooLong", "人员名称超出长度限制。"),
    ErrorRow("InvalidParameterValue.QualityControlIllegal", "QualityControl参数不合法。", is_sent=True),
    ErrorRow("InvalidParameterValue.SearchPersonsExceed", "搜索的人员数目超过限制。"),
    ErrorRow("InvalidParameterValue.UploadFaceNumExceed", "一次最多上传四张人脸。"),
    ErrorRow("InvalidParameterValue.UrlIllegal", "URL格式不合法。", is_sent=True),
    ErrorRow("LimitExceeded.ErrorFaceNumExceed", "人脸个数超过限制。"),
    ErrorRow("MissingParameter.ErrorParameterEmpty", "必选参数为空。", is_sent=True),
    ErrorRow("ResourceUnavailable.Delivering", "资源正在发货中。", is_sent=True),
    ErrorRow("ResourceUnavailable.Freeze", "账号已被冻结。", is_sent=True),
    ErrorRow("ResourceUnavailable.InArrears", "账号已欠费。", is_sent=True),
    ErrorRow("ResourceUnavailable.NotExist", "计费状态未知,请确认是否已在控制台开通服务。", is_sent=True),
    ErrorRow("ResourceUnavailable.Recover", "资源已被回收。", is_sent=True),
    ErrorRow("ResourceUnavailable.StopUsing", "账号已停服。", is_sent=True),
    ErrorRow("ResourceUnavailable.UnknownStatus", "计费状态未知。", is_sent=True),
    ErrorRow("ResourcesSoldOut.ChargeStatusException", "计费状态异常。", is_sent=True),
    ErrorRow("UnsupportedOperation.UnknowMethod", "未知方法名。"),
)

_GATEWAY = (
    ErrorRow(
        "AuthFailure.InvalidAuthorization",
        "请求头部的 Authorization 不符合腾讯云标准。",
        "The value of the request header Authorization is invalid.",
        is_sent=True,
    ),
    ErrorRow(
        "AuthFailure.InvalidSecretId",
        "密钥非法（不是云 API 密钥类型）。",
        "The SecretId is not a TencentCloud API key.",
        is_sent=True,
    ),
    ErrorRow("AuthFailure.MFAFailure", "MFA 错误。", "MFA failed."),
    ErrorRow(
        "AuthFailure.SecretIdNotFound",
        "SecretId不存在，请输入正确的密钥。",
        "The SecretId is not found, please ensure that your SecretId is correct.",
        is_sent=True,
    ),
    ErrorRow(
        "AuthFailure.SignatureExpire",
        "签名过期，Timestamp 和服务器时间相差不得超过五分钟。",
        "Signature expired. The timestamp may not differ from the server time by more than five minutes.",
        is_sent=True,
    ),
    ErrorRow(
        "AuthFailure.SignatureFailure",
        "请求签名验证失败，请检查您的签名计算是否正确。",
        "The provided credentials could not be validated. Please check your signature is correct.",
        is_sent=True,
    ),
    ErrorRow("AuthFailure.TokenFailure", "Token 错误。", "The provided Token is invalid.", is_sent=True),
    ErrorRow("AuthFailure.UnauthorizedOperation", "请求未授权。", "The request is not authorized.", is_sent=True),
    ErrorRow("InvalidAction", "接口 `{name}` 不存在。", "The action `{name}` is invalid or not found.", is_sent=True),
    ErrorRow(
        "NoSuchVersion",
        "接口版本 `{name}` 不存在。",
        "The specified api version=`{name}` does not exist in service=`iai`.",
        is_sent=True,
    ),
    ErrorRow("NoSuchProduct", "产品不存在。", "The product does not exist."),
    ErrorRow(
        "MissingParameter",
        "缺少必要参数 `{name}`。",
        "The request is missing a required parameter `{name}`.",
        is_sent=True,
    ),
    ErrorRow("UnknownParameter", "未知参数 `{name}`。", "The parameter `{name}` is not recognized.", is_sent=True),
    ErrorRow(
        "InvalidParameter",
        "参数 `{name}` 类型错误。",
        "The type of value of parameter `{name}` is not correct.",
        is_sent=True,
    ),
    ErrorRow(
        "InvalidParameterValue",
        "参数 `{name}` 取值错误。",
        "A value specified in `{name}` is not valid, is unsupported, or cannot be used.",
        is_sent=True,
    ),
    ErrorRow("InvalidRequest", "请求 body 的 multipart 格式错误。", "The multipart body is malformed.", is_sent=True),
    ErrorRow(
        "RequestLimitExceeded",
        "您当前每秒请求 `{count}` 次，超过了每秒频率上限 `{limit}`，请稍后重试。",
        "Your current request times equals to `{count}` in a second, which exceeds the frequency limit `{limit}` for a"
        " second. Please reduce the frequency of calls.",
        is_sent=True,
    ),
    ErrorRow(
        "RequestLimitExceeded.UinLimitExceeded",
        "主账号今日请求次数超过限制。",
        "The account has made more requests today than it may.",
        is_sent=True,
    ),
    ErrorRow("RequestLimitExceeded.IPLimitExceeded", "IP 请求频率超过限制。", "The IP makes too many requests."),
    ErrorRow(
        "RequestLimitExceeded.GlobalRegionUinLimitExceeded",
        "主账号请求频率超过限制。",
        "The account makes too many requests.",
    ),
    ErrorRow(
        "RequestSizeLimitExceeded", "请求包超过限制大小。", "The request body exceeds the size limit.", is_sent=True
    ),
    ErrorRow("ResponseSizeLimitExceeded", "返回包超过限制大小。", "The response exceeds the size limit."),
    ErrorRow(
        "UnsupportedProtocol",
        "http(s) 请求协议错误，只支持 GET 和 POST 请求。",
        "HTTP(S) protocol error; only GET and POST are supported.",
        is_sent=True,
    ),
    ErrorRow("UnsupportedRegion", "接口不支持所传地域。", "The region is not supported.", is_sent=True),
    ErrorRow("UnsupportedOperation", "操作不支持。", "The operation is not supported."),
    ErrorRow("UnauthorizedOperation", "未授权操作。", "The operation is not authorized."),
    ErrorRow("OperationDenied", "操作被拒绝。", "The operation is denied."),
    ErrorRow("InternalError", "内部错误。", "An internal error has occurred.", is_sent=True),
    ErrorRow("ServiceUnavailable", "当前服务暂时不可用。", "The service is temporarily unavailable.", is_sent=True),
    ErrorRow("ActionOffline", "接口已下线。", "The action is offline."),
    ErrorRow("DryRunOperation", "DryRun 操作。", "The request would have succeeded, but it was a dry run."),
    ErrorRow("FailedOperation", "操作失败。", "The operation failed."),
    ErrorRow("LimitExceeded", "超过配额限制。", "The quota is exceeded."),
    ErrorRow("IpInBlacklist", "IP 地址在黑名单中。", "The IP is on the deny list."),
    ErrorRow("IpNotInWhitelist", "IP 地址不在白名单中。", "The IP is not on the allow list."),
    ErrorRow("RegionError", "地域错误。", "The region is wrong."),
    ErrorRow("ResourceInUse", "资源被占用。", "The resource is in use."),
    ErrorRow("ResourceInsufficient", "资源不足。", "There are not enough resources."),
    ErrorRow("ResourceNotFound", "资源不存在。", "The resource does not exist."),
    ErrorRow("ResourceUnavailable", "资源不可用。", "The resource is not available."),
)

CATALOGUE: Mapping[str, ErrorRow] = {row.code: row for row in (*_SERVICE, *_GATEWAY)}
"""Every code that is known."""

_PERSONS = "of persons and groups of faces, which sibling actions are about"
_RESERVED = "of circumstances that do not occur here"
_REASONS = {
    "FailedOperation.ImageFacedetectFailed": "a detector that fails is told like any other fault of the engine",
    "FailedOperation.RpcFail": _RESERVED,
    "FailedOperation.UnKnowError": "defects of the server are InternalError",
    "InvalidParameter.InvalidParameter": "the code without repetition is sent, with the parameter's name",
    "LimitExceeded.ErrorFaceNumExceed": "any number of faces is accepted",
    "UnsupportedOperation.UnknowMethod": "the gateway knows the actions: InvalidAction",
}

UNSENT: Mapping[str, str] = {
    **{row.code: _REASONS.get(row.code, _PERSONS) for row in _SERVICE if not row.is_sent},
    **{row.code: _RESERVED for row in _GATEWAY if not row.is_sent},
}
"""Why the codes that are never sent are not."""
