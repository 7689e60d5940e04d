"""Baidu `face/v3/match`, `face/v3/detect`, `face/v3/faceverify` and the token endpoint."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable, Sequence

from visavis.errors import VisavisError, naming_side
from visavis.protocols.baidu import oauth
from visavis.protocols.baidu.auth import Authenticator, Keyring
from visavis.protocols.baidu.errors import (
    GET_FACE_FAIL,
    IMAGE_TOO_LARGE,
    NO_PERMISSION,
    REFUSALS,
    UNSUPPORTED_METHOD,
    ApiError,
    Row,
    error_response,
    row_of,
)
from visavis.protocols.baidu.schema import Picture, parse_detect, parse_faceverify, parse_match
from visavis.protocols.baidu.translate import (
    RULES,
    detect_result,
    faceverify_result,
    match_result,
    success_response,
    to_subject,
    without_guesses,
)
from visavis.protocols.base import FaceUseCases, Refusal, WireRequest, WireResponse
from visavis.protocols.scale import make_scale, read_anchors
from visavis.service.accounts import Interface
from visavis.service.admission import Offload
from visavis.service.orders import Caller, FaceTokenReference, Subject
from visavis.service.ports import KeyFinder
from visavis.types import EVERY_CHECK

TOKEN_PATH = "/oauth/2.0/token"
MATCH_PATH = "/rest/2.0/face/v3/match"
DETECT_PATH = "/rest/2.0/face/v3/detect"
FACEVERIFY_PATH = "/rest/2.0/face/v3/faceverify"
MAX_BODY_BYTES = 10 * 1024 * 1024
# The Node kit gives up after 10 seconds.
TIMEOUT_S = 9.0

_OLD_VERSION = "/rest/2.0/face/v2/"
# It compares with a register of identities, which there is none of here.
_IDENTITY_PATH = "/rest/2.0/face/v3/person/verify"
_INTERFACES = {
    MATCH_PATH: Interface.BAIDU_MATCH,
    DETECT_PATH: Interface.BAIDU_DETECT,
    FACEVERIFY_PATH: Interface.BAIDU_FACEVERIFY,
}


class BaiduAdapter:
    """Speaks Baidu's face API, version 3.

    Args:
        service: the use cases.
        keys: finds key pairs.
        offload: runs the store's blocking calls.
        token_key: secret that proves access tokens; all workers share it, and tokens survive restarts with it.
        public_hosts: names under which clients know this server, where a proxy hides them; signatures are over them.
        clock: Unix seconds.
    """

    name = "baidu"
    body_limit_bytes = MAX_BODY_BYTES

    def __init__(
        self,
        *,
        service: FaceUseCases,
        keys: KeyFinder,
        offload: Offload,
        token_key: bytes,
        public_hosts: Sequence[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        keyring = Keyring(keys, offload)
        self._service = service
        self._clock = clock
        self._authenticator = Authenticator(keyring, token_key, public_hosts, clock)
        self._tokens = oauth.TokenEndpoint(keyring, token_key, clock)
        self._scale = make_scale(read_anchors("visavis.protocols.baidu"), service.scores)
        # Counted from a random start: unique among workers, too. JavaScript keeps whole numbers below 2^53 exact.
        self._log_ids = itertools.count(10**15 + secrets.randbelow(2**53 - 2 * 10**15))

    async def answer(self, request: WireRequest) -> WireResponse:
        """See `Adapter.answer`."""
        if request.path == TOKEN_PATH:
            return await self._tokens.answer(request)
        try:
            result = await self._serve(request)
        except ApiError as error:
            return self._fail(error.row)
        except VisavisError as error:
            return self._fail(row_of(error))
        return success_response(result, next(self._log_ids), int(self._clock()))

    def refuse(self, request: WireRequest, refusal: Refusal) -> WireResponse:
        """See `Adapter.refuse`."""
        return oauth.refuse(refusal) if request.path == TOKEN_PATH else self._fail(REFUSALS[refusal])

    async def _serve(self, request: WireRequest) -> dict[str, object]:
        if len(request.body) > MAX_BODY_BYTES:
            raise ApiError(IMAGE_TOO_LARGE)
        if request.path.startswith(_OLD_VERSION) or request.path == _IDENTITY_PATH:
            raise ApiError(NO_PERMISSION)
        interface = _INTERFACES.get(request.path)
        if interface is None or request.method != "POST":
            raise ApiError(UNSUPPORTED_METHOD)
        account = await self._authenticator.identify(request)
        caller = await self._service.admit(account, interface, request.received_at + TIMEOUT_S)
        match interface:
            case Interface.BAIDU_MATCH:
                return await self._match(caller, request.body)
            case Interface.BAIDU_DETECT:
                return await self._detect(caller, request.body)
            case _:
                return await self._faceverify(caller, request.body)

    async def _match(self, caller: Caller, body: bytes) -> dict[str, object]:
        first, second = parse_match(body)
        reference, probe = to_subject(first), to_subject(second)
        pair = await self._service.compare(caller, reference, probe, RULES, keep_tokens=True)
        return match_result(self._scale.public_score(pair.score), pair)

    async def _detect(self, caller: Caller, body: bytes) -> dict[str, object]:
        asked = parse_detect(body)
        subject = _to_picture(asked.picture)
        others = asked.max_face_num - 1
        # The only picture is the first.
        with naming_side("reference"):
            served, _ = await self._service.detect(caller, subject, RULES, keep_token=True, other_tokens=others)
        assert served.subject is not None and served.token is not None
        named = [(served.subject, served.token), *((other.found, other.token) for other in served.others)]
        told = [(without_guesses(found, subject.condition), token) for found, token in named]
        return detect_result(told, asked.face_fields)

    async def _faceverify(self, caller: Caller, body: bytes) -> dict[str, object]:
        asked = parse_faceverify(body)
        subjects = [_to_picture(one.picture) for one in asked]
        served, _ = await self._service.inspect(caller, subjects, RULES, EVERY_CHECK, keep_tokens=True)
        told = []
        for subject, one in zip(subjects, served, strict=True):
            assert one.subject is not None and one.token is not None
            told.append((without_guesses(one.subject, subject.condition), one.token))
        return faceverify_result(told, [one.face_fields for one in asked])

    def _fail(self, row: Row) -> WireResponse:
        return error_response(row, next(self._log_ids), int(self._clock()))


def _to_picture(picture: Picture) -> Subject:
    """As `to_subject`. Behind a token there is a template; the picture, and where its face was, are not kept."""
    subject = to_subject(picture)
    if isinstance(subject.source, FaceTokenReference):
        raise ApiError(GET_FACE_FAIL)
    return subject
