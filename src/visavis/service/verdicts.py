"""What the levels of our own API and command line make of a face that was checked.

Theirs run in one order: `high` is the strictest of either control, `low` the mildest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from visavis.errors import ControlUnavailableError, LivenessRefusedError, SynthesisRefusedError
from visavis.findings import Findings
from visavis.presentation import BPCER_ANCHORS, Check, NonResponse
from visavis.service.controls import ControlPolicy
from visavis.service.orders import Control, ControlLevel, Subject

LEVELS: Mapping[Control, Mapping[str, ControlLevel]] = MappingProxyType(
    {
        Control.LIVENESS: {"low": ControlLevel.LOW, "normal": ControlLevel.NORMAL, "high": ControlLevel.HIGH},
        Control.SYNTHESIS: {"low": ControlLevel.HIGH, "normal": ControlLevel.NORMAL, "high": ControlLevel.LOW},
    }
)
"""The policy's level for each of ours, the mildest first."""

_CHECKS = {Control.LIVENESS: Check.PAD, Control.SYNTHESIS: Check.SYNTHESIS}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one level makes of a face.

    Attributes:
        threshold: public score at which the level decides.
        passes: whether the face does; None where nothing says what the networks' answers mean.
    """

    threshold: float
    passes: bool | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one control makes of a face.

    Attributes:
        score: public score, see `presentation`; None: cannot tell.
        native: what the networks answered, 0..1; None where they were not asked.
        non_response: why it cannot tell; None where it can.
        bpcer: share of bona fide presentations that a threshold at this score refuses, or a bound that the share does
            not exceed, see `share_refused_at`; None without a score.
        levels: by our own name, the mildest first.
    """

    score: float | None
    native: float | None
    non_response: NonResponse | None
    bpcer: float | None
    levels: Mapping[str, Verdict]

    @property
    def is_doubted(self) -> bool:
        """Whether some level refuses the face."""
        return any(verdict.passes is False for verdict in self.levels.values())


def judge(policy: ControlPolicy, control: Control, subject: Subject, findings: Findings) -> Judgement:
    """What every level of a control makes of a face, as if the subject asked for it.

    Raises:
        MeasuresMissingError: the check was not made.
    """
    verdicts, reason = {}, None
    for name, level in LEVELS[control].items():
        passes: bool | None = True
        try:
            policy.require(control, replace(subject, controls={control: level}), findings)
        except (LivenessRefusedError, SynthesisRefusedError) as error:
            passes = False
            reason = NonResponse(error.reason) if error.reason else None
        except ControlUnavailableError:
            passes = None
        verdicts[name] = Verdict(_threshold(policy, control, level), passes)
    result = findings.pad if control is Control.LIVENESS else findings.synthesis
    if result is None:
        return Judgement(None, None, None, None, verdicts)
    reason = reason or result.non_response
    score = None if reason else result.score
    bpcer = None if score is None else share_refused_at(score, _CHECKS[control])
    return Judgement(score, result.native, reason, bpcer, verdicts)


def share_refused_at(score: float, check: Check) -> float:
    """Share of bona fide presentations that a threshold at a public score refuses, 0..1.

    That is what public scores mean, see `presentation.BPCER_ANCHORS`: between the anchors the logarithm of the share is
    linear in the score. Beyond the last anchor its own share is answered, which the true one does not exceed.
    """
    best = 1.0 if check.refuses_below else 0.0
    shares, scores = np.array([(1.0, best), *BPCER_ANCHORS[check]]).T
    rising = np.argsort(scores)
    return float(10 ** np.interp(score, scores[rising], np.log10(shares)[rising]))


def _threshold(policy: ControlPolicy, control: Control, level: ControlLevel) -> float:
    return (policy.liveness if control is Control.LIVENESS else policy.synthesis)[level]
