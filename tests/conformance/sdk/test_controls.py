"""Liveness and spoofing control through the official kits: each level lets a good photo pass and refuses a bad one.

The bad ones are made of the good ones: photos of a screen by `tests.replayed`, and a pasted face by `tests.pasted`.
Levels, codes and texts are the vendors'.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.conformance.sdk.contracts import BaiduFault, baidu_pictures, check_baidu_fault
from tests.conformance.sdk.kits import Kit, encode, good_caller, node_kit, python_kit
from tests.faces import admiral, astronaut
from tests.live_server import LiveServer
from tests.pasted import pasted, small_portrait
from tests.replayed import replay
from visavis.service.accounts import KeyKind

LEVELS = ("LOW", "NORMAL", "HIGH")
THRESHOLDS = {"LOW": 0.05, "NORMAL": 0.3, "HIGH": 0.9}
SIDES = ("first", "second")
DOCUMENTS = ("IDCARD", "WATERMARK", "CERT")

LIVE, ANOTHER = encode(astronaut()), encode(admiral())


@functools.cache
def replayed() -> str:
    """Head and shoulders of the live one, on a screen."""
    return encode(replay(astronaut()[:260, 100:350]))


@functools.cache
def untouched() -> str:
    return encode(small_portrait(), "PNG")


@functools.cache
def manipulated() -> str:
    return encode(pasted(), "PNG")


@functools.cache
def tight() -> str:
    """Nothing but the middle of the face: too little for the check."""
    return encode(admiral()[170:310, 200:340].copy())


def liveness_fault(side: str) -> BaiduFault:
    return BaiduFault(223120, f"the {side} image liveness check fail")


def spoofing_fault(side: str) -> BaiduFault:
    return BaiduFault(223131, f"the {side} image spoofing check fail")


def on_side(side: str, picture: str, other: str = ANOTHER) -> tuple[str, str]:
    return (picture, other) if side == "first" else (other, picture)


class TestBaidu:
    """baidu-aip."""

    @pytest.fixture(scope="class")
    @classmethod
    def kit(cls) -> Iterator[Kit]:
        with python_kit("baidu_aip.py", client="controls") as kit:
            yield kit

    def call(self, kit: Kit, server: LiveServer, arguments: list[object], method: str) -> dict[str, Any]:
        answer: dict[str, Any] = kit.call(good_caller(server, KeyKind.BAIDU), arguments, method=method)
        return answer

    def match(self, kit: Kit, server: LiveServer, *images: str, kind: str = "BASE64", **fields: str) -> dict[str, Any]:
        pictures = [each | fields for each in baidu_pictures(*images, image_type=kind)]
        return self.call(kit, server, [pictures], "match")

    def faceverify(self, kit: Kit, server: LiveServer, *images: str, **fields: str) -> dict[str, Any]:
        pictures = [each | fields for each in baidu_pictures(*images)]
        return self.call(kit, server, [pictures], "faceverify")

    def detect(self, kit: Kit, server: LiveServer, image: str, **options: object) -> dict[str, Any]:
        return self.call(kit, server, [image, "BASE64", options], "detect")

    @pytest.mark.parametrize("level", LEVELS)
    def test_live_photos_pass(self, kit: Kit, server: LiveServer, level: str) -> None:
        answer = self.match(kit, server, LIVE, ANOTHER, liveness_control=level)
        assert (answer["error_code"], answer["error_msg"]) == (0, "SUCCESS")

    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize("level", LEVELS)
    def test_replayed_photo_is_refused(self, kit: Kit, server: LiveServer, level: str, side: str) -> None:
        answer = self.match(kit, server, *on_side(side, replayed()), liveness_control=level)
        check_baidu_fault(answer, liveness_fault(side))

    def test_nothing_is_demanded_by_none(self, kit: Kit, server: LiveServer) -> None:
        assert self.match(kit, server, replayed(), tight(), liveness_control="NONE")["error_code"] == 0

    @pytest.mark.parametrize("level", LEVELS)
    def test_untouched_photos_pass(self, kit: Kit, server: LiveServer, level: str) -> None:
        assert self.match(kit, server, untouched(), LIVE, spoofing_control=level)["error_code"] == 0

    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize("level", LEVELS)
    def test_pasted_face_is_refused(self, kit: Kit, server: LiveServer, level: str, side: str) -> None:
        answer = self.match(kit, server, *on_side(side, manipulated(), LIVE), spoofing_control=level)
        check_baidu_fault(answer, spoofing_fault(side))

    @pytest.mark.parametrize("face_type", DOCUMENTS)
    def test_documents_may_be_manipulated_too(self, kit: Kit, server: LiveServer, face_type: str) -> None:
        fields = {"face_type": face_type, "spoofing_control": "NORMAL", "liveness_control": "HIGH"}
        check_baidu_fault(self.match(kit, server, untouched(), manipulated(), **fields), spoofing_fault("second"))

    def test_detect_and_faceverify_tell_how_surely_a_face_was_manipulated(self, kit: Kit, server: LiveServer) -> None:
        for image, low, high in ((untouched(), 0.0, 0.3), (manipulated(), 0.7, 1.0)):
            found = self.detect(kit, server, image, face_field="spoofing")["result"]["face_list"]
            verified = self.faceverify(kit, server, image, face_field="spoofing")["result"]["face_list"]
            for face in (found[0], verified[0]):
                assert low <= face["spoofing"] <= high

    def test_hybrid_is_judged_as_live(self, kit: Kit, server: LiveServer) -> None:
        answer = self.match(kit, server, LIVE, replayed(), liveness_control="NORMAL", face_type="HYBRID")
        check_baidu_fault(answer, liveness_fault("second"))

    @pytest.mark.parametrize("level", LEVELS)
    @pytest.mark.parametrize("face_type", DOCUMENTS)
    def test_documents_pass(self, kit: Kit, server: LiveServer, face_type: str, level: str) -> None:
        answer = self.match(kit, server, replayed(), replayed(), liveness_control=level, face_type=face_type)
        assert answer["error_code"] == 0

    def test_vendors_own_sample(self, kit: Kit, server: LiveServer) -> None:
        """An everyday photo against the portrait of a chip, both with HIGH; the portrait is a picture of a picture."""
        sample = {"image_type": "BASE64", "quality_control": "LOW", "liveness_control": "HIGH"}
        pictures = [
            sample | {"image": LIVE, "face_type": "LIVE"},
            sample | {"image": replayed(), "face_type": "IDCARD"},
        ]
        answer = self.call(kit, server, [pictures], "match")
        assert answer["error_code"] == 0
        assert answer["result"]["score"] > 80

    def test_face_of_which_the_check_cannot_tell_passes_low_only(self, kit: Kit, server: LiveServer) -> None:
        assert self.match(kit, server, LIVE, tight(), liveness_control="LOW")["error_code"] == 0
        for level in ("NORMAL", "HIGH"):
            check_baidu_fault(self.match(kit, server, LIVE, tight(), liveness_control=level), liveness_fault("second"))

    def test_infrared_cannot_be_told(self, kit: Kit, server: LiveServer) -> None:
        fields = {"face_type": "INFRARED", "liveness_control": "NORMAL"}
        check_baidu_fault(self.match(kit, server, LIVE, ANOTHER, **fields), liveness_fault("first"))

    @pytest.mark.parametrize("level", LEVELS)
    def test_detect(self, kit: Kit, server: LiveServer, level: str) -> None:
        answer = self.detect(kit, server, LIVE, liveness_control=level)
        assert answer["result"]["face_num"] == 1
        check_baidu_fault(self.detect(kit, server, replayed(), liveness_control=level), liveness_fault("first"))

    @pytest.mark.parametrize("level", LEVELS)
    def test_what_was_found_travels_with_a_token_of_detect(self, kit: Kit, server: LiveServer, level: str) -> None:
        good, bad = (
            self.detect(kit, server, image)["result"]["face_list"][0]["face_token"] for image in (LIVE, replayed())
        )
        answer = self.match(kit, server, good, bad, kind="FACE_TOKEN", liveness_control=level)
        check_baidu_fault(answer, liveness_fault("second"))
        assert self.match(kit, server, good, good, kind="FACE_TOKEN", liveness_control=level)["error_code"] == 0

    def test_token_of_a_match_bears_what_its_controls_found(self, kit: Kit, server: LiveServer) -> None:
        picture = encode(admiral()[4:])
        first = self.match(kit, server, picture, picture)["result"]
        tokens = [face["face_token"] for face in first["face_list"]]
        answer = self.match(kit, server, *tokens, kind="FACE_TOKEN", liveness_control="LOW")
        check_baidu_fault(answer, BaiduFault(222301, "get face fail"))
        assert self.match(kit, server, picture, picture, liveness_control="LOW")["error_code"] == 0
        again = self.match(kit, server, *tokens, kind="FACE_TOKEN", liveness_control="HIGH")
        assert again["error_code"] == 0

    def test_faceverify_scores_pictures(self, kit: Kit, server: LiveServer) -> None:
        result = self.faceverify(kit, server, LIVE, face_field="mask")["result"]
        assert result["thresholds"] == {"frr_1e-4": 0.05, "frr_1e-3": 0.3, "frr_1e-2": 0.9}
        (face,) = result["face_list"]
        assert 0.9 <= result["face_liveness"] == face["liveness"]["livemapscore"] <= 1
        assert set(face) == {"face_token", "location", "face_probability", "angle", "liveness", "mask"}
        assert self.faceverify(kit, server, replayed())["result"]["face_liveness"] < 0.05

    def test_faceverify_takes_the_best_of_several(self, kit: Kit, server: LiveServer) -> None:
        result = self.faceverify(kit, server, replayed(), LIVE, tight())["result"]
        scores = [face["liveness"]["livemapscore"] for face in result["face_list"]]
        assert result["face_liveness"] == scores[1] == max(scores)
        assert scores[0] < 0.05
        assert scores[2] == 0

    @pytest.mark.parametrize("level", LEVELS)
    def test_faceverify_with_a_control(self, kit: Kit, server: LiveServer, level: str) -> None:
        answer = self.faceverify(kit, server, LIVE, replayed(), liveness_control=level)
        check_baidu_fault(answer, liveness_fault("second"))
        answer = self.faceverify(kit, server, LIVE, LIVE, replayed(), liveness_control=level)
        check_baidu_fault(answer, BaiduFault(223120, "liveness check fail"))
        passed = self.faceverify(kit, server, LIVE, ANOTHER, liveness_control=level)
        assert min(face["liveness"]["livemapscore"] for face in passed["result"]["face_list"]) >= THRESHOLDS[level]

    def test_faceverify_counts_pictures(self, kit: Kit, server: LiveServer) -> None:
        assert len(self.faceverify(kit, server, *[LIVE] * 8)["result"]["face_list"]) == 8
        fault = BaiduFault(222208, "the number of image is incorrect")
        check_baidu_fault(self.faceverify(kit, server, *[LIVE] * 9), fault)
        check_baidu_fault(self.faceverify(kit, server), fault)


class TestKuaidi100:
    """As the vendor's samples do it: a form over HTTP."""

    ADVICE = (
        "does not pass the live control: stand before the camera yourself, in even light; "
        "a photo of a screen or of a print is not accepted"
    )
    FARTHER = (
        "does not pass the live control: hold the camera farther away: the picture shows too little around the face "
        "to tell"
    )

    def post(
        self, server: LiveServer, source: str, compare: str, kind: str = "BASE64", **fields: str
    ) -> dict[str, Any]:
        caller = good_caller(server, KeyKind.KUAIDI100)
        form = {
            "secret_key": caller.key,
            "secret_code": "a01ec22b11c94a4e9f755a3af8c10a0d",
            "secret_sign": hashlib.md5((caller.key + caller.secret).encode()).hexdigest().upper(),
            "sourceImage": source,
            "sourceImageType": kind,
            "compareImage": compare,
            "compareImageType": kind,
        }
        answer = httpx.post(f"{caller.url}/api", data=form | fields, timeout=30, trust_env=False)
        assert answer.status_code == 200
        document: dict[str, Any] = answer.json()
        return document

    @pytest.mark.parametrize("level", LEVELS)
    def test_live_photos_pass(self, server: LiveServer, level: str) -> None:
        fields = {"sourceLiveControl": level, "compareLiveControl": level}
        assert self.post(server, LIVE, ANOTHER, **fields)["code"] == 200

    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize("level", LEVELS)
    def test_replayed_photo_is_refused(self, server: LiveServer, level: str, side: str) -> None:
        name = {"first": "source", "second": "compare"}[side]
        answer = self.post(server, *on_side(side, replayed()), **{f"{name}LiveControl": level})
        assert answer == {"code": 400, "message": f"{name}Image: {self.ADVICE}"}

    def test_control_is_for_its_own_picture(self, server: LiveServer) -> None:
        assert self.post(server, LIVE, replayed(), sourceLiveControl="HIGH")["code"] == 200

    @pytest.mark.parametrize("face_type", DOCUMENTS)
    def test_documents_pass(self, server: LiveServer, face_type: str) -> None:
        fields = {"sourceFaceType": face_type, "sourceLiveControl": "HIGH", "compareLiveControl": "HIGH"}
        assert self.post(server, replayed(), LIVE, **fields)["code"] == 200

    def test_face_of_which_the_check_cannot_tell_passes_low_only(self, server: LiveServer) -> None:
        assert self.post(server, tight(), LIVE, sourceLiveControl="LOW")["code"] == 200
        for level in ("NORMAL", "HIGH"):
            answer = self.post(server, tight(), LIVE, sourceLiveControl=level)
            assert answer == {"code": 400, "message": f"sourceImage: {self.FARTHER}"}

    def test_what_was_found_travels_with_a_token(self, server: LiveServer) -> None:
        picture = encode(admiral()[8:])
        first = self.post(server, picture, picture)["data"]
        tokens = first["sourceToken"], first["compareToken"]
        refused = self.post(server, *tokens, kind="FACE_TOKEN", sourceLiveControl="LOW")
        message = "sourceImage: the face token bears no measures; send the picture again"
        assert refused == {"code": 400, "message": message}
        assert self.post(server, picture, picture, sourceLiveControl="LOW")["code"] == 200
        assert self.post(server, *tokens, kind="FACE_TOKEN", sourceLiveControl="HIGH")["code"] == 200


def test_kit_for_node(server: LiveServer) -> None:
    with node_kit("baidu_aip.js") as kit:
        caller = good_caller(server, KeyKind.BAIDU)
        for level in LEVELS:
            pictures = [each | {"liveness_control": level} for each in baidu_pictures(LIVE, replayed())]
            check_baidu_fault(kit.call(caller, [pictures])["answer"], liveness_fault("second"))
            good = [each | {"liveness_control": level} for each in baidu_pictures(LIVE, ANOTHER)]
            assert kit.call(caller, [good])["answer"]["error_code"] == 0
        verified = kit.call(caller, [baidu_pictures(replayed(), LIVE)], method="faceverify")["answer"]
        assert verified["result"]["face_liveness"] >= 0.9
