"""A client of both signature generations, written from the contract and sharing nothing with the server's code."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from visavis.protocols.base import WireRequest, header_list

KEY_ID = "LTAI4testAccessKeyId"
SECRET = "testAccessKeySecret123"
NOW = 1795305600.0
NOW_TEXT = "2026-11-22T00:00:00Z"
HOST = "127.0.0.1:18080"
_HASHES = {"acs3": ("ACS3-HMAC-SHA256", "sha256"), "sm3": ("ACS3-HMAC-SM3", "sm3")}


@dataclass
class Order:
    """A call to be signed.

    Attributes:
        method: HTTP method.
        signature: `v1`, `acs3`, `sm3`, or `none`.
        place: where v1's common parameters go: `query` or `body`.
        business: where the others go.
        parameters: the business parameters.
        common: changes of common parameters (v1) or headers (ACS3) before signing; None removes one.
        after: the same after signing.
    """

    method: str = "POST"
    signature: str = "v1"
    place: str = "query"
    business: str = "body"
    parameters: dict[str, str] = field(default_factory=dict)
    common: dict[str, str | None] = field(default_factory=dict)
    after: dict[str, str | None] = field(default_factory=dict)
    secret: str = SECRET

    def request(self) -> WireRequest:
        """As it goes over the wire."""
        return {"v1": self._v1, "none": self._unsigned}.get(self.signature, self._acs3)()

    def _v1(self) -> WireRequest:
        common = _changed(
            {
                "AccessKeyId": KEY_ID,
                "Action": "CompareFaces",
                "Format": "JSON",
                "SignatureMethod": "HMAC-SHA1",
                "SignatureNonce": "0123456789abcdef0123456789abcdef",
                "SignatureVersion": "1.0",
                "Timestamp": NOW_TEXT,
                "Version": "2019-03-07",
            },
            self.common,
        )
        canonical = _canonical(common | self.parameters)
        text = f"{self.method}&{_encode('/')}&{_encode(canonical)}"
        digest = hmac.new(f"{self.secret}&".encode(), text.encode(), hashlib.sha1).digest()
        common = _changed(common | {"Signature": base64.b64encode(digest).decode()}, self.after)
        return self._assemble(common, {})

    def _unsigned(self) -> WireRequest:
        return self._assemble({name: value for name, value in self.common.items() if value is not None}, {})

    def _acs3(self) -> WireRequest:
        algorithm, hash_name = _HASHES[self.signature]
        bare = self._assemble({}, {})
        content_hash = hashlib.new(hash_name, bare.body).hexdigest()
        headers = _changed(
            {
                "content-type": "application/x-www-form-urlencoded",
                "host": HOST,
                "x-acs-action": "CompareFaces",
                "x-acs-content-sha256": content_hash,
                "x-acs-date": NOW_TEXT,
                "x-acs-signature-nonce": "0123456789abcdef0123456789abcdef",
                "x-acs-version": "2019-03-07",
            },
            self.common,
        )
        signed = ";".join(sorted(headers))
        lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        query = _canonical(self.parameters) if self.business == "query" else ""
        stated = headers.get("x-acs-content-sha256", content_hash)
        canonical = f"{self.method}\n/\n{query}\n{lines}\n{signed}\n{stated}"
        text = f"{algorithm}\n{hashlib.new(hash_name, canonical.encode()).hexdigest()}"
        signature = hmac.new(self.secret.encode(), text.encode(), hash_name).hexdigest()
        headers["authorization"] = f"{algorithm} Credential={KEY_ID},SignedHeaders={signed},Signature={signature}"
        return self._assemble({}, _changed(headers, self.after))

    def _assemble(self, common: dict[str, str], headers: dict[str, str]) -> WireRequest:
        places: dict[str, dict[str, str]] = {"query": {}, "body": {}}
        places[self.place] |= common
        places[self.business] |= self.parameters
        return wire(self.method, urlencode(places["query"]), urlencode(places["body"]).encode(), headers)


def wire(method: str, query: str, body: bytes, headers: dict[str, str]) -> WireRequest:
    """A request to `/`."""
    defaults = {"host": HOST, "content-type": "application/x-www-form-urlencoded"}
    return WireRequest(method, "/", query.encode(), header_list((defaults | headers).items()), body, NOW)


def read_order(document: dict[str, Any]) -> Order:
    """From a case."""
    return Order(**document)


def _changed(values: dict[str, str], changes: dict[str, str | None]) -> dict[str, str]:
    merged: dict[str, str | None] = {**values, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def _canonical(pairs: dict[str, str]) -> str:
    return "&".join(f"{_encode(name)}={_encode(pairs[name])}" for name in sorted(pairs))


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")
