"""Every adapter in this process with a service that is not one, and the judgement of each of its answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.protocol_fakes import FakeKeys, FakeNonces, FakeService, account, offload
from tests.robustness.signed_corpus import NOW as SIGNED_AT
from tests.robustness.signed_corpus import TOKEN_KEY, Family, Pair, Signed
from tests.robustness.signed_mutations import Mutant
from visavis.protocols.alibaba.routes import AlibabaAdapter
from visavis.protocols.baidu.routes import TOKEN_PATH, BaiduAdapter
from visavis.protocols.base import WireRequest, WireResponse
from visavis.protocols.kuaidi100.routes import Kuaidi100Adapter
from visavis.protocols.native.routes import create_native_app
from visavis.protocols.tencent.routes import TencentAdapter
from visavis.service.accounts import AccessKey, Account, Interface, KeyKind
from visavis.service.orders import Caller, Subject
from visavis.types import EngineIdentity, FaceCheck

_IDENTITY = EngineIdentity("sface", "ab" * 32, "yunet", "openvino", "bf16", "default")
Pictures = tuple[Subject, Subject | None]


class BreachError(AssertionError):
    """Something was served that nobody signed."""


@dataclass
class WatchedService(FakeService):
    """A fake service that notes whose calls reach it."""

    callers: list[str] = field(default_factory=list)

    async def admit(self, who: Account, interface: Interface, deadline: float) -> Caller:
        self.callers.append(who.account_id)
        return await super().admit(who, interface, deadline)


class Bench:
    """One family's adapter, with both of its keys.

    Attributes:
        originals: rightly signed requests of the first key.
        service: what stands behind the adapter.
        now: the server's clock.
    """

    def __init__(self, family: Family) -> None:
        self.family = family
        self.service = WatchedService()
        self.now = float(SIGNED_AT)
        self._nonces = FakeNonces()
        self._answer = self._open()
        self.signed: list[Signed] = family.make(family.owner)
        self.originals = [signed.request for signed in self.signed]
        self._proven: dict[str, str] = {}
        for pair, requests in ((family.owner, self.signed), (family.other, family.make(family.other))):
            for signed in requests:
                claims = family.read_claims(signed.request)
                self._proven[claims[signed.reading]] = pair.key_id
        self._orders: list[Pictures] = []

    async def check_originals(self) -> None:
        """All are served, so that a refusal says something; what they ask for is noted.

        Raises:
            AssertionError: one is not.
        """
        for signed in self.signed:
            response = await self.send(signed.request)
            assert self.is_served(signed.request, response), response.body
            assert response.error_code is None, response.body
            self._orders += self.asked()

    async def send(
        self, request: WireRequest, clock_shift_s: float = 0.0, *, keep_nonces: bool = False
    ) -> WireResponse:
        """One request, as if it were the first."""
        self.service.callers.clear()
        self.service.orders.clear()
        if not keep_nonces:
            self._nonces.seen.clear()
        self.now = SIGNED_AT + clock_shift_s
        response = await self._answer(request)
        self.family.check_answer(request, response)
        for pair in (self.family.owner, self.family.other):
            assert pair.secret.encode() not in response.body, "the secret is in the answer"
        return response

    def is_served(self, request: WireRequest, response: WireResponse) -> bool:
        """Whether the caller was believed."""
        return bool(self.service.callers) or (request.path == TOKEN_PATH and response.status == 200)

    def asked(self) -> list[Pictures]:
        """What the service was asked to compare."""
        return [(reference, probe) for reference, probe, _, _ in self.service.orders]

    async def judge(self, mutant: Mutant) -> str:
        """`refused`, `served` or, where nothing that is covered was changed but it was refused, `harmless`.

        Raises:
            BreachError: served although it was changed where the signature covers it, or out of its time.
            AssertionError: the answer has not the vendor's form.
        """
        response = await self.send(mutant.request, mutant.clock_shift_s)
        earliest, latest = self.family.window_s
        is_timely = earliest <= mutant.clock_shift_s <= latest
        owners = {self._proven.get(claim) for claim in self.family.read_claims(mutant.request)} - {None}
        if not self.is_served(mutant.request, response):
            return "harmless" if owners and is_timely else "refused"
        if not owners or not is_timely:
            raise BreachError(f"served: {mutant}")
        if not set(self.service.callers) <= owners:
            raise BreachError(f"served to {self.service.callers} what {owners} signed: {mutant}")
        if self.family.covers_pictures and not all(order in self._orders for order in self.asked()):
            raise BreachError(f"other pictures were compared: {mutant}")
        return "served"

    def _open(self) -> Callable[[WireRequest], Awaitable[WireResponse]]:
        keys = FakeKeys()
        for pair in (self.family.owner, self.family.other):
            _add_key(keys, self.family.kind, pair)
        service, clock = self.service, lambda: self.now
        match self.family.kind:
            case KeyKind.ALIBABA:
                return AlibabaAdapter(
                    service=service, keys=keys, nonces=self._nonces, offload=offload, clock=clock
                ).answer
            case KeyKind.TENCENT:
                return TencentAdapter(service=service, keys=keys, offload=offload, clock=clock).answer
            case KeyKind.BAIDU:
                return BaiduAdapter(
                    service=service, keys=keys, offload=offload, token_key=TOKEN_KEY, clock=clock
                ).answer
            case KeyKind.KUAIDI100:
                return Kuaidi100Adapter(service=service, keys=keys, offload=offload, clock=clock).answer
            case KeyKind.NATIVE:
                return AsgiCaller(
                    create_native_app(
                        service=service,
                        keys=keys,
                        offload=offload,
                        identity=_IDENTITY,
                        calibration_id="linear",
                        check_calibration_ids=dict.fromkeys(FaceCheck),
                        is_ready=lambda: True,
                    )
                )


def _add_key(keys: FakeKeys, kind: KeyKind, pair: Pair) -> None:
    found_by = pair.secret[:12] if kind is KeyKind.NATIVE else pair.key_id
    keys.keys[kind, found_by] = AccessKey(found_by, kind, (pair.secret,), True, account(account_id=pair.key_id))


class AsgiCaller:
    """Sends raw requests to an ASGI application, bytes that no client would send included."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, request: WireRequest) -> WireResponse:
        """The answer; whatever the application raises comes out."""
        sent: list[MutableMapping[str, Any]] = []
        parts: list[MutableMapping[str, Any]] = [
            {"type": "http.request", "body": request.body},
            {"type": "http.disconnect"},
        ]

        async def receive() -> MutableMapping[str, Any]:
            return parts.pop(0)

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": unquote(request.path),
            "raw_path": request.path.encode("latin-1"),
            "query_string": request.query,
            "root_path": "",
            "headers": list(request.headers),
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
            "state": {},
        }
        await self._app(scope, receive, send)
        headers = dict(sent[0]["headers"])
        body = b"".join(message.get("body", b"") for message in sent[1:])
        status = int(sent[0]["status"])
        code = None if status == 200 else str(status)
        return WireResponse(status, body, headers[b"content-type"].decode("latin-1"), (), code)
