"""The tables in docs/vendors, made from the adapters themselves: each is asked, and what it answers is written down.

    python -m tests.docs.vendor_tables

writes them anew. A page marks where: `<!-- table VENDOR.NAME -->` … `<!-- end -->`, NAME one of `errors`, `accounts`,
`limits`, `scale`, `hosts`, `quality` where there is quality control, and `controls` where there are others; baidu has
`tokens` too. A test compares the pages with the adapters.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.docs.accuracy_tables import _grid
from tests.docs.control_table import control_table
from tests.docs.quality_table import quality_table
from tests.protocol_fakes import FakeKeys, FakeNonces, FakeService, offload
from visavis import errors
from visavis.engine.acquisition import MIN_FACE_PX
from visavis.engine.image.limits import ImageLimits
from visavis.errors import VisavisError
from visavis.evaluation.report import format_rate
from visavis.presentation import NonResponse
from visavis.protocols.alibaba import auth as alibaba_auth
from visavis.protocols.alibaba import errors as alibaba_errors
from visavis.protocols.alibaba import routes as alibaba_routes
from visavis.protocols.alibaba import translate as alibaba_translate
from visavis.protocols.baidu import errors as baidu_errors
from visavis.protocols.baidu import routes as baidu_routes
from visavis.protocols.baidu import signature as baidu_signature
from visavis.protocols.baidu import translate as baidu_translate
from visavis.protocols.base import Adapter, Refusal, WireRequest, WireResponse, header_list
from visavis.protocols.kuaidi100 import routes as kuaidi100_routes
from visavis.protocols.kuaidi100 import schema as kuaidi100_schema
from visavis.protocols.kuaidi100 import translate as kuaidi100_translate
from visavis.protocols.scale import read_anchors
from visavis.protocols.signing import alibaba, baidu, kuaidi100, tencent
from visavis.protocols.signing.base import Endpoint, SignedRequest, Signer
from visavis.protocols.tencent import auth as tencent_auth
from visavis.protocols.tencent import routes as tencent_routes
from visavis.protocols.tencent import translate as tencent_translate
from visavis.protocols.tencent.catalogue import CATALOGUE
from visavis.server.certificates import VENDOR_HOSTS
from visavis.service.accounts import AccountState, KeyKind
from visavis.service.orders import MAX_URL_LENGTH, PictureRules
from visavis.service.quality import Flaw

ROOT = Path(__file__).parents[2]
VENDORS = ("alibaba", "baidu", "tencent", "kuaidi100")
_MARKED = re.compile(r"(<!-- table (\w+)\.(\w+) -->\n)(.*?)(<!-- end -->)", re.S)
_KEY, _SECRET, _TOKEN_KEY = "KEY", "SECRET", b"token key"
_NOW = 1_795_305_729.0
_SIGNER = Signer(Endpoint.parse("http://127.0.0.1:8000"), _KEY, _SECRET, _NOW, "0123456789abcdef0123456789abcdef")
_PICTURES = (b"reference", b"probe")
_SIDE: errors.Side = "reference"
_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Both:
    """A text in both languages."""

    english: str
    chinese: str

    def text(self, is_chinese: bool) -> str:
        """In one of them."""
        return self.chinese if is_chinese else self.english


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as a table shows it."""

    code: str
    status: int
    message: str


def pages() -> list[Path]:
    """Every page of a vendor, both languages."""
    return sorted((ROOT / "docs" / "vendors").glob("*.md"))


def fill(text: str, *, chinese: bool) -> str:
    """The page with its tables made anew."""
    return _MARKED.sub(lambda match: f"{match[1]}{TABLES[match[3]](match[2], chinese)}{match[5]}", text)


def kinds_below(kind: type[VisavisError] = VisavisError) -> list[type[VisavisError]]:
    """Every error that is raised, `kind` and below: those without any below themselves, and `ImageDownloadError`."""
    children = [child for child in kind.__subclasses__() if child.__module__ == errors.__name__]
    below = [leaf for child in children for leaf in kinds_below(child)]
    return [kind, *below] if not below or kind is errors.ImageDownloadError else below


def kinds_of_calls(vendor: str) -> list[type[VisavisError]]:
    """Those that a call to this vendor's API can meet, but for what its account meets."""
    without = (*_OF_ACCOUNTS, *_BEFORE_CALLS, *_NOT_AT[vendor])
    return [kind for kind in kinds_below() if not issubclass(kind, without)]


_OF_ACCOUNTS: tuple[type[VisavisError], ...] = (errors.AccessError, errors.OverloadedError)
_BEFORE_CALLS: tuple[type[VisavisError], ...] = (
    errors.SettingsError,
    errors.DatasetError,
    errors.ParameterError,
    errors.ModelNotFoundError,
    errors.CalibrationNotFoundError,
    errors.FileMissingError,
    errors.BenchError,
)
"""Of the command line, of evaluations, and of a server that does not start."""
_OF_TOKENS: tuple[type[VisavisError], ...] = (
    errors.FaceTokenNotFoundError,
    errors.TemplateMismatchError,
    errors.MeasuresMissingError,
)
_OF_CONTROLS = (errors.LivenessRefusedError, errors.SynthesisRefusedError)
_NOT_AT: dict[str, tuple[type[VisavisError], ...]] = {
    "alibaba": (*_OF_TOKENS, *_OF_CONTROLS, errors.ControlUnavailableError, errors.QualityRefusedError),
    "baidu": (*_OF_CONTROLS, errors.QualityRefusedError),
    "tencent": (*_OF_TOKENS, *_OF_CONTROLS, errors.ControlUnavailableError),
    "kuaidi100": (errors.SynthesisRefusedError,),
}
"""APIs without face tokens, without quality control, or without other controls; Baidu has a code for each flaw, and
names the picture that a control refuses."""


def make_error(kind: type[VisavisError]) -> VisavisError:
    """One of its kind, about the reference, with figures that could occur."""
    arguments: dict[type[VisavisError], tuple[Any, ...]] = {
        errors.ImageTooLargeError: ("width", 20_000, 16_000),
        errors.ImageTooSmallError: ("height", 20, 32),
        errors.ControlUnavailableError: ("liveness control",),
        errors.FaceTooSmallError: (12.0, MIN_FACE_PX),
        errors.QualityRefusedError: ((Flaw.NOSE,),),
        errors.LivenessRefusedError: (0.1, 0.3),
        errors.SynthesisRefusedError: (0.6, 0.5),
        errors.AccountStateError: (AccountState.FROZEN.value,),
        errors.RateLimitedError: (6, 5),
    }
    error = kind(*arguments.get(kind, ("…",)))
    about_pictures = (errors.ImageError, errors.AcquisitionError, errors.ControlUnavailableError, *_OF_TOKENS)
    if issubclass(kind, about_pictures):
        error.side = _SIDE
    return error


def _adapter(vendor: str, service: FakeService, *, is_enabled: bool = True) -> Adapter:
    keys = FakeKeys()
    keys.add(KeyKind(vendor), _KEY, _SECRET, is_enabled=is_enabled)

    def clock() -> float:
        return _NOW

    match vendor:
        case "alibaba":
            return alibaba_routes.AlibabaAdapter(
                service=service, keys=keys, nonces=FakeNonces(), offload=offload, clock=clock
            )
        case "baidu":
            return baidu_routes.BaiduAdapter(
                service=service, keys=keys, offload=offload, token_key=_TOKEN_KEY, clock=clock
            )
        case "tencent":
            return tencent_routes.TencentAdapter(service=service, keys=keys, offload=offload, clock=clock)
        case _:
            return kuaidi100_routes.Kuaidi100Adapter(service=service, keys=keys, offload=offload, clock=clock)


def _wire(signed: SignedRequest, *, chinese: bool = False) -> WireRequest:
    url = urlsplit(signed.url)
    headers = [pair for pair in signed.headers if pair[0] != "X-TC-Language"]
    headers.append(("X-TC-Language", "zh-CN" if chinese else "en-US"))
    return WireRequest(signed.method, url.path, url.query.encode(), header_list(headers), signed.body, _NOW)


def _comparison(vendor: str, signer: Signer = _SIGNER) -> SignedRequest:
    match vendor:
        case "alibaba":
            return alibaba.sign_comparison(signer, *_PICTURES)
        case "tencent":
            return tencent.sign_comparison(signer, *_PICTURES)
        case "kuaidi100":
            return kuaidi100.sign_comparison(signer, *_PICTURES)
        case _:
            return baidu.request_match(signer, _access_token(), *_PICTURES)


def _access_token() -> str:
    answer = asyncio.run(_adapter("baidu", FakeService()).answer(_wire(baidu.request_token(_SIGNER))))
    return baidu.read_token(answer.body)


def _signed_match(signer: Signer) -> SignedRequest:
    """Baidu's comparison without a token, signed with bce-auth-v1."""
    plain = baidu.request_match(signer, "", *_PICTURES)
    plain = replace(plain, url=plain.url.partition("?")[0])
    stamp = datetime.fromtimestamp(signer.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    prefix = f"bce-auth-v1/{signer.key}/{stamp}/1800"
    key = baidu_signature.make_signing_key(prefix, signer.secret)
    canonical = baidu_signature.canonical_request(_wire(plain), frozenset(), signer.endpoint.host.encode())
    header = ("Authorization", f"{prefix}//{baidu_signature.sign_request(key, canonical)}")
    return replace(plain, headers=(*plain.headers, header))


def read_reply(vendor: str, response: WireResponse) -> Reply:
    """Code and message of an answer, wherever the vendor puts them."""
    body = json.loads(response.body)
    match vendor:
        case "alibaba":
            return Reply(body["Code"], response.status, body.get("Message", ""))
        case "tencent":
            error = body["Response"].get("Error", {"Code": "", "Message": ""})
            return Reply(error["Code"], response.status, error["Message"])
        case "baidu" if "error" in body:
            return Reply(body["error"], response.status, body["error_description"])
        case "baidu":
            return Reply(str(body["error_code"]), response.status, body["error_msg"])
        case _:
            return Reply(str(body["code"]), response.status, body["message"])


def ask(vendor: str, service: FakeService, signed: SignedRequest, *, chinese: bool, is_enabled: bool = True) -> Reply:
    """What an adapter answers."""
    adapter = _adapter(vendor, service, is_enabled=is_enabled)
    return read_reply(vendor, asyncio.run(adapter.answer(_wire(signed, chinese=chinese))))


def ask_score(vendor: str) -> Any:
    """The JSON of a success."""
    answer = asyncio.run(_adapter(vendor, FakeService()).answer(_wire(_comparison(vendor))))
    return json.loads(answer.body)


def ask_faceverify() -> Any:
    """The JSON of Baidu's liveness check of one picture."""
    signed = _comparison("baidu")
    picture = {"image": "AAAA", "image_type": "BASE64"}
    asked = replace(signed, url=signed.url.replace("/match", "/faceverify"), body=json.dumps([picture]).encode())
    return json.loads(asyncio.run(_adapter("baidu", FakeService()).answer(_wire(asked))).body)


def ask_error(vendor: str, error: VisavisError, *, chinese: bool) -> Reply:
    """What an adapter makes of an error."""
    return ask(vendor, FakeService(error=error), _comparison(vendor), chinese=chinese)


def _refusals(vendor: str, chinese: bool) -> Iterator[tuple[Reply, Both]]:
    request = _wire(_comparison(vendor), chinese=chinese)
    adapter = _adapter(vendor, FakeService())
    size = adapter.body_limit_bytes / _MB
    for refusal, note in (
        (Refusal.BODY_TOO_LARGE, Both(f"the request is larger than {size:g} MB", f"请求超过 {size:g} MB")),
        (Refusal.BAD_REQUEST, Both("not valid HTTP", "不是合法的 HTTP 请求")),
        (Refusal.INTERNAL, Both("a defect of visavis, logged", "visavis 自身的缺陷，已记入日志")),
    ):
        yield read_reply(vendor, adapter.refuse(request, refusal)), note


def _alibaba_own(chinese: bool) -> Iterator[tuple[Reply, Both]]:
    faults = {name: value for name, value in vars(alibaba_errors).items() if isinstance(value, alibaba_errors.Fault)}
    faults |= {
        "missing": alibaba_errors.missing("NAME").fault,
        "invalid": alibaba_errors.invalid("NAME").fault,
        "missing_header": alibaba_errors.missing_header("NAME").fault,
        "signature_mismatch": alibaba_errors.signature_mismatch("…").fault,
    }
    for name, fault in faults.items():
        if name in _ALIBABA_NOTES:
            yield Reply(fault.code, fault.status, fault.message), _ALIBABA_NOTES[name]


def _baidu_own(chinese: bool) -> Iterator[tuple[Reply, Both]]:
    rows = [value for value in vars(baidu_errors).values() if isinstance(value, baidu_errors.Row)]
    rows.append(baidu_errors.missing_error("image").row)
    rows += [baidu_errors.format_error(field).row for field in baidu_errors._FORMAT_CODES]
    for row in rows:
        field = re.fullmatch(r"param\[(\w+)\] format error", row.message)
        note = _field_note(field[1]) if field else _BAIDU_NOTES.get(row.code)
        if note:
            yield Reply(str(row.code), 200, row.message), note
    for flaws, found in _FLAWS:
        named = Both(f"`quality_refused`: {found.english}", f"`quality_refused`：{found.chinese}")
        yield ask_error("baidu", errors.QualityRefusedError(flaws), chinese=chinese), named
    for kind in _OF_CONTROLS:
        for side, where in _PICTURES_OF_FACEVERIFY:
            error = make_error(kind)
            error.side = side
            named = Both(f"`{error.code}`{where.english}", f"`{error.code}`{where.chinese}")
            yield ask_error("baidu", error, chinese=chinese), named


def _field_note(field: str) -> Both:
    if field == "image":
        return Both(
            "`image` is no text, or a URL longer than 4,096 characters", "`image` 不是文本，或 URL 超过 4,096 个字符"
        )
    where = _FIELDS_OF_SOME.get(field, Both("", ""))
    return Both(f"`{field}` has another value{where.english}", f"`{field}` 取值不合法{where.chinese}")


_FIELDS_OF_SOME = {
    "max_face_num": Both(" (detect only)", "（仅 detect）"),
    "face_field": Both(" (detect and faceverify)", "（仅 detect 和 faceverify）"),
    "display_corp_image": Both(" (detect only)", "（仅 detect）"),
    "spoofing_control": Both(" (match and faceverify)", "（仅 match 和 faceverify）"),
}
_PICTURES_OF_FACEVERIFY: tuple[tuple[errors.Side | None, Both], ...] = (
    ("reference", Both("", "")),
    ("probe", Both("", "")),
    (None, Both(": a picture after the second, in faceverify", "：faceverify 中第二张之后的图片")),
)


def _tencent_own(chinese: bool) -> Iterator[tuple[Reply, Both]]:
    facts = {"name": "NAME", "count": 6, "limit": 5}
    for row in CATALOGUE.values():
        if row.is_sent and row.code in _TENCENT_NOTES:
            text = row.chinese if chinese or row.english is None else row.english
            yield Reply(row.code, 200, text.format(**facts)), _TENCENT_NOTES[row.code]


def _kuaidi100_own(chinese: bool) -> Iterator[tuple[Reply, Both]]:
    """What forms with one mistake are answered with."""
    signed = kuaidi100.sign_comparison(_SIGNER, *_PICTURES)
    good = dict(pair.split("=", 1) for pair in signed.body.decode().split("&"))
    wrong: tuple[tuple[str, str | None, Both], ...] = (
        ("secret_key", None, Both("`secret_key` is absent", "缺少 `secret_key`")),
        ("secret_sign", None, Both("`secret_sign` is absent", "缺少 `secret_sign`")),
        ("secret_sign", "0", Both("the sign is not that of the key pair", "签名与密钥对不符")),
        ("secret_code", "0", Both("another interface number", "接口编号不是本接口")),
        ("sourceImage", None, Both("no picture", "没有图片")),
        ("sourceImageType", "FILE", Both("another value", "取值不合法")),
        ("sourceFaceType", "INFRARED", Both("another value", "取值不合法")),
        ("sourceLiveControl", "MAX", Both("another value", "取值不合法")),
        ("sourceImage", "A" * (kuaidi100_schema.MAX_BASE64_CHARACTERS + 4), Both("too long", "过长")),
    )
    for name, value, note in wrong:
        fields = {key: text for key, text in good.items() if key != name} | ({} if value is None else {name: value})
        yield ask("kuaidi100", FakeService(), replace(signed, body=_form(fields)), chinese=chinese), note
    for kind, value, note in (
        ("URL", "http://" + "a" * MAX_URL_LENGTH, Both("too long", "过长")),
        ("FACE_TOKEN", "0", Both("not 32 hexadecimal digits", "不是 32 位十六进制")),
    ):
        fields = good | {"sourceImageType": kind, "sourceImage": value}
        yield ask("kuaidi100", FakeService(), replace(signed, body=_form(fields)), chinese=chinese), note
    for flaws, _ in _FLAWS:
        error = errors.QualityRefusedError(flaws)
        error.side = _SIDE
        yield ask_error("kuaidi100", error, chinese=chinese), Both("`quality_refused`", "`quality_refused`")
    for reason in set(NonResponse) - {NonResponse.NOT_CALIBRATED}:
        refused = errors.LivenessRefusedError(None, 0.3, reason.value)
        refused.side = _SIDE
        yield ask_error("kuaidi100", refused, chinese=chinese), Both("`liveness_refused`", "`liveness_refused`")
    get = replace(signed, method="GET")
    yield ask("kuaidi100", FakeService(), get, chinese=chinese), Both("another method than POST", "不是 POST 请求")
    deeper = replace(signed, url=signed.url + "/more")
    yield ask("kuaidi100", FakeService(), deeper, chinese=chinese), Both("a path below `/api`", "`/api` 之下的其他路径")


def _form(fields: dict[str, str]) -> bytes:
    """Fields that are escaped already."""
    return "&".join(f"{name}={value}" for name, value in fields.items()).encode()


_OWN: dict[str, Callable[[bool], Iterator[tuple[Reply, Both]]]] = {
    "alibaba": _alibaba_own,
    "baidu": _baidu_own,
    "tencent": _tencent_own,
    "kuaidi100": _kuaidi100_own,
}


def _errors_table(vendor: str, chinese: bool) -> str:
    """Every answer but a score that is about the request or the server; accounts have their own table."""
    kinds: dict[Reply, list[type[VisavisError]]] = {}
    notes: dict[Reply, list[str]] = {}
    for kind in kinds_of_calls(vendor):
        kinds.setdefault(ask_error(vendor, make_error(kind), chinese=chinese), []).append(kind)
    for source in (_OWN[vendor](chinese), _refusals(vendor, chinese)):
        for reply, note in source:
            notes.setdefault(reply, []).append(note.text(chinese))
    rows = []
    for reply in sorted({*kinds, *notes}, key=_order):
        named = ("、" if chinese else ", ").join(f"`{name}`" for name in name_kinds(kinds.get(reply, [])))
        rows.append([*_cells(reply), _join([*notes.get(reply, []), *([named] if named else [])], chinese)])
    heads = ("代码", "HTTP", "消息", "来源") if chinese else ("code", "HTTP", "message", "comes from")
    return _grid(heads, rows, _as_it_is)


def name_kinds(kinds: Sequence[type[VisavisError]]) -> list[str]:
    """Their codes; where all below one class are there, only that class's."""
    wanted, named = set(kinds), []

    def walk(kind: type[VisavisError]) -> None:
        below = set(kinds_below(kind))
        if kind is not VisavisError and below <= wanted:
            named.append(make_error(kind).code)
            return
        if kind in wanted:
            named.append(make_error(kind).code)
        for child in kind.__subclasses__():
            if child.__module__ == errors.__name__ and below & wanted and child is not kind:
                walk(child)

    walk(VisavisError)
    return named


def _accounts_table(vendor: str, chinese: bool) -> str:
    rows: list[tuple[Both, Reply]] = []
    for kind, note in _SITUATIONS:
        error = make_error(kind)
        service = (
            FakeService(error=error) if issubclass(kind, errors.OverloadedError) else FakeService(admit_error=error)
        )
        rows.append((note, ask(vendor, service, _comparison(vendor), chinese=chinese)))
    rows += _state_rows(vendor, chinese)
    rows += _key_rows(vendor, chinese)
    merged: dict[Reply, list[str]] = {}
    for note, reply in rows:
        merged.setdefault(reply, []).append(note.text(chinese))
    heads = ("情形", "代码", "HTTP", "消息") if chinese else ("situation", "code", "HTTP", "message")
    return _grid(heads, [[_join(texts, chinese), *_cells(reply)] for reply, texts in merged.items()], _as_it_is)


def _state_rows(vendor: str, chinese: bool) -> list[tuple[Both, Reply]]:
    rows = []
    for state in AccountState:
        if state is not AccountState.ACTIVE:
            service = FakeService(admit_error=errors.AccountStateError(state))
            note = Both(f"state `{state.value}`", f"状态 `{state.value}`")
            rows.append((note, ask(vendor, service, _comparison(vendor), chinese=chinese)))
    if len({reply for _, reply in rows}) == 1:
        return [(Both("any state but `active`", "除 `active` 之外的任何状态"), rows[0][1])]
    return rows


def _key_rows(vendor: str, chinese: bool) -> list[tuple[Both, Reply]]:
    """Keys that are disabled, unknown, or used with the wrong secret."""
    disabled, unknown = Both("key disabled", "密钥已停用"), Both("key unknown", "密钥不存在")
    wrong = Both("wrong secret", "密钥的保密部分有误")
    other, mistaken = replace(_SIGNER, key="OTHER"), replace(_SIGNER, secret="OTHER")
    ways: list[tuple[Both, Callable[[Signer], SignedRequest]]]
    if vendor == "baidu":
        ways = [
            (Both(" (access token)", "（access token）"), lambda signer: _comparison("baidu", signer)),
            (Both(" (signature)", "（签名）"), _signed_match),
            (Both(" (asking for a token)", "（获取 token）"), baidu.request_token),
        ]
    else:
        ways = [(Both("", ""), lambda signer: _comparison(vendor, signer))]
    rows = []
    for index, (way, sign) in enumerate(ways):

        def labelled(note: Both, way: Both = way) -> Both:
            return Both(note.english + way.english, note.chinese + way.chinese)

        refused = ask(vendor, FakeService(), sign(_SIGNER), chinese=chinese, is_enabled=False)
        rows.append((labelled(disabled), refused))
        if vendor != "baidu" or index:
            rows.append((labelled(unknown), ask(vendor, FakeService(), sign(other), chinese=chinese)))
            reply = ask(vendor, FakeService(), sign(mistaken), chinese=chinese)
            # What was signed is echoed; it is different for every request.
            shown = re.sub(r"(server string to sign is:).*", r"\1…", reply.message, flags=re.S)
            rows.append((labelled(wrong), replace(reply, message=shown)))
    return rows


def _tokens_table(vendor: str, chinese: bool) -> str:
    """What the token endpoint answers when it gives no token."""
    given = {"grant_type": "client_credentials", "client_id": _KEY, "client_secret": _SECRET}
    cases = (
        (given | {"client_id": "OTHER"}, Both("the API Key is unknown, or disabled", "API Key 不存在或已停用")),
        (given | {"client_secret": "OTHER"}, Both("the Secret Key is wrong", "Secret Key 错误")),
        (given | {"grant_type": "password"}, Both("another `grant_type`", "其他 `grant_type`")),
        ({"grant_type": "client_credentials", "client_id": _KEY}, Both("a parameter is missing", "缺少参数")),
        (given | {"padding": "A" * 65_536}, Both("the request is larger than 64 KB", "请求超过 64 KB")),
    )
    token = baidu.request_token(_SIGNER)
    rows = []
    for fields, note in cases:
        asked = replace(token, method="POST", url=token.url.partition("?")[0], body=urlencode(fields).encode())
        rows.append([*_cells(ask(vendor, FakeService(), asked, chinese=chinese)), note.text(chinese)])
    heads = (
        ("error", "HTTP", "error_description", "何时") if chinese else ("error", "HTTP", "error_description", "when")
    )
    return _grid(heads, rows, _as_it_is)


def _limits_table(vendor: str, chinese: bool) -> str:
    """What a request and its pictures may measure, and how long things may take."""
    own = _LIMITS[vendor]
    rules, server = own.rules, ImageLimits()
    sides: dict[int, list[str]] = {}
    for kind in sorted(rules.formats):
        sides.setdefault(rules.max_side_px.get(kind, server.max_side), []).append(kind.value.upper())
    longer = [f"{size:,} px ({', '.join(kinds)})" for size, kinds in sorted(sides.items())]
    body = _adapter(vendor, FakeService()).body_limit_bytes
    rows = [
        (Both("whole request", "整个请求"), _size(body)),
        (Both("one picture", "单张图片"), _size(rules.max_bytes)),
        *([(Both("its base64 text", "其 base64 文本"), _size(own.text_length))] if own.text_length else []),
        (Both("longer side", "长边"), longer[0].partition(" (")[0] if len(longer) == 1 else "; ".join(longer)),
        (Both("shorter side", "短边"), f"≥ {max(rules.min_side_px, server.min_side)} px"),
        (Both("pixels", "像素总数"), f"{server.max_pixels:,}"),
        (Both("width of the face", "人脸宽度"), f"≥ {MIN_FACE_PX} px"),
        (Both("formats", "格式"), ", ".join(sorted(kind.value.upper() for kind in rules.formats))),
        (Both("URL, characters", "URL 字符数"), f"{own.url_length:,}"),
        (Both("download of a picture", "下载一张图片"), f"{own.download_s:g} s"),
        (Both("whole answer", "整个应答"), f"{own.answer_s:g} s"),
        *([(Both("clocks may differ by", "时钟允许相差"), f"{own.skew_s / 60:g} min")] if own.skew_s else []),
    ]
    heads = ("限制", "值") if chinese else ("limit", "value")
    return _grid(heads, [[note.text(chinese), value] for note, value in rows], _as_it_is)


@dataclass(frozen=True, slots=True)
class _Own:
    rules: PictureRules
    text_length: int | None
    url_length: int
    download_s: float
    answer_s: float
    skew_s: float | None


_LIMITS = {
    "alibaba": _Own(
        alibaba_translate.RULES,
        None,
        MAX_URL_LENGTH,
        alibaba_translate.DOWNLOAD_TIMEOUT_S,
        alibaba_routes.ANSWER_TIMEOUT_S,
        alibaba_auth.CLOCK_TOLERANCE_S,
    ),
    "baidu": _Own(
        baidu_translate.RULES,
        baidu_translate.MAX_TEXT_LENGTH,
        MAX_URL_LENGTH,
        baidu_translate.URL_TIMEOUT_S,
        baidu_routes.TIMEOUT_S,
        baidu_signature.CLOCK_SKEW_S,
    ),
    "tencent": _Own(
        tencent_translate.RULES,
        tencent_translate.MAX_TEXT_LENGTH,
        MAX_URL_LENGTH,
        tencent_translate.DOWNLOAD_TIMEOUT_S,
        tencent_routes.ANSWER_TIMEOUT_S,
        tencent_auth.MAX_CLOCK_SKEW_S,
    ),
    "kuaidi100": _Own(
        kuaidi100_translate.RULES,
        kuaidi100_schema.MAX_BASE64_CHARACTERS,
        MAX_URL_LENGTH,
        kuaidi100_translate.DOWNLOAD_TIMEOUT_S,
        kuaidi100_routes.ANSWER_TIMEOUT_S,
        None,
    ),
}


def _scale_table(vendor: str, chinese: bool) -> str:
    rows = [[format_rate(rate), f"{1 / rate:,.0f}", f"{score:g}"] for rate, score in read_anchors(_package(vendor))]
    heads = ("FMR", "每多少对陌生人有一对", "分数") if chinese else ("FMR", "one pair of strangers in", "score")
    return _grid(heads, rows, _as_it_is)


def vendor_hosts(vendor: str) -> list[str]:
    """Where its official clients connect to."""
    return [host for host in VENDOR_HOSTS if host.endswith(_DOMAINS[vendor])]


def _hosts_table(vendor: str, chinese: bool) -> str:
    return _grid(("域名",) if chinese else ("host name",), [[f"`{host}`"] for host in vendor_hosts(vendor)], _as_it_is)


_DOMAINS = {
    "alibaba": ".aliyuncs.com",
    "baidu": ".baidubce.com",
    "tencent": ".tencentcloudapi.com",
    "kuaidi100": ".kuaidi100.com",
}


def _package(vendor: str) -> str:
    return f"visavis.protocols.{vendor}"


TABLES: dict[str, Callable[[str, bool], str]] = {
    "errors": _errors_table,
    "accounts": _accounts_table,
    "limits": _limits_table,
    "scale": _scale_table,
    "hosts": _hosts_table,
    "tokens": _tokens_table,
    "quality": quality_table,
    "controls": control_table,
}


def _as_it_is(word: str, default: str) -> str:
    return word


def _order(reply: Reply) -> tuple[bool, bool, int, str, str]:
    """Business errors before others; numbers by their size."""
    is_number = reply.code.isdigit()
    return reply.status != 200, not is_number, int(reply.code) if is_number else 0, reply.code, reply.message


def _cells(reply: Reply) -> list[str]:
    return [f"`{reply.code}`", str(reply.status), reply.message.replace("|", "\\|")]


def _join(parts: Iterable[str], chinese: bool) -> str:
    return ("\uff1b" if chinese else "; ").join(dict.fromkeys(parts))


def _size(count: int) -> str:
    return f"{count / _MB:.4g} MB ({count:,} bytes)"


_SITUATIONS: tuple[tuple[type[VisavisError], Both], ...] = (
    (errors.RateLimitedError, Both("more calls in a second than `--per-second`", "一秒内的调用超过 `--per-second`")),
    (errors.DailyLimitError, Both("`--per-day` used up", "`--per-day` 已用完")),
    (
        errors.QuotaExhaustedError,
        Both("`--total` or every package used up or expired", "`--total` 或全部套餐已用完或过期"),
    ),
    (errors.NotGrantedError, Both("interface not granted", "未授予该接口")),
    (errors.QueueFullError, Both("the server's queue is full", "服务器队列已满")),
    (errors.DeadlineExceededError, Both("its turn came too late", "排队过久，已来不及应答")),
)

_ALIBABA_NOTES = {
    "INVALID_PARAMETER": Both(
        "another image type, `IDPic` on both sides, an image value of neither form, base64 by GET",
        "图片类型不合法、两侧均为 `IDPic`、图片值不是两种形式之一、用 GET 传 base64",
    ),
    "MISSING_IMAGE": Both("no image value", "没有图片值"),
    "missing": Both("a common parameter is absent; `NAME` stands for it", "缺少公共参数，`NAME` 为其名"),
    "missing_header": Both("a header of the signature is absent", "缺少签名所需的请求头"),
    "invalid": Both(
        "a common parameter is not valid: `Version`, `SignatureNonce`, …",
        "公共参数不合法：`Version`、`SignatureNonce` 等",
    ),
    "UNKNOWN_ACTION": Both("another action, or a version without it", "其他接口，或该版本没有此接口"),
    "WRONG_METHOD": Both("GET where the version allows POST only", "该版本只允许 POST，却用了 GET"),
    "UNKNOWN_TOKEN": Both("temporary credentials: there is no STS here", "临时凭证：这里没有 STS"),
    "BAD_TIME": Both("not like 2026-01-31T12:00:00Z", "格式不是 2026-01-31T12:00:00Z"),
    "OLD_TIME": Both("the clocks differ too much", "时钟相差过大"),
    "USED_NONCE": Both("the same nonce again", "nonce 重复"),
    "UNKNOWN_METHOD": Both("another signature method", "不支持的签名方法"),
    "BAD_AUTHORIZATION": Both("an `Authorization` header that cannot be read", "`Authorization` 请求头无法解析"),
    "signature_mismatch": Both(
        "wrong secret, or something changed the request on its way", "密钥有误，或请求在途中被改动"
    ),
}

_BAIDU_NOTES = {
    3: Both("another path of the API, or not POST", "该 API 的其他路径，或不是 POST"),
    6: Both("version 2 of the API, `person/verify`", "v2 接口、`person/verify`"),
    14: Both("the signature does not match", "签名不匹配"),
    100: Both("no `access_token`, or one that is no token", "没有 `access_token`，或不是 token"),
    110: Both("a token that was not issued here", "token 不是本服务器签发"),
    111: Both("a token older than 30 days", "token 超过 30 天"),
    222001: Both("`image` or `image_type` is absent", "缺少 `image` 或 `image_type`"),
    222200: Both(
        "the body is not JSON of the right shape; `option` has another value",
        "请求体不是所需形式的 JSON，或 `option` 取值不合法",
    ),
    222203: Both("more than 2 MB of base64", "base64 超过 2 MB"),
    222208: Both(
        "not exactly two pictures; in faceverify, not one to eight",
        "图片不是恰好两张（faceverify 为一至八张）",
    ),
    222209: Both("not 32 hexadecimal digits", "不是 32 位十六进制"),
    222301: Both("`FACE_TOKEN` in detect and faceverify", "detect 和 faceverify 中使用 `FACE_TOKEN`"),
}

_FLAWS: tuple[tuple[tuple[Flaw, ...], Both], ...] = (
    ((Flaw.LEFT_EYE,), Both("the subject's left eye is covered", "被摄者的左眼被遮挡")),
    ((Flaw.RIGHT_EYE,), Both("the right eye is", "右眼被遮挡")),
    ((Flaw.LEFT_CHEEK,), Both("the left cheek is", "左脸颊被遮挡")),
    ((Flaw.RIGHT_CHEEK,), Both("the right cheek is", "右脸颊被遮挡")),
    ((Flaw.CHIN_CONTOUR,), Both("the chin is", "下巴被遮挡")),
    ((Flaw.NOSE,), Both("the nose is", "鼻子被遮挡")),
    ((Flaw.MOUTH,), Both("the mouth is", "嘴巴被遮挡")),
    ((Flaw.NOSE, Flaw.MOUTH), Both("several of the parts below are covered", "下列部位有多处被遮挡")),
    ((Flaw.BLURRED,), Both("the face is blurred", "人脸模糊")),
    ((Flaw.TOO_DARK,), Both("the face is dark", "人脸过暗")),
    ((Flaw.INCOMPLETE,), Both("some of the face is outside of the picture", "人脸有一部分在图片之外")),
    ((Flaw.TURNED,), Both("yaw, pitch or roll is too large", "偏航、俯仰或翻滚过大")),
)

_TENCENT_NOTES = {
    "ServiceUnavailable": Both("the server is stopping", "服务器正在停止"),
    "AuthFailure.InvalidAuthorization": Both(
        "an `Authorization` header that cannot be read", "`Authorization` 请求头无法解析"
    ),
    "AuthFailure.SignatureExpire": Both("the clocks differ too much", "时钟相差过大"),
    "AuthFailure.SignatureFailure": Both(
        "wrong secret, a signed header that is absent, a wrong date, or more than 1 MB with the old signature",
        "密钥有误、缺少已签名的请求头、日期不符，或旧版签名的请求超过 1 MB",
    ),
    "AuthFailure.TokenFailure": Both("temporary credentials: there are none here", "临时凭证：这里没有"),
    "InvalidAction": Both("another action", "其他接口"),
    "NoSuchVersion": Both("another version", "其他版本"),
    "MissingParameter": Both("a common parameter is absent", "缺少公共参数"),
    "UnknownParameter": Both("a parameter that the action does not have", "该接口没有的参数"),
    "InvalidParameter": Both(
        "of the wrong type, or a body that is not a JSON object", "类型错误，或请求体不是 JSON 对象"
    ),
    "InvalidParameterValue": Both("out of its range", "超出取值范围"),
    "InvalidRequest": Both("a multipart body that cannot be read", "multipart 请求体无法解析"),
    "RequestSizeLimitExceeded": Both("a query above 32 KB", "查询串超过 32 KB"),
    "UnsupportedProtocol": Both("another method than GET and POST", "不是 GET 或 POST"),
    "UnsupportedRegion": Both("a region that does not look like one", "地域格式不合法"),
    "FailedOperation.ImageSizeExceed": Both("more than 5 MB of base64", "base64 超过 5 MB"),
    "InvalidParameterValue.FaceModelVersionIllegal": Both(
        "`FaceModelVersion` is not 3.0", "`FaceModelVersion` 不是 3.0"
    ),
    "InvalidParameterValue.QualityControlIllegal": Both(
        "`QualityControl` is not 0 to 4", "`QualityControl` 不在 0 至 4"
    ),
    "MissingParameter.ErrorParameterEmpty": Both("a side has neither picture nor URL", "一侧既无图片也无 URL"),
}


def main() -> None:
    """Write the tables of every page anew."""
    for page in pages():
        text = page.read_text("utf-8")
        page.write_text(fill(text, chinese=page.name.endswith(".zh-CN.md")), "utf-8")


if __name__ == "__main__":
    main()
