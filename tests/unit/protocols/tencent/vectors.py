"""Genuine requests of the vendor's kits, and the key that signed them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from tests.protocol_fakes import FakeKeys, FakeService, offload
from visavis.protocols.base import WireRequest, header_list
from visavis.protocols.tencent.routes import TencentAdapter
from visavis.service.accounts import KeyKind

SECRET_ID = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"
SECRET = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"


@dataclass(frozen=True)
class Vector:
    """One request with what its kit made of it on the way to the signature."""

    name: str
    description: str
    method: str
    query: str
    headers: list[tuple[str, str]]
    body: str
    string_to_sign: str
    signed_host: str
    timestamp: int
    signature: str
    canonical_request: str = ""

    @property
    def request(self) -> WireRequest:
        return WireRequest(
            self.method,
            "/",
            self.query.encode(),
            header_list(self.headers),
            self.body.encode(),
            float(self.timestamp),
        )


VECTORS = [Vector(**entry) for entry in json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))]
TC3 = [vector for vector in VECTORS if vector.canonical_request]
FORM = [vector for vector in VECTORS if not vector.canonical_request]
T1 = VECTORS[0].request
T5 = FORM[0].request


def with_header(request: WireRequest, name: str, value: str | None) -> WireRequest:
    """The request with another value of a header, or without it."""
    kept = tuple(pair for pair in request.headers if pair[0] != name.encode())
    return replace(request, headers=kept if value is None else (*kept, *header_list([(name, value)])))


def adapter(
    service: FakeService | None = None,
    *,
    now: float = VECTORS[0].timestamp,
    secrets: tuple[str, ...] = (SECRET,),
    is_enabled: bool = True,
    public_hosts: tuple[str, ...] = (),
) -> TencentAdapter:
    """An adapter that knows the key, at a time that suits the first vector."""
    keys = FakeKeys()
    keys.add(KeyKind.TENCENT, SECRET_ID, *secrets, is_enabled=is_enabled)
    return TencentAdapter(
        service=service or FakeService(), keys=keys, offload=offload, public_hosts=public_hosts, clock=lambda: now
    )
