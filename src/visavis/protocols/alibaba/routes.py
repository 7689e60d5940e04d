"""The adapter: one path, one action."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence

from visavis.errors import VisavisError
from visavis.protocols.alibaba.auth import Verifier
from visavis.protocols.alibaba.body import Member, render
from visavis.protocols.alibaba.errors import REFUSALS, Fault, FaultError, find_fault
from visavis.protocols.alibaba.schema import ACTION, RESULT_OBJECT_VERSION, Call, check_operation, read_call
from visavis.protocols.alibaba.translate import RULES, read_subjects, write_result, write_thresholds
from visavis.protocols.base import FaceUseCases, Refusal, WireRequest, WireResponse, parse
from visavis.protocols.scale import make_scale, read_anchors
from visavis.service.accounts import Account, Interface
from visavis.service.admission import Offload
from visavis.service.orders import Subject
from visavis.service.ports import KeyFinder, NonceLog

# Node clients give up after 3 seconds.
ANSWER_TIMEOUT_S = 2.5

_DEFAULT_HOST = "cloudauth.aliyuncs.com"
_MAX_HOST_LENGTH = 255


class AlibabaAdapter:
    """Speaks CompareFaces.

    Args:
        service: compares.
        keys: looks up key pairs.
        nonces: remembers which nonces were used.
        offload: runs blocking calls.
        public_hosts: names under which clients know this server, where a proxy hides them; signatures are over them.
        clock: Unix seconds.
    """

    name = "alibaba"
    body_limit_bytes = 8 * 1_048_576

    def __init__(
        self,
        *,
        service: FaceUseCases,
        keys: KeyFinder,
        nonces: NonceLog,
        offload: Offload,
        public_hosts: Sequence[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._service = service
        self._offload = offload
        self._verifier = Verifier(keys, nonces, public_hosts, clock)
        self._scale = make_scale(read_anchors(__package__), service.scores)
        self._thresholds = write_thresholds(self._scale, service.scores)

    async def answer(self, request: WireRequest) -> WireResponse:
        """See `Adapter`."""
        if len(request.body) > self.body_limit_bytes:
            return self.refuse(request, Refusal.BODY_TOO_LARGE)
        call: Call = await parse(self._offload, len(request.body), read_call, request)
        request_id = _make_request_id()
        try:
            members = await self._compare(call, request_id)
        except FaultError as error:
            return _write_fault(call, request_id, error.fault)
        except VisavisError as error:
            return _write_fault(call, request_id, find_fault(error))
        return _write(call, request_id, f"{ACTION}Response", members)

    def refuse(self, request: WireRequest, refusal: Refusal) -> WireResponse:
        """See `Adapter`."""
        return _write_fault(read_call(request), _make_request_id(), REFUSALS[refusal])

    async def _compare(self, call: Call, request_id: str) -> dict[str, Member]:
        check_operation(call)
        deadline = call.request.received_at + ANSWER_TIMEOUT_S
        account: Account = await self._offload(self._verifier.verify, call)
        caller = await self._service.admit(account, Interface.ALIBABA_COMPARE_FACES, deadline)
        subjects: tuple[Subject, Subject] = await parse(self._offload, len(call.request.body), read_subjects, call)
        pair = await self._service.compare(caller, *subjects, RULES)
        return write_result(call, request_id, pair, self._scale, self._thresholds)


def _make_request_id() -> str:
    return str(uuid.uuid4()).upper()


def _write_fault(call: Call, request_id: str, fault: Fault) -> WireResponse:
    if not fault.is_business:
        host = (call.header("host") or _DEFAULT_HOST)[:_MAX_HOST_LENGTH]
        gateway = {"RequestId": request_id, "HostId": host, "Code": fault.code, "Message": fault.message}
        return _write(call, request_id, "Error", gateway, fault)
    members: dict[str, Member] = {"RequestId": request_id, "Code": fault.code, "Message": fault.message}
    if call.version != RESULT_OBJECT_VERSION:
        members["Success"] = False
    return _write(call, request_id, f"{ACTION}Response", members, fault)


def _write(
    call: Call, request_id: str, root: str, members: dict[str, Member] | dict[str, str], fault: Fault | None = None
) -> WireResponse:
    return WireResponse(
        status=fault.status if fault else 200,
        body=render(root, members, call.body_format),
        content_type=call.body_format.value,
        headers=fault.headers if fault else (),
        error_code=fault.name if fault else None,
        request_id=request_id,
    )
