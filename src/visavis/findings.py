"""All that was found out about one face, as it travels with a face token."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from visavis.errors import ParameterError
from visavis.measures import FaceMeasures, read_number
from visavis.presentation import NonResponse, PadResult, SynthesisResult

_Result = TypeVar("_Result", PadResult, SynthesisResult)


@dataclass(frozen=True, slots=True)
class Findings:
    """What is not known is None.

    Attributes:
        measures: of the face.
        pad: whether a living person was before the camera.
        synthesis: whether the face was generated or manipulated.
    """

    measures: FaceMeasures | None = None
    pad: PadResult | None = None
    synthesis: SynthesisResult | None = None

    def to_json(self) -> str:
        """An object with a member for each that is known; a store joins two of the same face member by member."""
        found: dict[str, Any] = {}
        if self.measures:
            found["measures"] = self.measures.to_document()
        for name, result in (("pad", self.pad), ("synthesis", self.synthesis)):
            if result:
                found[name] = {"score": result.score, "native": result.native, "non_response": result.non_response}
        return json.dumps(found, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote; members that are not known are passed over.

        Raises:
            ParameterError: it is damaged.
        """
        try:
            found = json.loads(text)
            measures = found.get("measures")
            return cls(
                FaceMeasures.from_document(measures) if measures else None,
                _read(PadResult, found.get("pad")),
                _read(SynthesisResult, found.get("synthesis")),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ParameterError("the findings of a face are damaged") from error


def _read(kind: type[_Result], document: Mapping[str, Any] | None) -> _Result | None:
    if document is None:
        return None
    score, native = (None if document[name] is None else read_number(document[name]) for name in ("score", "native"))
    reason = document["non_response"]
    return kind(score, native, None if reason is None else NonResponse(reason))
