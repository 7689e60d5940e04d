"""Who sent a request."""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Callable, Iterator, Sequence

from visavis.protocols.base import WireRequest, check_hosts, look_up
from visavis.protocols.tencent import form_signature, tc3
from visavis.protocols.tencent.envelope import Envelope
from visavis.protocols.tencent.errors import Fault, named_fault
from visavis.service.accounts import AccessKey, Account, KeyKind
from visavis.service.admission import Offload
from visavis.service.ports import KeyFinder

MAX_CLOCK_SKEW_S = 300

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_NONCE = re.compile(r"[0-9]{1,20}")
_SECRET_ID = re.compile(r"[!-~]{1,128}")
_REGION = re.compile(r"[a-z]{2}-[a-z0-9-]{1,30}")
_PORT = re.compile(r":[0-9]{1,5}$")
_VENDOR_DOMAIN = "tencentcloudapi.com"


class Verifier:
    """Checks signatures of both kinds.

    There is no nonce in TC3, and two identical requests within a second are signed alike: none is refused as a replay.

    Args:
        keys: looks up secrets.
        offload: runs that lookup.
        public_hosts: names, with their port where it is not the usual one, under which clients know this server.
        clock: Unix seconds.

    Raises:
        ParameterError: a public host is no ASCII text.
    """

    def __init__(
        self, keys: KeyFinder, offload: Offload, public_hosts: Sequence[str], clock: Callable[[], float]
    ) -> None:
        self._keys = keys
        self._offload = offload
        self._public_hosts = check_hosts(public_hosts)
        self._clock = clock

    async def verify(self, request: WireRequest, envelope: Envelope) -> Account:
        """The account whose key signed the request.

        Raises:
            Fault: it is not signed, not rightly, not now, or by a key that is unknown or disabled.
        """
        if envelope.authorization is None and request.header("x-tc-action") is not None:
            raise named_fault("MissingParameter", "Authorization")
        if envelope.authorization is not None:
            return await self._verify_tc3(request, envelope, tc3.parse_authorization(envelope.authorization))
        return await self._verify_form(request, envelope)

    async def _verify_tc3(
        self, request: WireRequest, envelope: Envelope, authorization: tc3.Tc3Authorization
    ) -> Account:
        timestamp = self._check_time(envelope)
        if authorization.date != time.strftime("%Y-%m-%d", time.gmtime(int(timestamp))):
            raise Fault("AuthFailure.SignatureFailure")
        key = await self._find_key(authorization.secret_id)
        hosts = _hosts(request, envelope, self._public_hosts)
        texts = list(_tc3_texts(request, authorization, timestamp, hosts))
        signatures = (tc3.sign(secret, authorization, text) for secret in key.secrets for text in texts)
        _require_one(authorization.signature, signatures)
        return key.account

    async def _verify_form(self, request: WireRequest, envelope: Envelope) -> Account:
        for name in ("Action", "Version", "Timestamp", "Nonce", "SecretId", "Signature"):
            envelope.require(name)
        digest = form_signature.digest_name(envelope.common)
        if not _NONCE.fullmatch(envelope.common["Nonce"]):
            raise named_fault("InvalidParameter", "Nonce")
        self._check_time(envelope)
        key = await self._find_key(envelope.common["SecretId"])
        texts = [
            text
            for host in _hosts(request, envelope, self._public_hosts)
            for text in form_signature.strings_to_sign(request.method, host, envelope.form)
        ]
        signatures = (form_signature.sign(secret, digest, text) for secret in key.secrets for text in texts)
        # A client that does not escape its signature turns the plus signs of base64 into spaces.
        _require_one(envelope.common["Signature"].replace(" ", "+"), signatures)
        return key.account

    def _check_time(self, envelope: Envelope) -> str:
        """The timestamp as text. Checked before the key is looked up, and so are tokens: theirs are other keys."""
        timestamp = envelope.require("Timestamp")
        if not _TIMESTAMP.fullmatch(timestamp):
            raise named_fault("InvalidParameter", "Timestamp")
        if abs(self._clock() - int(timestamp)) > MAX_CLOCK_SKEW_S:
            raise Fault("AuthFailure.SignatureExpire")
        if envelope.common.get("Token"):
            raise Fault("AuthFailure.TokenFailure")
        return timestamp

    async def _find_key(self, secret_id: str) -> AccessKey:
        key: AccessKey | None = None
        if _SECRET_ID.fullmatch(secret_id):
            key = await look_up(self._keys, self._offload, KeyKind.TENCENT, secret_id)
        if key is None:
            raise Fault("AuthFailure.SecretIdNotFound")
        if not key.is_enabled:
            raise Fault("AuthFailure.InvalidSecretId")
        return key


def check_region(envelope: Envelope) -> None:
    """Let any region pass that looks like one; kits without a region send none.

    Raises:
        Fault: it does not.
    """
    region = envelope.common.get("Region")
    if region and not _REGION.fullmatch(region):
        raise Fault("UnsupportedRegion")


def _hosts(request: WireRequest, envelope: Envelope, public_hosts: Sequence[str]) -> list[str]:
    """Host names that the client may have signed: kits leave out the port, and proxies rewrite the header."""
    wire = (request.header("host") or "").strip()
    hosts = [wire, _PORT.sub("", wire), *public_hosts, f"iai.{_VENDOR_DOMAIN}"]
    region = envelope.common.get("Region", "")
    if _REGION.fullmatch(region):
        hosts.append(f"iai.{region}.{_VENDOR_DOMAIN}")
    return list(dict.fromkeys(hosts))


def _tc3_texts(
    request: WireRequest, authorization: tc3.Tc3Authorization, timestamp: str, hosts: Sequence[str]
) -> Iterator[str]:
    """What may have been signed: each host, with Content-Type as it is and in lower case."""
    payload_hash = tc3.hash_payload(request)
    values = tc3.signed_values(request, authorization)
    for content_type in dict.fromkeys((values["content-type"], values["content-type"].lower())):
        for host in hosts:
            chosen = values | {"content-type": content_type, "host": host.encode("latin-1")}
            canonical = tc3.canonical_request(request, authorization, chosen, payload_hash)
            yield tc3.string_to_sign(timestamp, authorization, canonical)


def _require_one(given: str, expected: Iterator[str]) -> None:
    if not any(hmac.compare_digest(given.encode(), signature.encode()) for signature in expected):
        raise Fault("AuthFailure.SignatureFailure")
