"""Examples of requests and answers for the OpenAPI document; tests send the first and validate the others."""

from __future__ import annotations

from typing import Any

from visavis.errors import VisavisError
from visavis.protocols.native.errors import Answer, RequestError, describe_error, describe_problem
from visavis.protocols.native.messages import CHINESE, ENGLISH, Language

Document = dict[str, Any]
Failure = RequestError | VisavisError

REQUEST_ID = "8d1c2c5e3f0a4b7c9e6d5f4a3b2c1d0e"
TOKEN = "0123456789abcdef0123456789abcdef"

_FACE: Document = {
    "box": {"left": 212.4, "top": 148.9, "width": 301.7, "height": 388.2},
    "landmarks": {
        "right_eye": [301.2, 301.5],
        "left_eye": [436.8, 299.1],
        "nose_tip": [370.3, 380.6],
        "right_mouth_corner": [316.5, 452.0],
        "left_mouth_corner": [424.9, 450.3],
    },
    "probability": 0.94,
}

_SIDE: Document = {**_FACE, "image": {"width": 720, "height": 960}, "face_count": 1, "face_token": None}

_ENGINE: Document = {
    "model_id": "sface-2021dec",
    "model_sha256": "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
    "detector_id": "yunet-2023mar",
    "runtime": "openvino",
    "precision": "bf16",
    "profile": "default",
}

COMPARE_REQUESTS: dict[str, Document] = {
    "inline": {
        "summary": "Both pictures in the request",
        "value": {"reference": {"base64": "/9j/4AAQSkZJRg=="}, "probe": {"base64": "/9j/4AAQSkZJRg=="}, "fmr": 1e-5},
    },
    "mixed": {
        "summary": "A face of an earlier answer, and a URL",
        "value": {
            "reference": {"face_token": TOKEN},
            "probe": {"url": "https://example.com/probe.jpg"},
            "fmr": 1e-4,
            "choice": "central",
            "keep_tokens": True,
        },
    },
}

DETECT_REQUESTS: dict[str, Document] = {
    "inline": {"summary": "The picture in the request", "value": {"picture": {"base64": "/9j/4AAQSkZJRg=="}}},
    "url": {
        "summary": "A URL",
        "value": {"picture": {"url": "https://example.com/group.jpg"}, "choice": "largest", "keep_tokens": True},
    },
}

ANALYZE_REQUESTS: dict[str, Document] = {
    "inline": {"summary": "The picture in the request", "value": {"picture": {"base64": "/9j/4AAQSkZJRg=="}}},
    "url": {
        "summary": "A URL",
        "value": {
            "picture": {"url": "https://example.com/selfie.jpg"},
            "quality": "normal",
            "keep_tokens": True,
            "landmarks": True,
        },
    },
}

LIVENESS_REQUESTS: dict[str, Document] = {
    "inline": {"summary": "The picture in the request", "value": {"picture": {"base64": "/9j/4AAQSkZJRg=="}}},
    "url": {
        "summary": "A URL",
        "value": {
            "picture": {"url": "https://example.com/selfie.jpg"},
            "choice": "central",
            "liveness": "normal",
            "keep_tokens": True,
        },
    },
}

COMPARE_ANSWER: Document = {
    "request_id": REQUEST_ID,
    "score": 0.7421,
    "fmr": {"value": 3.1e-7, "low": 0.0, "high": 2.2e-6, "extrapolated": True},
    "decision": "match",
    "threshold": 0.4312,
    "decision_fmr": 1e-4,
    "reference": _SIDE,
    "probe": {**_SIDE, "face_token": TOKEN},
    "engine": _ENGINE,
    "calibration_id": "sface-2021dec-bf16-default",
    "timings_ms": {"stages": {"decode": 4.1, "detect": 6.3, "align": 0.8, "template": 7.9}, "total": 21.4},
}

DETECT_ANSWER: Document = {
    "request_id": REQUEST_ID,
    "faces": [_FACE],
    "image": {"width": 720, "height": 960},
    "face_token": TOKEN,
    "engine": _ENGINE,
    "timings_ms": {"stages": {"decode": 2.0, "detect": 9.7}, "total": 13.8},
}

_REGIONS: Document = {
    "left_eye": 0.0,
    "right_eye": 0.0,
    "left_eyebrow": 0.0,
    "right_eyebrow": 0.02,
    "nose": 0.0,
    "mouth": 0.31,
    "left_cheek": 0.04,
    "right_cheek": 0.0,
    "chin_contour": 0.12,
}

_BRIGHTER: Document = {"name": "too_dark", "advice": "find more light: the face is too dark"}

ANALYZE_ANSWER: Document = {
    "request_id": REQUEST_ID,
    "face": _FACE,
    "measures": {
        "pose": {"yaw": 3.2, "pitch": -1.9, "roll": 1.1},
        "occlusion": _REGIONS,
        "hidden": {**_REGIONS, "right_eyebrow": 0.0, "mouth": 0.0, "left_cheek": 0.06, "chin_contour": 0.0},
        "blur": 0.08,
        "illumination": 88.4,
        "illumination_imbalance": 0.11,
        "over_exposed": 0.0,
        "under_exposed": 0.02,
        "outside": 0.0,
        "face_width_px": 301.7,
        "eye_distance_px": 135.6,
        "left_eye_open": 0.86,
        "right_eye_open": 0.88,
        "mouth_open": 0.05,
        "mask": 0.03,
        "dark_glasses": 0.01,
        "colourfulness": 21.7,
        "quality": 74.2,
        "is_complete": True,
        "is_colour": True,
    },
    "flaws": {
        "low": [],
        "normal": [],
        "high": [{"name": "mouth", "advice": "do not cover your mouth"}, _BRIGHTER],
    },
    "landmarks": None,
    "image": {"width": 720, "height": 960},
    "face_token": None,
    "engine": _ENGINE,
    "timings_ms": {"stages": {"decode": 2.0, "detect": 9.7, "analyse": 16.2}, "total": 31.5},
}

LIVENESS_ANSWER: Document = {
    "request_id": REQUEST_ID,
    "face": _FACE,
    "pad": {
        "score": 0.6,
        "bpcer": 0.0032,
        "native": 0.9731,
        "non_response": None,
        "levels": {
            "low": {"threshold": 0.05, "passes": True},
            "normal": {"threshold": 0.3, "passes": True},
            "high": {"threshold": 0.9, "passes": False},
        },
        "advice": "stand before the camera yourself, in even light; a photo of a screen or of a print is not accepted",
        "calibration_id": "pad-bf16",
    },
    "synthesis": {
        "score": 0.12,
        "bpcer": 0.3,
        "native": 0.0108,
        "non_response": None,
        "levels": {
            "low": {"threshold": 0.7, "passes": True},
            "normal": {"threshold": 0.5, "passes": True},
            "high": {"threshold": 0.3, "passes": True},
        },
        "advice": None,
        "calibration_id": "synthesis-bf16",
    },
    "image": {"width": 720, "height": 960},
    "face_token": None,
    "engine": _ENGINE,
    "timings_ms": {"stages": {"decode": 2.0, "detect": 9.7, "liveness": 9.2, "synthesis": 6.4}, "total": 31.5},
}

CALIBRATION_ANSWER: Document = {
    "request_id": REQUEST_ID,
    "calibration_id": "sface-2021dec-bf16-default",
    "engine": _ENGINE,
    "thresholds": [
        {"fmr": 1e-2, "threshold": 0.2114},
        {"fmr": 1e-3, "threshold": 0.3051},
        {"fmr": 1e-4, "threshold": 0.4312},
        {"fmr": 1e-5, "threshold": 0.5008},
        {"fmr": 1e-6, "threshold": None},
    ],
}


def describe(failure: Failure, language: Language = ENGLISH) -> Answer:
    """Either kind of failure as it is sent."""
    if isinstance(failure, RequestError):
        return describe_problem(failure, language)
    return describe_error(failure, language)


def failure_examples(failure: Failure) -> dict[str, Document]:
    """One failure in both languages, as `examples` of OpenAPI."""
    languages: tuple[Language, ...] = (ENGLISH, CHINESE)
    found = {}
    for language in languages:
        it = describe(failure, language)
        detail: Document = {name: getattr(it, name) for name in ("code", "message", "side", "field", "limit")}
        detail |= {"flaws": None if it.flaws is None else list(it.flaws)}
        detail |= {"check": it.check and it.check.model_dump(mode="json"), "request_id": REQUEST_ID}
        found[f"{it.code}_{language}"] = {"value": {"error": detail}}
    return found
