"""The application: paths, what each does, and how errors leave it."""

from __future__ import annotations

import functools
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from visavis.errors import VisavisError
from visavis.findings import Findings
from visavis.protocols.base import FaceUseCases, parse
from visavis.protocols.native import examples, openapi
from visavis.protocols.native.answers import (
    AnalyzeAnswer,
    CalibrationAnswer,
    CompareAnswer,
    DetectAnswer,
    Engine,
    HealthAnswer,
    LivenessAnswer,
)
from visavis.protocols.native.auth import BearerVerifier
from visavis.protocols.native.body import BODY_LIMIT_BYTES, read_body
from visavis.protocols.native.docs_page import add_docs_page
from visavis.protocols.native.envelope import CONTENT_TYPE, write_error
from visavis.protocols.native.errors import Answer, Problem, RequestError, describe_error, describe_problem
from visavis.protocols.native.messages import choose_language
from visavis.protocols.native.schema import (
    AnalyzeParameters,
    CompareParameters,
    DetectParameters,
    Sides,
    read_analyze,
    read_compare,
    read_detect,
    read_liveness,
)
from visavis.protocols.native.translate import (
    RULES,
    from_analysis,
    from_detection,
    from_liveness,
    from_pair,
    threshold_for,
    thresholds,
    to_subjects,
)
from visavis.service.accounts import Interface
from visavis.service.admission import Offload
from visavis.service.orders import Caller, Control, ServedFace, Subject
from visavis.service.ports import KeyFinder
from visavis.service.verdicts import judge
from visavis.types import EVERY_CHECK, LIVENESS_CHECKS, EngineIdentity, FaceCheck, Timings

ANSWER_TIMEOUT_S = 30.0
_HTTP_PROBLEMS = {404: Problem.NOT_FOUND, 405: Problem.METHOD, 413: Problem.BODY_TOO_LARGE}
_MEASURES = frozenset({FaceCheck.MEASURES})
# Nothing of a request may leave this process by way of a tracing library.
_NO_TELEMETRY = TelemetryConfig(tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False)

_log = logging.getLogger(__name__)


def create_native_app(
    *,
    service: FaceUseCases,
    keys: KeyFinder,
    offload: Offload,
    identity: EngineIdentity,
    calibration_id: str,
    check_calibration_ids: Mapping[FaceCheck, str | None],
    is_ready: Callable[[], bool],
) -> FastAPI:
    """The REST API as an application, to be served or mounted.

    What the outer server has put into `request.state` is used: `request_id`, without which each request gets one of its
    own, and `received_at`, `time.monotonic()` seconds, from which deadlines count. The code of an error is left there
    as `error_code`.

    Args:
        service: the use cases.
        keys: looks up bearer keys.
        offload: runs blocking calls and the parsing of bodies.
        identity: what produces the scores.
        calibration_id: what they mean.
        check_calibration_ids: what the scores of the checks for attacks mean; None: nothing says so.
        is_ready: whether requests can be served now.
    """
    app = FastAPI(
        title=openapi.TITLE,
        version=openapi.API_VERSION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
    )
    meaning = _Meaning(identity, calibration_id, check_calibration_ids)
    endpoints = _Endpoints(service, BearerVerifier(keys, offload), offload, meaning, is_ready)
    _add_routes(app, endpoints)
    add_docs_page(app)
    for kind in (VisavisError, RequestError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, _answer_error)
    # FastAPI documents this way of replacing its generator.
    app.openapi = functools.cache(functools.partial(openapi.build_openapi, app))  # type: ignore[method-assign]
    return app


def request_id_of(request: Request) -> str:
    """The request's id; made at the first call."""
    known = getattr(request.state, "request_id", None)
    if not isinstance(known, str):
        known = request.state.request_id = uuid.uuid4().hex
    return known


def _received_at(request: Request) -> float:
    known = getattr(request.state, "received_at", None)
    return known if isinstance(known, float) else time.monotonic()


@dataclass(frozen=True, slots=True)
class _Meaning:
    identity: EngineIdentity
    calibration_id: str
    check_calibration_ids: Mapping[FaceCheck, str | None]


class _Endpoints:
    def __init__(
        self,
        service: FaceUseCases,
        verifier: BearerVerifier,
        offload: Offload,
        meaning: _Meaning,
        is_ready: Callable[[], bool],
    ) -> None:
        self._service = service
        self._verifier = verifier
        self._offload = offload
        self._identity = meaning.identity
        self._calibration_id = meaning.calibration_id
        self._check_calibration_ids = meaning.check_calibration_ids
        self._is_ready = is_ready

    async def compare(self, request: Request) -> Response:
        """Compare the faces of two pictures. Charged when it comes to a score."""
        received_at = _received_at(request)
        caller, body = await self._admitted(request, Interface.NATIVE_COMPARE, received_at)
        sides: Sides
        parameters: CompareParameters
        sides, parameters = await parse(
            self._offload, len(body), read_compare, request.headers.get("content-type", ""), body
        )
        threshold = threshold_for(parameters.fmr, self._service.scores)
        reference: Subject
        probe: Subject
        reference, probe = await parse(self._offload, len(body), to_subjects, sides, parameters)
        keep = parameters.keep_tokens
        checks = EVERY_CHECK if keep else frozenset[FaceCheck]()
        pair = await self._service.compare(caller, reference, probe, RULES, keep_tokens=keep, checks=checks)
        answer = from_pair(
            pair,
            fmr=parameters.fmr,
            threshold=threshold,
            identity=self._identity,
            calibration_id=self._calibration_id,
            request_id=request_id_of(request),
            total_s=time.monotonic() - received_at,
        )
        return _respond(request, answer)

    async def detect(self, request: Request) -> Response:
        """Find every face of a picture, the chosen one first. Charged when there is one."""
        received_at = _received_at(request)
        caller, body = await self._admitted(request, Interface.NATIVE_DETECT, received_at)
        sides: Sides
        parameters: DetectParameters
        sides, parameters = await self._offload(read_detect, request.headers.get("content-type", ""), body)
        subject: Subject
        (subject,) = await parse(self._offload, len(body), to_subjects, sides, parameters)
        found, timings = await self._service.detect(caller, subject, RULES, keep_token=parameters.keep_tokens)
        answer = from_detection(
            found,
            timings,
            identity=self._identity,
            request_id=request_id_of(request),
            total_s=time.monotonic() - received_at,
        )
        return _respond(request, answer)

    async def analyze(self, request: Request) -> Response:
        """Measure the chosen face of a picture, and say what is wrong with it. Charged when there is one."""
        received_at = _received_at(request)
        caller, body = await self._admitted(request, Interface.NATIVE_ANALYZE, received_at)
        sides: Sides
        parameters: AnalyzeParameters
        sides, parameters = await parse(
            self._offload, len(body), read_analyze, request.headers.get("content-type", ""), body
        )
        subject: Subject
        (subject,) = await parse(self._offload, len(body), to_subjects, sides, parameters)
        keep = parameters.keep_tokens
        found, timings = await self._service.detect(caller, subject, RULES, keep_token=keep, checks=_MEASURES)
        language = choose_language(request.headers.get("accept-language"))
        answer = from_analysis(
            found,
            timings,
            has_landmarks=parameters.landmarks,
            language=language,
            identity=self._identity,
            request_id=request_id_of(request),
            total_s=time.monotonic() - received_at,
        )
        return _respond(request, answer, {"Content-Language": language, "Vary": "Accept-Language"})

    async def liveness(self, request: Request) -> Response:
        """Say how surely the chosen face is a living person's, and its photo untouched. Charged when there is one."""
        received_at = _received_at(request)
        caller, body = await self._admitted(request, Interface.NATIVE_LIVENESS, received_at)
        sides: Sides
        parameters: DetectParameters
        sides, parameters = await parse(
            self._offload, len(body), read_liveness, request.headers.get("content-type", ""), body
        )
        subject: Subject
        (subject,) = await parse(self._offload, len(body), to_subjects, sides, parameters)
        found, timings = await self._inspect(caller, subject, keep_tokens=parameters.keep_tokens)
        assert found.subject is not None
        findings = Findings(pad=found.subject.pad, synthesis=found.subject.synthesis)
        language = choose_language(request.headers.get("accept-language"))
        answer = from_liveness(
            found,
            timings,
            {control: judge(self._service.policy, control, subject, findings) for control in Control},
            calibration_ids=self._check_calibration_ids,
            language=language,
            identity=self._identity,
            request_id=request_id_of(request),
            total_s=time.monotonic() - received_at,
        )
        return _respond(request, answer, {"Content-Language": language, "Vary": "Accept-Language"})

    async def _inspect(self, caller: Caller, subject: Subject, *, keep_tokens: bool) -> tuple[ServedFace, Timings]:
        try:
            found, timings = await self._service.inspect(
                caller, [subject], RULES, LIVENESS_CHECKS, keep_tokens=keep_tokens
            )
        except VisavisError as error:
            # Where there is one picture, there are no sides.
            error.side = None
            raise
        return found[0], timings

    async def calibration(self, request: Request) -> Response:
        """What scores mean on this server: its engine, and the threshold for each false match rate."""
        answer = CalibrationAnswer(
            request_id=request_id_of(request),
            calibration_id=self._calibration_id,
            engine=Engine.model_validate(self._identity),
            thresholds=thresholds(self._service.scores),
        )
        return _respond(request, answer)

    async def live(self, request: Request) -> Response:
        """The process runs."""
        return _respond(request, HealthAnswer(status="live"))

    async def ready(self, request: Request) -> Response:
        """Requests can be served; 503 until then."""
        if not self._is_ready():
            raise RequestError(Problem.NOT_READY)
        return _respond(request, HealthAnswer(status="ready"))

    async def _admitted(self, request: Request, interface: Interface, received_at: float) -> tuple[Caller, bytes]:
        """Who has no key cannot make the server read a body."""
        account = await self._verifier.authenticate(request.headers.getlist("authorization"))
        body = await read_body(request)
        return await self._service.admit(account, interface, received_at + ANSWER_TIMEOUT_S), body


def _add_routes(app: FastAPI, endpoints: _Endpoints) -> None:
    detect, compare = openapi.DETECT_FAILURES, openapi.COMPARE_FAILURES
    for endpoint, answer, example, failures, extra in (
        (endpoints.compare, CompareAnswer, examples.COMPARE_ANSWER, compare, openapi.compare_extra()),
        (endpoints.detect, DetectAnswer, examples.DETECT_ANSWER, detect, openapi.detect_extra()),
        (endpoints.analyze, AnalyzeAnswer, examples.ANALYZE_ANSWER, detect, openapi.analyze_extra()),
        (endpoints.liveness, LivenessAnswer, examples.LIVENESS_ANSWER, detect, openapi.liveness_extra()),
    ):
        app.add_api_route(
            f"/v1/{endpoint.__name__}",
            endpoint,
            methods=["POST"],
            operation_id=endpoint.__name__,
            response_model=answer,
            responses=openapi.responses(example, *failures),
            openapi_extra=extra,
        )
    app.add_api_route(
        "/v1/calibration",
        endpoints.calibration,
        operation_id="calibration",
        response_model=CalibrationAnswer,
        responses=openapi.responses(examples.CALIBRATION_ANSWER, RequestError(Problem.INTERNAL)),
    )
    app.add_api_route(
        "/v1/health/live",
        endpoints.live,
        operation_id="live",
        response_model=HealthAnswer,
        responses=openapi.responses({"status": "live"}),
    )
    app.add_api_route(
        "/v1/health/ready",
        endpoints.ready,
        operation_id="ready",
        response_model=HealthAnswer,
        responses=openapi.responses({"status": "ready"}, RequestError(Problem.NOT_READY)),
    )


async def _answer_error(request: Request, error: Exception) -> Response:
    answer = _describe(request, error)
    request.state.error_code = answer.code
    if answer.status == 500 and isinstance(error, VisavisError):
        _log.error("request %s failed: %s", request_id_of(request), error.code, exc_info=error)
    language = choose_language(request.headers.get("accept-language"))
    body, headers = write_error(answer, request_id_of(request), language)
    own = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return Response(body, answer.status, own | headers, CONTENT_TYPE)


def _describe(request: Request, error: Exception) -> Answer:
    language = choose_language(request.headers.get("accept-language"))
    if isinstance(error, VisavisError):
        return describe_error(error, language)
    return describe_problem(_problem_of(error), language)


def _problem_of(error: Exception) -> RequestError:
    if isinstance(error, RequestError):
        return error
    if isinstance(error, RequestValidationError):
        return RequestError(Problem.BAD_REQUEST)
    if isinstance(error, HTTPException) and error.status_code < 500:
        problem = _HTTP_PROBLEMS.get(error.status_code, Problem.BAD_REQUEST)
        return RequestError(problem, limit=BODY_LIMIT_BYTES if problem is Problem.BODY_TOO_LARGE else None)
    return RequestError(Problem.INTERNAL)


def _respond(request: Request, answer: BaseModel, more: Mapping[str, str] | None = None) -> Response:
    headers = {"X-Request-Id": request_id_of(request), "Cache-Control": "no-store"} | dict(more or {})
    return Response(answer.model_dump_json(), 200, headers, CONTENT_TYPE)
