"""Rightly signed requests of every API: what mutations start from."""

from __future__ import annotations

import hmac
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from PIL import Image

from tests.conformance.alibaba import client as alibaba_client
from tests.conformance.tencent import signing as tencent_client
from tests.faces import Pixels, admiral, astronaut
from tests.robustness import signed_answers as answers
from tests.robustness import signed_claims as claims
from visavis.protocols.baidu.access_token import issue_token
from visavis.protocols.base import WireRequest, WireResponse, header_list
from visavis.protocols.signing import alibaba, baidu, kuaidi100, native, tencent
from visavis.protocols.signing.base import Endpoint, SignedRequest, Signer, encode_picture
from visavis.service.accounts import KeyKind

NOW = int(alibaba_client.NOW)
HOST = alibaba_client.HOST
TOKEN_KEY = b"k" * 32
FOREVER_S = float("inf")
_FORM = "application/x-www-form-urlencoded"
_URL = "http://example.com/a b.jpg?x=1&y=~*中"
_NONCE = "0123456789abcdef0123456789abcdef"


class Pair(NamedTuple):
    """A key pair."""

    key_id: str
    secret: str


class Signed(NamedTuple):
    """A rightly signed request, and which of the readings of it (see `signed_claims`) is the one that was signed."""

    request: WireRequest
    reading: int = 0


@dataclass(frozen=True, slots=True)
class Family:
    """The requests of one way of signing.

    Attributes:
        name: for people.
        kind: of its keys.
        make: signs the originals with a pair.
        read_claims: see `signed_claims`.
        check_answer: see `signed_answers`.
        window_s: how far the server's clock may be from NOW, backwards and forwards.
        covers_pictures: whether the signature covers which pictures are compared.
        owner: whose requests are changed.
        other: another key, of another account.
    """

    name: str
    kind: KeyKind
    make: Callable[[Pair], list[Signed]]
    read_claims: Callable[[WireRequest], claims.Claims]
    check_answer: Callable[[WireRequest, WireResponse], None]
    window_s: tuple[float, float]
    covers_pictures: bool
    owner: Pair
    other: Pair


def encode_small(pixels: Pixels) -> bytes:
    """A JPEG of less than a kilobyte."""
    buffer = io.BytesIO()
    Image.fromarray(pixels[::8, ::8][5:25, 15:35]).save(buffer, "JPEG", quality=40)
    return buffer.getvalue()


@cache
def pictures() -> tuple[bytes, bytes]:
    """One of each portrait."""
    return encode_small(astronaut()), encode_small(admiral())


def to_wire(signed: SignedRequest) -> WireRequest:
    """As the server sees it."""
    parts = urlsplit(signed.url)
    return WireRequest(
        signed.method, parts.path, parts.query.encode(), header_list(signed.headers), signed.body, float(NOW)
    )


def _signer(pair: Pair) -> Signer:
    return Signer(Endpoint("http", HOST), pair.key_id, pair.secret, NOW, _NONCE)


def _alibaba_values() -> dict[str, str]:
    return alibaba.compare_parameters(*pictures()) | {"TargetImageValue": _URL}


def _make_v1(pair: Pair) -> list[Signed]:
    split = to_wire(alibaba.sign_comparison_v1(_signer(pair), *pictures()))
    mixed = to_wire(alibaba.sign_v1(_signer(pair), _alibaba_values()))
    in_body = replace(mixed, query=b"", body=mixed.query + b"&" + mixed.body)
    old = alibaba_client.Order(
        method="GET",
        business="query",
        parameters={"SourceImageValue": _URL, "TargetImageValue": "https://example.org/b.png"},
        common={"Version": "2017-09-12", "Format": None, "AccessKeyId": pair.key_id},
        secret=pair.secret,
    )
    xml = replace(old, method="POST", business="body", common=old.common | {"Version": "2019-03-07", "Format": "xml"})
    return [Signed(request) for request in (split, in_body, old.request(), xml.request())]


def _make_acs3(pair: Pair) -> list[Signed]:
    kit = to_wire(alibaba.sign_comparison(_signer(pair), *pictures()))
    mixed = to_wire(alibaba.sign_acs3(_signer(pair), _alibaba_values(), "kit/1 (x; y)"))
    made = [Signed(kit), Signed(mixed)]
    if pair.key_id == alibaba_client.KEY_ID:
        query = alibaba_client.Order(signature="acs3", business="query", parameters=_alibaba_values())
        made.append(Signed(query.request()))
    return made


def _make_tc3(pair: Pair) -> list[Signed]:
    kit = to_wire(tencent.sign_comparison(_signer(pair), *pictures()))
    body = json.dumps({"UrlA": _URL, "UrlB": "https://example.org/b.png", "QualityControl": 0}).encode()
    made = [Signed(kit)]
    for signed_host, reading in ((HOST, 0), ("127.0.0.1", 2), ("iai.tencentcloudapi.com", 4)):
        made.append(Signed(_tc3("POST", b"", body, body, pair, signed_host), reading))
    query = urlencode({"UrlA": _URL, "UrlB": "https://example.org/b.png", "FaceModelVersion": "3.0"}).encode()
    made.append(Signed(_tc3("GET", query, b"", b"", pair, HOST)))
    return made


def _make_unsigned_payload(pair: Pair) -> list[Signed]:
    body = json.dumps(tencent.compare_parameters(*pictures())).encode()
    request = _tc3("POST", b"", body, b"UNSIGNED-PAYLOAD", pair, HOST)
    return [Signed(replace(request, headers=(*request.headers, (b"x-tc-content-sha256", b"UNSIGNED-PAYLOAD"))))]


def _tc3(method: str, query: bytes, body: bytes, payload: bytes, pair: Pair, host: str) -> WireRequest:
    headers = {
        "Content-Type": _FORM if method == "GET" else "application/json; charset=UTF-8",
        "Host": host,
        "X-TC-Action": "CompareMaskFace",
        "X-TC-Version": "2020-03-03",
        "X-TC-Timestamp": str(NOW),
        "X-TC-Region": "ap-guangzhou",
    }
    proof = tencent_client.sign_headers(method, query.decode(), headers, payload, pair.secret)
    headers["Authorization"] = proof.replace(tencent_client.SECRET_ID, pair.key_id)
    return WireRequest(method, "/", query, header_list((headers | {"Host": HOST}).items()), body, float(NOW))


def _make_form(pair: Pair) -> list[Signed]:
    images = {name: str(value) for name, value in tencent.compare_parameters(*pictures()).items()}
    urls = {"UrlA": _URL, "UrlB": "https://example.org/b.png"}
    return [
        Signed(_form("POST", images, "HmacSHA1", HOST, pair)),
        Signed(_form("POST", images, "HmacSHA256", HOST, pair)),
        Signed(_form("GET", urls, "HmacSHA1", HOST, pair)),
        Signed(_form("POST", urls, "HmacSHA1", "iai.ap-guangzhou.tencentcloudapi.com", pair), 3),
    ]


def _form(method: str, values: dict[str, str], digest: str, host: str, pair: Pair) -> WireRequest:
    common = {
        "Action": "CompareMaskFace",
        "Version": "2020-03-03",
        "Region": "ap-guangzhou",
        "Timestamp": str(NOW),
        "Nonce": "5598721733754052057",
        "SecretId": pair.key_id,
        "SignatureMethod": digest,
        "Language": "zh-CN",
    }
    form = values | common
    text = urlencode(form | {"Signature": tencent_client.sign_form(method, host, form, pair.secret)}).encode()
    query, body = (text, b"") if method == "GET" else (b"", text)
    headers = header_list((("Host", HOST), ("Content-Type", _FORM)))
    return WireRequest(method, "/", query, headers, body, float(NOW))


def _match_body() -> bytes:
    first, _ = pictures()
    inline = {"image": encode_picture(first), "image_type": "BASE64", "face_type": "LIVE"}
    return json.dumps([inline, {"image": _URL, "image_type": "URL"}]).encode()


def _make_bce(pair: Pair) -> list[Signed]:
    """As the Python kit, the Node kit, and the general kit with no names of headers and an awkward query."""
    kit = {"content-type", "host", "x-bce-date"}
    return [
        Signed(_bce(b"aipSdk=python&aipVersion=4.15.13", kit, HOST, pair)),
        Signed(_bce(b"aipSdk=node", kit, "aip.baidubce.com", pair), 2),
        Signed(_bce(b"a%20b=x%2Fy%2Bz&b=", set(), HOST, pair)),
        Signed(_bce(b"", {"host", "x-bce-date"}, "127.0.0.1", pair), 1),
    ]


def _bce(query: bytes, names: set[str], host: str, pair: Pair) -> WireRequest:
    body, date = _match_body(), "2026-11-22T00:00:00Z"
    headers = (
        ("Host", HOST),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("x-bce-date", date),
    )
    request = WireRequest("POST", baidu.MATCH_PATH, query, header_list(headers), body, float(NOW))
    prefix = f"bce-auth-v1/{pair.key_id}/{date}/1800"
    signing_key = hmac.new(pair.secret.encode(), prefix.encode(), "sha256").hexdigest()
    text = claims.bce_text(request, names, host)
    signature = hmac.new(signing_key.encode(), text.encode(), "sha256").hexdigest()
    proof = f"{prefix}/{';'.join(sorted(names))}/{signature}".encode()
    return replace(request, headers=(*request.headers, (b"authorization", proof)))


def _make_match(pair: Pair) -> list[Signed]:
    token = issue_token(TOKEN_KEY, pair.key_id, pair.secret, NOW)
    kit = to_wire(baidu.request_match(_signer(pair), token, *pictures()))
    node = replace(kit, query=f"aipSdk=node&access_token={token}?aipSdk=node".encode(), body=_match_body())
    return [Signed(kit), Signed(node)]


def _make_token(pair: Pair) -> list[Signed]:
    query = to_wire(baidu.request_token(_signer(pair)))
    return [Signed(query), Signed(replace(query, method="POST", query=b"", body=query.query))]


def _make_kuaidi100(pair: Pair) -> list[Signed]:
    kit = to_wire(kuaidi100.sign_comparison(_signer(pair), *pictures()))
    twice = replace(kit, body=kit.body + b"&" + kit.body)
    return [Signed(kit), Signed(twice)]


def _make_native(pair: Pair) -> list[Signed]:
    kit = to_wire(native.sign_comparison(_signer(pair), *pictures()))
    parts = [
        f'--XX\r\nContent-Disposition: form-data; name="{name}"; filename="a.jpg"\r\n\r\n'.encode() + content + b"\r\n"
        for name, content in zip(("reference", "probe"), pictures(), strict=True)
    ]
    headers = tuple(
        (name, b"multipart/form-data; boundary=XX" if name == b"content-type" else value) for name, value in kit.headers
    )
    return [Signed(kit), Signed(replace(kit, headers=headers, body=b"".join(parts) + b"--XX--\r\n"))]


_ALIBABA = Pair(alibaba_client.KEY_ID, alibaba_client.SECRET), Pair("LTAI4otherAccessKeyId", "otherAccessKeySecret9")
_TENCENT = Pair("AKIDz8krbsJ5yKBZQpn7", "Gu5t9xGARNpq86cd98jo"), Pair("AKIDotherotherother0", "otherSecretKey123456")
_BAIDU = (
    Pair("testApiKey24CharsABCDEFG", "testSecretKey32CharsABCDEFGHIJKL"),
    Pair("otherApiKey24CharsABCDEF", "s" * 32),
)
_KUAIDI = Pair("uRiXXzuw3333", "abcdef0123456789abcdef0123456789"), Pair("uRiXXzuw4444", "0" * 31 + "1")
_NATIVE = (
    Pair("vv_012345678", "vv_0123456789abcdefghijklmnopqrstuvwxyz"),
    Pair("vv_987654321", "vv_987654321abcdefghijklmnopqrstuvwxyz0"),
)
_ALWAYS = -FOREVER_S, FOREVER_S
_LIFETIME = -FOREVER_S, 2_592_000.0
_SKEW, _TC_SKEW, _BCE = (-900.0, 900.0), (-300.0, 300.0), (-900.0, 1800.0)

_K = KeyKind
FAMILIES: tuple[Family, ...] = (
    Family("alibaba-v1", _K.ALIBABA, _make_v1, claims.claim_alibaba_v1, answers.check_alibaba, _SKEW, True, *_ALIBABA),
    Family("alibaba-acs3", _K.ALIBABA, _make_acs3, claims.claim_acs3, answers.check_alibaba, _SKEW, True, *_ALIBABA),
    Family("tencent-tc3", _K.TENCENT, _make_tc3, claims.claim_tc3, answers.check_tencent, _TC_SKEW, True, *_TENCENT),
    Family(
        "tencent-unsigned-payload",
        _K.TENCENT,
        _make_unsigned_payload,
        claims.claim_tc3,
        answers.check_tencent,
        _TC_SKEW,
        False,
        *_TENCENT,
    ),
    Family("tencent-form", _K.TENCENT, _make_form, claims.claim_form, answers.check_tencent, _TC_SKEW, True, *_TENCENT),
    Family("baidu-bce", _K.BAIDU, _make_bce, claims.claim_bce, answers.check_baidu, _BCE, False, *_BAIDU),
    Family("baidu-match", _K.BAIDU, _make_match, claims.claim_token, answers.check_baidu, _LIFETIME, False, *_BAIDU),
    Family("baidu-token", _K.BAIDU, _make_token, claims.claim_client, answers.check_baidu, _ALWAYS, False, *_BAIDU),
    Family(
        "kuaidi100",
        _K.KUAIDI100,
        _make_kuaidi100,
        claims.claim_kuaidi100,
        answers.check_kuaidi100,
        _ALWAYS,
        False,
        *_KUAIDI,
    ),
    Family("native", _K.NATIVE, _make_native, claims.claim_bearer, answers.check_native, _ALWAYS, False, *_NATIVE),
)
