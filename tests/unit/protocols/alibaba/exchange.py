"""What the tests of this adapter share: an adapter with fakes around it, and the contract's vectors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.conformance.alibaba.client import KEY_ID, NOW, SECRET
from tests.protocol_fakes import FakeKeys, FakeNonces, FakeService, offload
from visavis.protocols.alibaba.routes import AlibabaAdapter
from visavis.protocols.base import WireRequest, WireResponse, header_list
from visavis.service.accounts import KeyKind

VECTORS: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))


@dataclass
class Bench:
    """An adapter and what it calls."""

    clock: Callable[[], float] = lambda: NOW
    secret: str = SECRET
    service: FakeService = field(default_factory=FakeService)
    keys: FakeKeys = field(default_factory=FakeKeys)
    nonces: FakeNonces = field(default_factory=FakeNonces)
    public_hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.keys.add(KeyKind.ALIBABA, KEY_ID, self.secret)
        self.adapter = AlibabaAdapter(
            service=self.service,
            keys=self.keys,
            nonces=self.nonces,
            offload=offload,
            public_hosts=self.public_hosts,
            clock=self.clock,
        )

    def answer(self, request: WireRequest) -> WireResponse:
        return asyncio.run(self.adapter.answer(request))


def vector_request(vector: dict[str, Any]) -> WireRequest:
    """As the kit sent it."""
    return WireRequest(
        vector["method"],
        "/",
        vector["query"].encode(),
        header_list((name, value) for name, value in vector["headers"]),
        vector["body"].encode(),
        vector_time(vector),
    )


def vector_time(vector: dict[str, Any]) -> float:
    return datetime.fromisoformat(vector["signed_at"]).timestamp()
