"""Quality control through the official kits: a portrait with one flaw, on either side, is refused where it should be.

The levels are the vendors', see their `quality.json`; the flaws of `degraded` are far on one side of every limit.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from tests.conformance.sdk import degraded
from tests.conformance.sdk.contracts import BaiduFault, baidu_pictures, check_baidu_fault
from tests.conformance.sdk.kits import REFERENCE, Caller, Kit, good_caller, node_kit, python_kit
from tests.live_server import LiveServer
from visavis.server.launch import make_keys
from visavis.service.accounts import KeyKind, QualityDemand
from visavis.service.administration import AccountChange

SIDES = ("first", "second")
LEVELS = ("LOW", "NORMAL", "HIGH")
PARTS = ("left_eye", "right_eye", "nose", "mouth", "left_cheek", "right_cheek", "chin_contour")
BLUR_PX = {"LOW": 11.0, "NORMAL": 10.0, "HIGH": 7.0}
LIGHT = {"LOW": 0.1, "NORMAL": 0.2, "HIGH": 0.5}
TILT_DEGREES = {"LOW": 60.0, "NORMAL": 37.0, "HIGH": -25.0}

FUZZY, DARK = BaiduFault(223114, "face is fuzzy"), BaiduFault(223115, "face light is not good")
INCOMPLETE, TURNED = BaiduFault(223116, "incomplete face"), BaiduFault(223129, "face not forward")
COVERED = BaiduFault(223113, "face is covered")
OCCLUDED = {
    "left_eye": BaiduFault(223121, "left eye is occlusion"),
    "right_eye": BaiduFault(223122, "right eye is occlusion"),
    "left_cheek": BaiduFault(223123, "left cheek is occlusion"),
    "right_cheek": BaiduFault(223124, "right cheek is occlusion"),
    "chin_contour": BaiduFault(223125, "chin contour is occlusion"),
    "nose": BaiduFault(223126, "nose is occlusion"),
    "mouth": BaiduFault(223127, "mouth is occlusion"),
}


def on_side(side: str, picture: str, other: str = REFERENCE) -> tuple[str, str]:
    return (picture, other) if side == "first" else (other, picture)


class TestBaidu:
    """baidu-aip: `match` with `quality_control` on both pictures, one of which has a flaw."""

    @pytest.fixture(scope="class")
    @classmethod
    def kit(cls) -> Iterator[Kit]:
        with python_kit("baidu_aip.py", client="quality") as kit:
            yield kit

    def match(self, kit: Kit, server: LiveServer, level: str, *images: str, kind: str = "BASE64") -> dict[str, Any]:
        pictures = [each | {"quality_control": level} for each in baidu_pictures(*images, image_type=kind)]
        answer: dict[str, Any] = kit.call(good_caller(server, KeyKind.BAIDU), [pictures])
        return answer

    def check_passes(self, kit: Kit, server: LiveServer, level: str, side: str, picture: str) -> None:
        answer = self.match(kit, server, level, *on_side(side, picture))
        assert (answer["error_code"], answer["error_msg"]) == (0, "SUCCESS")

    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize("level", LEVELS)
    @pytest.mark.parametrize("part", PARTS)
    def test_part_that_is_covered(self, kit: Kit, server: LiveServer, part: str, level: str, side: str) -> None:
        answer = self.match(kit, server, level, *on_side(side, degraded.covered(part)))
        check_baidu_fault(answer, OCCLUDED[part])

    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize("level", LEVELS)
    def test_several_parts_that_are_covered(self, kit: Kit, server: LiveServer, level: str, side: str) -> None:
        for picture in (degraded.with_sunglasses(), degraded.with_mask(), degraded.covered("nose", "mouth")):
            check_baidu_fault(self.match(kit, server, level, *on_side(side, picture)), COVERED)

    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize("level", LEVELS)
    def test_blur(self, kit: Kit, server: LiveServer, level: str, side: str) -> None:
        answer = self.match(kit, server, level, *on_side(side, degraded.blurred(BLUR_PX[level])))
        check_baidu_fault(answer, FUZZY)

    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize("level", LEVELS)
    def test_light(self, kit: Kit, server: LiveServer, level: str, side: str) -> None:
        answer = self.match(kit, server, level, *on_side(side, degraded.darkened(LIGHT[level])))
        check_baidu_fault(answer, DARK)

    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize("level", LEVELS)
    def test_pose(self, kit: Kit, server: LiveServer, level: str, side: str) -> None:
        answer = self.match(kit, server, level, *on_side(side, degraded.tilted(TILT_DEGREES[level])))
        check_baidu_fault(answer, TURNED)

    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize("level", LEVELS)
    def test_completeness_matters_at_the_highest_level(
        self, kit: Kit, server: LiveServer, level: str, side: str
    ) -> None:
        if level == "HIGH":
            answer = self.match(kit, server, level, *on_side(side, degraded.cut_off(45)))
            check_baidu_fault(answer, INCOMPLETE)
        else:
            self.check_passes(kit, server, level, side, degraded.cut_off(45))

    @pytest.mark.parametrize("side", SIDES)
    def test_portrait_without_a_flaw_passes_the_highest_level(self, kit: Kit, server: LiveServer, side: str) -> None:
        self.check_passes(kit, server, "HIGH", side, degraded.clean())

    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize(("level", "below"), [("NORMAL", "LOW"), ("HIGH", "NORMAL")])
    def test_what_one_level_refuses_the_level_below_lets_pass(
        self, kit: Kit, server: LiveServer, level: str, below: str, side: str
    ) -> None:
        for picture in (degraded.darkened(LIGHT[level]), degraded.tilted(TILT_DEGREES[level])):
            self.check_passes(kit, server, below, side, picture)

    @pytest.mark.parametrize("side", SIDES)
    def test_nothing_is_demanded_by_none(self, kit: Kit, server: LiveServer, side: str) -> None:
        for picture in (degraded.with_sunglasses(), degraded.blurred(10.0), degraded.tilted(60.0)):
            self.check_passes(kit, server, "NONE", side, picture)

    def detect(self, kit: Kit, server: LiveServer, picture: str, **options: object) -> dict[str, Any]:
        answer = kit.call(good_caller(server, KeyKind.BAIDU), [picture, "BASE64", options], method="detect")
        assert answer["error_code"] == 0
        (face,) = answer["result"]["face_list"]
        return dict(face)

    def test_measures_travel_with_a_token_of_detect(self, kit: Kit, server: LiveServer) -> None:
        good = self.detect(kit, server, degraded.clean())["face_token"]
        masked = self.detect(kit, server, degraded.with_mask())["face_token"]
        answer = self.match(kit, server, "NORMAL", good, masked, kind="FACE_TOKEN")
        check_baidu_fault(answer, COVERED)
        assert self.match(kit, server, "HIGH", good, good, kind="FACE_TOKEN")["error_code"] == 0

    def test_token_of_a_match_bears_measures_where_they_were_asked_for(self, kit: Kit, server: LiveServer) -> None:
        picture = degraded.darkened(0.7)
        first = self.match(kit, server, "NONE", picture, picture)["result"]
        tokens = [face["face_token"] for face in first["face_list"]]
        unmeasured = self.match(kit, server, "LOW", *tokens, kind="FACE_TOKEN")
        check_baidu_fault(unmeasured, BaiduFault(222301, "get face fail"))
        assert self.match(kit, server, "LOW", picture, picture)["error_code"] == 0
        assert self.match(kit, server, "LOW", *tokens, kind="FACE_TOKEN")["error_code"] == 0

    def test_detect_says_what_it_measures(self, kit: Kit, server: LiveServer) -> None:
        face = self.detect(kit, server, degraded.covered("left_eye"), face_field="quality,mask,eye_status,landmark,age")
        quality = face["quality"]
        assert quality["occlusion"]["left_eye"] > 0.8
        assert max(share for part, share in quality["occlusion"].items() if part != "left_eye") < 0.2
        assert (quality["completeness"], face["mask"]["type"]) == (1, 0)
        assert set(face["eye_status"]) == {"left_eye", "right_eye"}
        # The pupils, from the left of the picture, the tip of the nose, the mouth.
        for place, (x, y) in zip(face["landmark"], ((219, 193), (308, 188), (267, 233), (269, 277)), strict=True):
            assert abs(place["x"] - x) < 12 and abs(place["y"] - y) < 12
        assert len(face["landmark72"]) == 72
        assert "age" not in face

    def test_angle_of_a_detection_is_that_of_the_head(self, kit: Kit, server: LiveServer) -> None:
        face = self.detect(kit, server, degraded.tilted(37.0))
        assert abs(face["angle"]["roll"] - 37) < 3
        assert abs(face["location"]["rotation"] - 37) <= 3


FAILED = "FailedOperation.FaceQualityNotQualified"
ACTIONS = ("CompareFace", "CompareMaskFace")
NEVER = 5


TENCENT_FLAWS: dict[str, tuple[Callable[[], str], int, int]] = {
    "an eye": (partial(degraded.covered, "left_eye"), 1, 1),
    "the nose": (partial(degraded.covered, "nose"), 1, 1),
    "the mouth": (partial(degraded.covered, "mouth"), 1, 1),
    "sunglasses": (degraded.with_sunglasses, 1, 1),
    "very blurred": (partial(degraded.blurred, 10.0), 1, 1),
    "a cheek": (partial(degraded.covered, "left_cheek"), 3, 3),
    "the chin": (partial(degraded.covered, "chin_contour"), 3, 3),
    "an eyebrow": (partial(degraded.covered, "right_eyebrow"), 3, 3),
    "dark": (partial(degraded.darkened, 0.2), 3, 3),
    "three parts": (partial(degraded.covered, "left_eyebrow", "right_eyebrow", "left_cheek"), 2, 2),
    "tilted": (partial(degraded.tilted, 30.0), NEVER, NEVER),
    "cut off": (partial(degraded.cut_off, 45), NEVER, NEVER),
    "tilted and cut off": (partial(degraded.tilted, 30.0, 30), 4, 4),
    "a mask": (degraded.with_mask, 1, 4),
    "nothing": (degraded.clean, NEVER, NEVER),
}
"""Picture, and the lowest level that refuses it: of CompareFace, and of CompareMaskFace."""


class TestTencent:
    """tencentcloud-sdk-python-iai: each flaw is refused from its level on, and let pass below it."""

    @pytest.fixture(scope="class")
    @classmethod
    def kit(cls) -> Iterator[Kit]:
        with python_kit("tencent_iai.py") as kit:
            yield kit

    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize("action", ACTIONS)
    @pytest.mark.parametrize("name", list(TENCENT_FLAWS))
    def test_levels(self, kit: Kit, server: LiveServer, name: str, action: str, side: str) -> None:
        make, *lowest = TENCENT_FLAWS[name]
        refused = lowest[ACTIONS.index(action)]
        caller = good_caller(server, KeyKind.TENCENT)
        a, b = on_side(side, make())
        for level in {refused - 1, min(refused, 4)} | ({0, 4} if side == "first" else set()):
            arguments = {"ImageA": a, "ImageB": b, "QualityControl": level}
            if level < refused:
                answer = kit.call(caller, arguments, action=action)
                assert 0 <= answer["Score"] <= 100, level
            else:
                failure = kit.fail(caller, arguments, action=action)
                assert (failure.code, failure.message) == (FAILED, "人脸图片质量不符要求。"), level


ADVICE = {
    "left_eye": "do not cover your left eye",
    "right_eye": "do not cover your right eye",
    "nose": "do not cover your nose",
    "mouth": "do not cover your mouth",
    "left_cheek": "do not cover your left cheek",
    "right_cheek": "do not cover your right cheek",
    "chin_contour": "do not cover your chin",
}
DARK_ADVICE, TURNED_ADVICE = "find more light: the face is too dark", "look straight into the camera"
BLUR_ADVICE = "hold still and wipe the lens: the face is blurred"
DEMANDS = {QualityDemand.LOW: "LOW", QualityDemand.NORMAL: "NORMAL", QualityDemand.HIGH: "HIGH"}


class TestKuaidi100:
    """As the vendor's samples do it: a form over HTTP. What is demanded, the account says."""

    @pytest.fixture(scope="class")
    @classmethod
    def callers(cls, server: LiveServer) -> dict[QualityDemand, Caller]:
        made = {}
        with server.open_store() as store:
            for demand in QualityDemand:
                name = f"demands {demand} {time.time_ns()}"
                key, secret = make_keys(store, name)[KeyKind.KUAIDI100]
                (owner,) = (each for each in store.list_accounts() if each.name == name)
                store.update_account(owner.account_id, AccountChange(quality=demand))
                made[demand] = Caller(server.url, key, secret)
        return made

    def post(self, caller: Caller, source: str, compare: str) -> dict[str, Any]:
        form = {
            "secret_key": caller.key,
            "secret_code": "a01ec22b11c94a4e9f755a3af8c10a0d",
            "secret_sign": hashlib.md5((caller.key + caller.secret).encode()).hexdigest().upper(),
            "sourceImage": source,
            "sourceImageType": "BASE64",
            "compareImage": compare,
            "compareImageType": "BASE64",
        }
        answer = httpx.post(f"{caller.url}/api", data=form, timeout=30, trust_env=False)
        assert answer.status_code == 200
        document: dict[str, Any] = answer.json()
        return document

    def check_refused(self, caller: Caller, side: str, picture: str, advice: str) -> None:
        field = "sourceImage" if side == "first" else "compareImage"
        answer = self.post(caller, *on_side(side, picture))
        assert answer == {"code": 400, "message": f"{field}: {advice}"}

    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize("demand", list(DEMANDS))
    @pytest.mark.parametrize("part", PARTS)
    def test_part_that_is_covered(
        self, callers: dict[QualityDemand, Caller], part: str, demand: QualityDemand, side: str
    ) -> None:
        self.check_refused(callers[demand], side, degraded.covered(part), ADVICE[part])

    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize("demand", list(DEMANDS))
    def test_everything_else(self, callers: dict[QualityDemand, Caller], demand: QualityDemand, side: str) -> None:
        level, caller = DEMANDS[demand], callers[demand]
        self.check_refused(caller, side, degraded.darkened(LIGHT[level]), DARK_ADVICE)
        self.check_refused(caller, side, degraded.blurred(BLUR_PX[level]), BLUR_ADVICE)
        self.check_refused(caller, side, degraded.tilted(TILT_DEGREES[level]), TURNED_ADVICE)
        if demand is QualityDemand.HIGH:
            self.check_refused(caller, side, degraded.cut_off(45), "bring your whole face into the picture")

    @pytest.mark.parametrize("side", SIDES)
    def test_several_flaws_have_several_sentences(self, callers: dict[QualityDemand, Caller], side: str) -> None:
        advice = "do not cover your left eye; do not cover your right eye"
        self.check_refused(callers[QualityDemand.LOW], side, degraded.with_sunglasses(), advice)

    def test_account_that_demands_nothing(self, callers: dict[QualityDemand, Caller]) -> None:
        answer = self.post(callers[QualityDemand.NONE], degraded.with_sunglasses(), degraded.tilted(60.0))
        assert answer["code"] == 200

    def test_portrait_without_a_flaw_passes_the_highest_demand(self, callers: dict[QualityDemand, Caller]) -> None:
        assert self.post(callers[QualityDemand.HIGH], degraded.clean(), REFERENCE)["code"] == 200


def test_kits_for_node(server: LiveServer) -> None:
    with node_kit("baidu_aip.js") as kit:
        pictures = [each | {"quality_control": "LOW"} for each in baidu_pictures(REFERENCE, degraded.covered("nose"))]
        check_baidu_fault(kit.call(good_caller(server, KeyKind.BAIDU), [pictures])["answer"], OCCLUDED["nose"])
    with node_kit("tencent_iai.js") as kit:
        arguments = {"ImageA": degraded.covered("nose"), "ImageB": REFERENCE, "QualityControl": 1}
        assert kit.fail(good_caller(server, KeyKind.TENCENT), arguments).code == FAILED
