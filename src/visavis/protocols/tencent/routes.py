"""The adapter: one path, and the action in a header or a parameter."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Sequence

from visavis.errors import VisavisError
from visavis.protocols.base import FaceUseCases, Refusal, WireRequest, WireResponse
from visavis.protocols.scale import make_scale, read_anchors
from visavis.protocols.tencent.auth import Verifier, check_region
from visavis.protocols.tencent.envelope import BODY_LIMIT_BYTES, Envelope, check_size, open_envelope, speaks_chinese
from visavis.protocols.tencent.errors import Fault, error_body, fault_of, named_fault
from visavis.protocols.tencent.schema import find_action, read_parameters
from visavis.protocols.tencent.translate import RULES, make_subjects, result_body, score_text
from visavis.service.admission import Offload
from visavis.service.ports import KeyFinder

ANSWER_TIMEOUT_S = 30.0

_CONTENT_TYPE = "application/json"
_TRACE_ID = re.compile(r"[ -~]{1,128}")
_REFUSALS = {
    Refusal.BODY_TOO_LARGE: "RequestSizeLimitExceeded",
    Refusal.BAD_REQUEST: "UnsupportedProtocol",
    Refusal.STOPPING: "ServiceUnavailable",
    Refusal.INTERNAL: "InternalError",
}


class TencentAdapter:
    """Serves CompareMaskFace and CompareFace.

    Nothing is kept of the pictures, and errors too have HTTP status 200: the vendor's kits read no other answer.

    Args:
        service: the use cases.
        keys: looks up secrets.
        offload: runs that lookup.
        public_hosts: names under which clients know this server, where a proxy hides them; signatures are over them.
        clock: Unix seconds.
    """

    name = "tencent"
    body_limit_bytes = BODY_LIMIT_BYTES

    def __init__(
        self,
        *,
        service: FaceUseCases,
        keys: KeyFinder,
        offload: Offload,
        public_hosts: Sequence[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._service = service
        self._verifier = Verifier(keys, offload, public_hosts, clock)
        self._scale = make_scale(read_anchors("visavis.protocols.tencent"), service.scores)

    async def answer(self, request: WireRequest) -> WireResponse:
        """See `Adapter`."""
        if request.path not in ("", "/"):
            return self.refuse(request, Refusal.NOT_FOUND)
        is_chinese = speaks_chinese(request.header("x-tc-language"))
        request_id = str(uuid.uuid4())
        try:
            check_size(request)
            envelope = open_envelope(request)
            is_chinese = is_chinese or envelope.is_chinese
            body = result_body(await self._compare(request, envelope), request_id)
        except Fault as fault:
            return _failure(request, fault, is_chinese, request_id)
        except VisavisError as error:
            return _failure(request, fault_of(error), is_chinese, request_id)
        return WireResponse(200, body, _CONTENT_TYPE, _traced(request), request_id=request_id)

    def refuse(self, request: WireRequest, refusal: Refusal) -> WireResponse:
        """See `Adapter`."""
        code = _REFUSALS.get(refusal)
        fault = Fault(code) if code else named_fault("InvalidAction", request.path)
        return _failure(request, fault, speaks_chinese(request.header("x-tc-language")), str(uuid.uuid4()))

    async def _compare(self, request: WireRequest, envelope: Envelope) -> str:
        """The score of an authentic request, as text."""
        account = await self._verifier.verify(request, envelope)
        check_region(envelope)
        action = find_action(envelope)
        caller = await self._service.admit(account, action.interface, request.received_at + ANSWER_TIMEOUT_S)
        reference, probe = make_subjects(read_parameters(request, envelope, action), action.interface)
        pair = await self._service.compare(caller, reference, probe, RULES, keep_tokens=False)
        return score_text(pair, self._scale)


def _failure(request: WireRequest, fault: Fault, is_chinese: bool, request_id: str) -> WireResponse:
    body = error_body(fault, is_chinese, request_id)
    return WireResponse(200, body, _CONTENT_TYPE, _traced(request), fault.code, request_id)


def _traced(request: WireRequest) -> tuple[tuple[str, str], ...]:
    """The caller's trace id goes back to it, unless it is no fit text for a header."""
    trace_id = request.header("x-tc-traceid") or ""
    return (("X-TC-TraceId", trace_id),) if _TRACE_ID.fullmatch(trace_id) else ()
