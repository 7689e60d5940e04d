"""What was found out about a photo's liveness, and the same as a JSON document."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from visavis.cli.document import face_document
from visavis.service.orders import Control
from visavis.service.remedy import remedy
from visavis.service.verdicts import Judgement
from visavis.types import AcquiredFace, EngineIdentity, FaceCheck

_CHECKS: Mapping[Control, FaceCheck] = {Control.LIVENESS: FaceCheck.PAD, Control.SYNTHESIS: FaceCheck.SYNTHESIS}


@dataclass(frozen=True, slots=True, eq=False)
class CheckedPhoto:
    """One photo.

    Attributes:
        path: as the user named it.
        acquired: what was found in it.
        judgements: of both controls, in the order in which they are shown.
    """

    path: Path
    acquired: AcquiredFace
    judgements: Mapping[Control, Judgement]

    def is_refused_at(self, level: str) -> bool:
        """Whether a level of either control refuses the face, or cannot be decided."""
        return any(not judgement.levels[level].passes for judgement in self.judgements.values())

    def advice(self, control: Control, language: str) -> str | None:
        """What the person can do where a level of the control refuses the face; None where none does."""
        judgement = self.judgements[control]
        return remedy(control, judgement.non_response, language) if judgement.is_doubted else None


def liveness_document(
    photo: CheckedPhoto, identity: EngineIdentity, calibration_ids: Mapping[FaceCheck, str | None], language: str
) -> dict[str, Any]:
    """Everything but the template; keys are those of `/v1/liveness` as far as it has them."""
    acquired = photo.acquired
    checks = {
        str(_CHECKS[control]): {
            **dataclasses.asdict(judgement),
            "advice": photo.advice(control, language),
            "calibration_id": calibration_ids[_CHECKS[control]],
        }
        for control, judgement in photo.judgements.items()
    }
    return {
        "image": {"width": acquired.image_width, "height": acquired.image_height, "format": acquired.format},
        "faces": [face_document(face) for face in acquired.faces],
        **checks,
        "engine": dataclasses.asdict(identity),
        "timings_s": acquired.timings.stages,
    }
