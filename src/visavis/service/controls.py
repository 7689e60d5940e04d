"""What it takes to pass the controls for a living person and for an untouched photo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from visavis.errors import ControlUnavailableError, LivenessRefusedError, MeasuresMissingError, SynthesisRefusedError
from visavis.findings import Findings
from visavis.presentation import NonResponse
from visavis.service.orders import Control, ControlLevel, Subject
from visavis.types import FaceCheck

DOCUMENTS = frozenset({"idcard", "watermark", "cert"})
"""Conditions of pictures that are no capture of a living person by nature."""
INFRARED = "infrared"

_CHECKS = {Control.LIVENESS: FaceCheck.PAD, Control.SYNTHESIS: FaceCheck.SYNTHESIS}


@dataclass(frozen=True, slots=True)
class ControlPolicy:
    """Thresholds and rules, the same for all APIs.

    Attributes:
        liveness: public score below which a face is refused, by level; higher is stricter.
        synthesis: public score above which it is refused, by level; lower is stricter.
        liveness_must_tell: levels at which a face is refused where the check cannot tell.
        synthesis_must_tell: the same.
        tests_documents: whether the control for a living person applies to documents and portraits out of them, too.
    """

    liveness: Mapping[ControlLevel, float] = field(
        default_factory=lambda: {ControlLevel.LOW: 0.05, ControlLevel.NORMAL: 0.3, ControlLevel.HIGH: 0.9}
    )
    synthesis: Mapping[ControlLevel, float] = field(
        default_factory=lambda: {ControlLevel.LOW: 0.3, ControlLevel.NORMAL: 0.5, ControlLevel.HIGH: 0.7}
    )
    liveness_must_tell: frozenset[ControlLevel] = frozenset({ControlLevel.NORMAL, ControlLevel.HIGH})
    synthesis_must_tell: frozenset[ControlLevel] = frozenset({ControlLevel.LOW, ControlLevel.NORMAL})
    tests_documents: bool = False

    def checks_of(self, subject: Subject) -> frozenset[FaceCheck]:
        """What has to be found out about the subject's face."""
        checks = {_CHECKS[control] for control in subject.controls if self._applies(control, subject)}
        return frozenset(checks | ({FaceCheck.MEASURES} if subject.quality else set()))

    def require(self, control: Control, subject: Subject, findings: Findings) -> None:
        """Pass, or raise; a control that was not asked for, or does not apply to such a picture, is passed.

        Raises:
            LivenessRefusedError: the face does not pass the control for a living person.
            SynthesisRefusedError: it does not pass the control for generated and manipulated faces.
            MeasuresMissingError: nothing was found out about a face that a token names.
            ControlUnavailableError: nothing says what the networks' answers mean.
        """
        level = subject.controls.get(control)
        if level is None or not self._applies(control, subject):
            return
        result = findings.pad if control is Control.LIVENESS else findings.synthesis
        if result is None:
            raise MeasuresMissingError("nothing was found out about this face; send the picture again")
        threshold, must_tell, error = self._rule(control, level)
        is_infrared = subject.condition == INFRARED
        reason = NonResponse.NOT_CALIBRATED if is_infrared else result.non_response
        if result.score is None and reason in (None, NonResponse.NOT_CALIBRATED) and not is_infrared:
            # Of an ordinary picture that is no fault of who sent it.
            raise ControlUnavailableError(control)
        if reason is not None or result.score is None:
            if level in must_tell:
                raise error(None, threshold, reason)
        elif result.score < threshold if control is Control.LIVENESS else result.score > threshold:
            raise error(result.score, threshold)

    def _applies(self, control: Control, subject: Subject) -> bool:
        return control is not Control.LIVENESS or self.tests_documents or subject.condition not in DOCUMENTS

    def _rule(
        self, control: Control, level: ControlLevel
    ) -> tuple[float, frozenset[ControlLevel], type[LivenessRefusedError] | type[SynthesisRefusedError]]:
        if control is Control.LIVENESS:
            return self.liveness[level], self.liveness_must_tell, LivenessRefusedError
        return self.synthesis[level], self.synthesis_must_tell, SynthesisRefusedError
