"""The adapter: `POST /api`."""

from __future__ import annotations

import time
from collections.abc import Callable

from visavis.errors import VisavisError
from visavis.protocols.base import FaceUseCases, Refusal, WireRequest, WireResponse, parse
from visavis.protocols.kuaidi100.auth import authenticate
from visavis.protocols.kuaidi100.errors import REFUSALS, ApiError, Code, translate_error
from visavis.protocols.kuaidi100.schema import read_fields, require_interface
from visavis.protocols.kuaidi100.translate import RULES, error_response, success_response, to_subjects
from visavis.protocols.scale import make_scale, read_anchors
from visavis.service.accounts import Interface
from visavis.service.admission import Offload
from visavis.service.ports import KeyFinder

PATH = "/api"
ANSWER_TIMEOUT_S = 4.5


class Kuaidi100Adapter:
    """Speaks the API of Kuaidi100's cloud market.

    Args:
        service: the use cases.
        keys: looks up key pairs; `secret_key` is a key's id, `secret_secret` its secret.
        offload: runs blocking calls.
        clock: taken like by every adapter, and not looked at: nothing in this API bears a time.
    """

    name = "kuaidi100"
    body_limit_bytes = 10 * 1024 * 1024

    def __init__(
        self, *, service: FaceUseCases, keys: KeyFinder, offload: Offload, clock: Callable[[], float] = time.time
    ) -> None:
        self._service = service
        self._keys = keys
        self._offload = offload
        self._scale = make_scale(read_anchors("visavis.protocols.kuaidi100"), service.scores)

    async def answer(self, request: WireRequest) -> WireResponse:
        """See `Adapter.answer`."""
        try:
            return await self._compare(request)
        except VisavisError as error:
            return error_response(translate_error(error))
        except ApiError as error:
            return error_response(error)

    def refuse(self, request: WireRequest, refusal: Refusal) -> WireResponse:
        """See `Adapter.refuse`."""
        row = REFUSALS[refusal]
        return error_response(ApiError(row.code, row.message))

    async def _compare(self, request: WireRequest) -> WireResponse:
        if request.path != PATH:
            return self.refuse(request, Refusal.NOT_FOUND)
        if request.method != "POST":
            raise ApiError(Code.BAD_REQUEST, "the method must be POST")
        if len(request.body) > self.body_limit_bytes:
            return self.refuse(request, Refusal.BODY_TOO_LARGE)
        # Ten megabytes of percent signs take a second to decode.
        fields: dict[str, str] = await parse(self._offload, len(request.body), read_fields, request.body)
        account = await authenticate(fields, self._keys, self._offload)
        require_interface(fields)
        deadline = request.received_at + ANSWER_TIMEOUT_S
        caller = await self._service.admit(account, Interface.KUAIDI100_COMPARE, deadline)
        reference, probe = await parse(self._offload, len(request.body), to_subjects, fields, account.quality)
        pair = await self._service.compare(caller, reference, probe, RULES, keep_tokens=True)
        return success_response(pair, self._scale)
