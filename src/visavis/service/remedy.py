"""What an end user can do about a photo that does not pass a control for a living person or an untouched photo."""

from __future__ import annotations

from visavis.presentation import NonResponse
from visavis.service.orders import Control

_SENTENCES: dict[Control | NonResponse, tuple[str, str]] = {
    Control.LIVENESS: (
        "stand before the camera yourself, in even light; a photo of a screen or of a print is not accepted",
        "请本人面对镜头，在均匀光线下拍摄，翻拍屏幕或照片不予通过",
    ),
    Control.SYNTHESIS: (
        "take a new photo with the camera, without filters, beautification or editing",
        "请用相机重新拍摄，不要使用滤镜、美颜或修图",
    ),
    NonResponse.FACE_TOO_SMALL: (
        "come closer: the face is too small to tell",
        "请靠近镜头：人脸太小，无法判断",
    ),
    NonResponse.TOO_BLURRED: (
        "hold still and wipe the lens: the face is too blurred to tell",
        "请保持不动，并擦净镜头：人脸模糊，无法判断",
    ),
    NonResponse.TOO_TIGHT: (
        "hold the camera farther away: the picture shows too little around the face to tell",
        "请把镜头拿远一些：人脸周围画面太少，无法判断",
    ),
    NonResponse.TURNED_AWAY: (
        "face the camera: the face is turned too far to tell",
        "请正对镜头：人脸偏转太大，无法判断",
    ),
    NonResponse.NOT_CALIBRATED: (
        "take an ordinary colour photo: infrared pictures cannot be judged",
        "请拍摄普通彩色照片：红外图片无法判断",
    ),
}


def remedy(control: Control, reason: NonResponse | None, language: str) -> str:
    """What the person can do, in a short sentence.

    Args:
        control: that is not passed.
        reason: why it cannot tell; None where it can.
        language: `zh` is Chinese, anything else English.
    """
    english, chinese = _SENTENCES[reason or control]
    return chinese if language == "zh" else english
