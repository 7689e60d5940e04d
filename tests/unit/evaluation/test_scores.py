from __future__ import annotations

import numpy as np
import pytest

from tests.unit.evaluation.conftest import make_acquisition
from visavis.errors import DatasetError
from visavis.evaluation import scores
from visavis.evaluation.scores import ProtocolScores, Templates, score_trials
from visavis.evaluation.trials import CrossTrials, PairTrials

# Cosines: 0-1 0.8, 0-2 0, 0-3 0.6, 1-2 0.6, 1-3 0.96, 2-3 0.8.
FOUR: list[list[float]] = [[1, 0], [0.8, 0.6], [0, 1], [0.6, 0.8]]


def cross(rows: list[int], columns: list[int] | None = None) -> CrossTrials:
    return CrossTrials(np.array(rows, np.int32), None if columns is None else np.array(columns, np.int32))


def pairs(*rows: tuple[int, int, bool]) -> PairTrials:
    reference, probe, mated = (np.array(column) for column in zip(*rows, strict=True))
    return PairTrials(reference.astype(np.int32), probe.astype(np.int32), mated.astype(bool))


def test_all_unordered_pairs() -> None:
    templates = make_acquisition(FOUR, persons=[0, 0, 1, 1]).templates

    result = score_trials(templates, cross([0, 1, 2, 3]))

    assert result.mated.score.tolist() == pytest.approx([0.8, 0.8])
    assert result.mated.reference.tolist() == [0, 2]
    assert result.mated.probe.tolist() == [1, 3]
    assert result.non_mated.tolist() == pytest.approx([0, 0.6, 0.6, 0.96])
    assert result.sample.score.tolist() == pytest.approx([0.96, 0.6, 0.6, 0])
    assert (result.sample.reference.tolist(), result.sample.probe.tolist()) == ([1, 0, 1, 0], [3, 3, 2, 2])
    assert result.sample.weight.tolist() == [1, 1, 1, 1]
    assert result.mated_failed.tolist() == [0, 0]
    assert result.non_mated_failed == 0


def test_every_row_against_every_column() -> None:
    templates = make_acquisition(FOUR, persons=[0, 0, 1, 1]).templates

    result = score_trials(templates, cross([0, 2], [1, 3]))

    assert result.mated.score.tolist() == pytest.approx([0.8, 0.8])
    assert result.non_mated.tolist() == pytest.approx([0.6, 0.6])


def test_failures_leave_comparisons_out_and_are_counted() -> None:
    # Picture 3 fails: of six pairs (2-3 mated; 0-3 and 1-3 non-mated) cannot be completed.
    templates = make_acquisition(FOUR, persons=[0, 0, 1, 1], failed=[3]).templates

    result = score_trials(templates, cross([0, 1, 2, 3]))

    assert result.mated.score.tolist() == pytest.approx([0.8])
    assert result.mated_failed.tolist() == [0, 1]
    assert result.non_mated_failed == 2
    assert result.non_mated.tolist() == pytest.approx([0, 0.6])


def test_listed_pairs() -> None:
    templates = make_acquisition(FOUR, persons=[0, 0, 1, 1], failed=[3]).templates

    result = score_trials(templates, pairs((0, 1, True), (2, 3, True), (0, 2, False), (1, 2, False), (1, 3, False)))

    assert result.mated.score.tolist() == pytest.approx([0.8])
    assert result.mated_failed.tolist() == [0, 1]
    assert result.non_mated.tolist() == pytest.approx([0, 0.6])
    assert result.sample.score.tolist() == pytest.approx([0.6, 0])
    assert result.non_mated_failed == 1


def test_nothing_but_failures() -> None:
    templates = make_acquisition(FOUR, persons=[0, 0, 1, 1], failed=[0, 1, 2, 3]).templates

    result = score_trials(templates, cross([0, 1, 2, 3]))

    assert len(result.mated.score) == len(result.non_mated) == len(result.sample.score) == 0
    assert result.mated_failed.tolist() == [1, 1]
    assert result.non_mated_failed == 4


def _random_templates(count: int, people: int) -> Templates:
    random = np.random.default_rng(3)
    persons = np.sort(random.integers(0, people, count))
    persons[-1] = people - 1
    return make_acquisition(random.normal(size=(count, 8)).tolist(), persons.tolist()).templates


def test_blocks_give_the_same_scores_as_one_big_product() -> None:
    templates = _random_templates(1_100, 200)
    whole = templates.vectors @ templates.vectors.T
    upper = np.triu(np.ones(whole.shape, bool), 1)
    same = templates.persons[:, None] == templates.persons[None, :]

    result = score_trials(templates, cross(list(range(1_100))))

    np.testing.assert_allclose(result.mated.score, np.sort(whole[upper & same]), atol=1e-6)
    np.testing.assert_allclose(result.non_mated, np.sort(whole[upper & ~same]), atol=1e-6)


def _thinned(monkeypatch: pytest.MonkeyPatch, seed: int) -> ProtocolScores:
    monkeypatch.setattr(scores, "_TOP_LEAST", 1_000)
    monkeypatch.setattr(scores, "_THINNED", 2_000)
    return score_trials(_random_templates(300, 100), cross(list(range(300))), seed=seed)


def test_low_non_mated_scores_are_thinned_and_weighted_up(monkeypatch: pytest.MonkeyPatch) -> None:
    result = _thinned(monkeypatch, seed=1)

    total = len(result.non_mated)
    top = max(1_000, int(0.03 * total))
    assert result.sample.weight[:top].tolist() == [1.0] * top
    np.testing.assert_array_equal(result.sample.score[:top], result.non_mated[::-1][:top])
    below = result.sample.weight[top:]
    assert 1_700 < len(below) < 2_300
    assert np.unique(below).tolist() == pytest.approx([(total - top) / len(below)])
    assert float(result.sample.weight.sum(dtype=np.float64)) == pytest.approx(total)


def test_thinning_follows_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    first, again, other = (_thinned(monkeypatch, seed).sample.score.tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_too_many_comparisons_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "MAX_NON_MATED", 3)
    with pytest.raises(DatasetError, match="4 non-mated comparisons; at most 3"):
        score_trials(make_acquisition(FOUR, persons=[0, 0, 1, 1]).templates, cross([0, 1, 2, 3]))
